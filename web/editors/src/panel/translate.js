// The translation handed to the panel's own parts at build time.
import { translateModule } from "../translate.js";
import { zh } from "../zh.js";

export const translate = translateModule(zh).translate[1];
