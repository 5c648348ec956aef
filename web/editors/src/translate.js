// Translation of all editors; what the catalogue lacks is recorded for the browser test.
import { english } from "./words.js";

const missing = new Set();
globalThis.__banliMissingTranslations = missing;

export function makeTranslate(catalogue) {
  return function translate(template, replacements = {}) {
    const text = String(template ?? "");
    if (text && !(text in catalogue) && /[A-Za-z]{2}/.test(text) && !/[\u4e00-\u9fff]/.test(text)) missing.add(text);
    return filled(catalogue[text] ?? text, replacements);
  };
}

function filled(text, replacements = {}) {
  return String(text ?? "").replace(/{([^}]+)}/g, (whole, key) => {
    const name = key.trim();
    return name in replacements ? replacements[name] : whole;
  });
}

/** The module of an editor: Chinese by the catalogue, on an English page the editor's own words. */
export function translateModule(catalogue) {
  return { translate: ["value", english() ? filled : makeTranslate(catalogue)] };
}
