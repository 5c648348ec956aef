// The analyst's editor: one draft of several files; saved by itself, checked by the server, tried out.
import files, { paneOf, titleOf } from "./files.js";
import findings from "./findings.js";
import saver from "./saver.js";
import { post } from "./server.js";
import letters from "./letters.js";
import { t } from "../words.js";

const root = document.querySelector("[data-workspace]");
const data = JSON.parse(document.getElementById("draft-data").textContent);
const urls = root.dataset;
const main = `${data.key}.bpmn`;
const trouble = root.querySelector("[data-trouble]");
let modeler;
let drawing; // the diagram changed since it was last written into the files

const say = (text) => { trouble.textContent = text; trouble.hidden = !text; };
const confirm = (title, text) => new Promise((done) => {
  const dialog = document.createElement("dialog");
  dialog.innerHTML = '<form method="dialog"><h2></h2><p></p><div class="end"><button class="btn" value="no"></button><button class="btn btn-danger" value="yes"></button></div></form>';
  dialog.querySelector("[value=no]").textContent = t("取消");
  dialog.querySelector("[value=yes]").textContent = t("删除");
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("p").textContent = text;
  dialog.addEventListener("close", () => { dialog.remove(); done(dialog.returnValue === "yes"); });
  document.body.append(dialog);
  dialog.showModal();
});

const choices = (kind) => Object.keys(data.files).filter((name) => paneOf(name) === kind).map((name) => {
  const value = name.split("/").pop().replace(/\.\w+$/, "");
  return { value, label: titleOf(name, data.files[name]) };
});
const catalogue = () => ({
  ...data.catalogue,
  forms: choices("forms"),
  decisions: [...decisionsHere(), ...data.catalogue.decisions].filter((one, at, all) => all.findIndex((other) => other.value === one.value) === at),
});
const decisionsHere = () => Object.entries(data.files).filter(([name]) => name.endsWith(".dmn"))
  .flatMap(([, text]) => [...new DOMParser().parseFromString(text, "text/xml").getElementsByTagNameNS("*", "decision")])
  .map((one) => ({ value: one.id, label: one.getAttribute("name") || one.id }));

const save = saver(root, data, { collect, say, page: urls.page });
const work = {
  ...data, urls, confirm,
  changed: () => { save.soon(); },
  preview: debounce(preview, 400),
};
const panes = Object.fromEntries(["dmn", "forms", "letters"].map((kind) => [kind, files(root, kind, work)]));
const list = findings(root, go);
const letter = letters(root, urls.page, (name, found) => { const opened = panes.letters.opened(); if (opened?.name === name) opened.editor.showFindings(found); });

async function collect() {
  for (const pane of Object.values(panes)) await pane.keep();
  if (drawing && modeler) { data.files[main] = await modeler.text(); drawing = false; }
  return data.files;
}

async function preview(name, text) {
  if (paneOf(name) === "letters") return letter(name, text);
  const box = root.querySelector("[data-formpreview]");
  const { html, findings: found } = await post(urls.preview, { path: name, text }, urls.page).catch((error) => ({ html: "", findings: [{ severity: "error", message: error.message }] }));
  if (html) box.innerHTML = html;
  else box.replaceChildren(...found.map((one) => Object.assign(document.createElement("p"), { className: "error", textContent: [one.line && t("第 {n} 行", { n: one.line }), one.message].filter(Boolean).join(" ") })));
  const opened = panes.forms.opened();
  if (opened?.name === name) opened.editor.showFindings(found);
}

async function go({ file, element, line }) {
  const kind = file && file !== main ? paneOf(file) : "bpmn";
  await showPane(kind);
  if (kind === "bpmn") modeler?.show(element);
  else if (file in data.files) {
    const editor = await panes[kind].show(file);
    if (kind === "dmn") editor.show(element);
    else if (line) editor.goTo(line);
  }
}

async function showPane(kind, focus) {
  for (const tab of root.querySelectorAll("[data-pane]")) {
    const on = tab.dataset.pane === kind;
    tab.setAttribute("aria-selected", on);
    tab.tabIndex = on ? 0 : -1;
    if (on && focus) tab.focus();
    document.getElementById(`pane-${tab.dataset.pane}`).hidden = !on;
  }
  if (kind === "bpmn") { modeler?.replaceCatalogue(catalogue()); modeler?.resized(); }
  else if (!panes[kind].opened() && panes[kind].first()) await panes[kind].show(panes[kind].first()).catch((error) => say(t("文件打不开：{why}", { why: error.message })));
}

const actions = {
  save: () => save.now(),
  check: async () => {
    const { findings: found } = await post(urls.check, { files: await collect() }, urls.page);
    modeler?.showFindings(found.filter((one) => !one.file || one.file === main));
    list.show(found);
  },
  trial: async () => { if (!data.editable || (await save.now())) location.href = urls.trial; },
  submit: async () => { if (await save.now()) document.getElementById("submit").showModal(); },
  "hide-findings": () => list.hide(),
  reload: () => save.leave(() => location.reload()),
  overwrite: () => { document.getElementById("conflict").close(); return save.now({ overwrite: true }); },
  download: async () => {
    for (const [name, text] of Object.entries(await collect())) {
      const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(new Blob([text])), download: name.replace("/", "-") });
      link.click();
    }
  },
};

root.ownerDocument.addEventListener("click", async (event) => {
  const action = actions[event.target.closest("[data-do]")?.dataset.do];
  if (!action) return;
  const button = event.target.closest("[data-do]");
  button.disabled = true;
  say("");
  try { await action(); } catch (error) { say(error.message); } finally { button.disabled = false; }
});
root.querySelector("[role=tablist]").addEventListener("click", (event) => { const tab = event.target.closest("[data-pane]"); if (tab) showPane(tab.dataset.pane); });
root.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const all = [...root.querySelectorAll("[data-pane]")];
  if (step) showPane(all[(all.indexOf(document.activeElement) + step + all.length) % all.length].dataset.pane, true);
});
document.addEventListener("keydown", (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  const name = { s: "save", Enter: "check" }[event.key];
  if (!name || (name === "save" && !data.editable)) return;
  event.preventDefault();
  actions[name]().catch((error) => say(error.message));
});

function debounce(work, wait) {
  let timer;
  return (...given) => { clearTimeout(timer); timer = setTimeout(() => work(...given), wait); };
}

save.dialogs({ panes, list });
try {
  const { open } = await import(urls.modeler);
  modeler = await open({
    canvas: root.querySelector("[data-canvas]"), panel: root.querySelector("[data-properties]"), xml: data.files[main] || "", catalogue: catalogue(),
    onChange: () => { if (data.editable) { drawing = true; work.changed(main); } },
  });
  root.dataset.ready = "1";
} catch (error) {
  say(t("流程图打不开：{why}", { why: error.message }));
}
