// What we say ourselves, Chinese in the source: in the language of the page.
import { en } from "./en.js";

export const english = () => globalThis.document?.documentElement.lang === "en";

/** A text in the language of the page, with its places filled. */
export function t(text, values = {}) {
  const said = english() ? en[text] ?? text : text;
  return said?.replace(/{(\w+)}/g, (whole, name) => values[name] ?? whole);
}

/** The parts of a list as one text. */
export const joined = (parts) => parts.join(english() ? ", " : "、");
