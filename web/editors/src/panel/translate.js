// The translation handed to the panel's own parts at build time.
import { makeTranslate } from "../translate.js";
import { zh } from "../zh.js";

export const translate = makeTranslate(zh);
