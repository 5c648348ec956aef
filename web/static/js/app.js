// Starts every page: menu, copying, confirmations, toasts; loads the other modules where they are needed.
import { toast } from "./core.js";
import live from "./live.js";
import { t } from "./words.js";

const features = [
  ["[data-list]", "./list.js"],
  ["[data-form]", "./form.js"],
  ["[data-upload]", "./upload.js"],
  ["[data-tabs]", "./tabs.js"],
  ["[data-diagram]", "./diagram.js"],
  ["[data-signature]", "./signature.js"],
  ["[data-following]", "./following.js"],
  ["[data-phrases]", "./phrases.js"],
  ["[data-foresee]", "./foresee.js"],
  ["[data-sift]", "./sift.js"],
  ["[data-naming]", "./naming.js"],
  ["[data-presence]", "./presence.js"],
  ["a[data-preview]", "./preview.js"],
];

const started = new Map(features.map(([, file]) => [file, new WeakSet()]));

let leaving = false; // then a module that does not come any more is nobody's loss
window.addEventListener("beforeunload", () => { leaving = true; });

// Each module is there as soon as it has come; none waits for another.
async function start([selector, file], root) {
  const found = [...root.querySelectorAll(selector)].filter((one) => !started.get(file).has(one));
  if (!found.length) return;
  for (const one of found) started.get(file).add(one);
  const module = await import(file).catch(() => null);
  if (!module && !leaving) toast(t("页面没有载入完整，请刷新后再办理。"));
  for (const one of module ? found : []) {
    one.dataset.ready = "1";
    module.default(one);
  }
}

const load = (root) => features.forEach((feature) => start(feature, root));

// on a narrow screen the present box may lie beyond the edge of its row
document.querySelector(".boxes [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });

document.addEventListener("click", (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) navigator.clipboard?.writeText(copy.dataset.copy).then(() => toast(t("已复制 {text}", { text: copy.dataset.copy })));
  if (event.target.closest("[data-menu-toggle]")) {
    // on a phone the menu of a domain lies folded below the top bar
    if (matchMedia("(max-width: 899px)").matches) {
      event.target.closest("button").ariaExpanded = String(document.documentElement.toggleAttribute("data-menu-open"));
      return;
    }
    const narrow = document.documentElement.dataset.menu === "narrow" ? "" : "narrow";
    document.documentElement.dataset.menu = narrow;
    localStorage.setItem("menu", narrow);
  }
  const opener = event.target.closest("[data-open]");
  if (opener) document.getElementById(opener.dataset.open)?.showModal();
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  for (const open of document.querySelectorAll("details.drop[open]")) if (!open.contains(event.target)) open.open = false;
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    document.querySelector("[data-global-search]")?.focus();
  }
  if (event.key === "?" && !typing) document.getElementById("keys")?.showModal();
  if (event.key === "n" && !typing && !event.ctrlKey && !event.metaKey && !document.querySelector("dialog[open]")) document.querySelector("[data-next]")?.click();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) document.querySelector("[data-primary]")?.click();
  if (event.key === "Escape") for (const open of document.querySelectorAll("details.drop[open]")) open.open = false;
});

// A consequence is stated before a form is sent; the same form is never sent twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const text = event.submitter?.dataset.confirm || form.dataset.confirm;
  if (text && !form.dataset.confirmed) {
    event.preventDefault();
    ask(event.submitter?.dataset.confirmTitle || form.dataset.confirmTitle || "", text, () => {
      form.dataset.confirmed = "1";
      form.requestSubmit(event.submitter);
    });
    return;
  }
  if (form.method === "dialog" || form.dataset.sent) return form.dataset.sent && event.preventDefault();
  // what is taken down hands in nothing, and the page stays
  if (event.submitter?.name === "_sheet_out" || form.hasAttribute("data-download")) return;
  form.dataset.sent = "1";
  setTimeout(() => { delete form.dataset.sent; delete form.dataset.confirmed; }, 8000);
});

function ask(title, text, go) {
  const dialog = document.createElement("dialog");
  const body = document.createElement("form");
  body.method = "dialog";
  const heading = document.createElement("h2");
  heading.textContent = title;
  const words = document.createElement("p");
  words.textContent = text;
  const end = document.createElement("div");
  end.className = "end";
  for (const [value, label, kind] of [["no", t("取消"), "btn"], ["yes", t("确定"), "btn btn-primary"]]) {
    const button = document.createElement("button");
    Object.assign(button, { value, textContent: label, className: kind });
    end.append(button);
  }
  body.append(heading, words, end);
  dialog.append(body);
  dialog.addEventListener("close", () => { dialog.remove(); if (dialog.returnValue === "yes") go(); });
  document.body.append(dialog);
  dialog.showModal();
}

document.documentElement.dataset.menu = localStorage.getItem("menu") || "";
for (const note of document.querySelectorAll(".toast-note:not([data-stays])")) setTimeout(() => note.remove(), 5000);
document.querySelector("[data-submit-now]")?.requestSubmit();
document.querySelector(".note.red[role=alert]")?.focus();
document.addEventListener("htmx:after:swap", () => load(document));
live();
load(document);
