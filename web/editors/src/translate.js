// Translation of all editors; what the catalogue lacks is recorded for the browser test.
const missing = new Set();
globalThis.__banliMissingTranslations = missing;

export function makeTranslate(catalogue) {
  return function translate(template, replacements = {}) {
    const text = String(template ?? "");
    if (text && !(text in catalogue) && /[A-Za-z]{2}/.test(text) && !/[\u4e00-\u9fff]/.test(text)) missing.add(text);
    return (catalogue[text] ?? text).replace(/{([^}]+)}/g, (whole, key) => {
      const name = key.trim();
      return name in replacements ? replacements[name] : whole;
    });
  };
}

export function translateModule(catalogue) {
  return { translate: ["value", makeTranslate(catalogue)] };
}
