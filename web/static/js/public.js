// The public portal: forms that save themselves and uploads that begin at once; every page works without this.
const features = [
  ["[data-form]", "./form.js"],
  ["[data-upload]", "./upload.js"],
];

async function load(root) {
  for (const [selector, file] of features) {
    const found = [...root.querySelectorAll(selector)].filter((one) => !one.dataset.ready);
    if (!found.length) continue;
    const { default: start } = await import(file);
    for (const one of found) {
      one.dataset.ready = "1";
      start(one);
    }
  }
}

// a line added to a table brings its own uploads
document.addEventListener("banli:changed", (event) => load(event.target));
document.querySelector("[role=alert][tabindex]")?.focus();
load(document);
