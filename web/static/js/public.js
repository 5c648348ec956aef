// The public portal: forms that save themselves and uploads that begin at once; every page works without this.
const features = [
  ["[data-form]", "./form.js"],
  ["[data-upload]", "./upload.js"],
  ["[data-signature]", "./signature.js"],
  ["[data-following]", "./following.js"],
];

const started = new Map();

async function load(root) {
  for (const [selector, file] of features) {
    const found = [...root.querySelectorAll(selector)].filter((one) => !started.get(file)?.has(one));
    if (!found.length) continue;
    const { default: start } = await import(file);
    if (!started.has(file)) started.set(file, new WeakSet());
    for (const one of found) {
      started.get(file).add(one);
      one.dataset.ready = "1";
      start(one);
    }
  }
}

// a line added to a table brings its own uploads
document.addEventListener("banli:changed", (event) => load(event.target));
document.querySelector("[role=alert][tabindex]")?.focus();
load(document);
document.querySelector("[data-submit-now]")?.requestSubmit();
