// Papers of a case open over its page, one after the other; without a script they open in a window of their own.
import { t } from "./words.js";

let dialog;
let at = 0;
const papers = () => [...document.querySelectorAll("a[data-preview]")];

function button(text, act) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", className: "btn btn-s", textContent: text });
  made.addEventListener("click", act);
  return made;
}

function build() {
  dialog = document.createElement("dialog");
  dialog.className = "viewer";
  const inner = document.createElement("div");
  const head = Object.assign(document.createElement("div"), { className: "row-line" });
  const title = document.createElement("h2");
  const count = Object.assign(document.createElement("span"), { className: "muted small push" });
  const save = Object.assign(document.createElement("a"), { className: "btn btn-s", textContent: t("下载") });
  head.append(title, count, button(t("上一份"), () => show(at - 1)), button(t("下一份"), () => show(at + 1)),
    save, button(t("关闭"), () => dialog.close()));
  inner.append(head, document.createElement("div"));
  dialog.append(inner);
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(at - 1);
    if (event.key === "ArrowRight") show(at + 1);
  });
  dialog.addEventListener("close", () => inner.lastChild.replaceChildren());
  document.body.append(dialog);
}

function show(index) {
  const all = papers();
  at = (index + all.length) % all.length;
  const paper = all[at];
  const [head, place] = dialog.firstChild.children;
  head.querySelector("h2").textContent = paper.textContent;
  head.querySelector("span").textContent = `${at + 1} / ${all.length}`;
  head.querySelector("a").href = `${paper.href}${paper.href.includes("?") ? "&" : "?"}download=1`;
  const seen = document.createElement(paper.dataset.preview === "image" ? "img" : "iframe");
  seen.src = paper.href;
  if (seen.tagName === "IMG") seen.alt = paper.textContent;
  else seen.title = paper.textContent;
  place.replaceChildren(seen);
}

export default function preview(link) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    if (!dialog) build();
    show(papers().indexOf(link));
    dialog.showModal();
  });
}
