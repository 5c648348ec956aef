// Saving a draft: by itself a while after a change, a copy in the browser meanwhile, and what comes of a conflict.
import { t } from "../words.js";
import { Refused, post } from "./server.js";

const WAIT = 4000;

/** `from`: {collect() → files, say(text), page}. */
export default function saver(root, data, { collect, say, page }) {
  const told = root.querySelector("[data-saved]");
  const copy = `draft:${root.dataset.save}`;
  let dirty = false;
  let timer;
  let elsewhere; // the revision another window saved; ours is saved over it only when asked
  let running = Promise.resolve(true);

  const soon = () => {
    dirty = true;
    told.textContent = t("有修改，尚未保存");
    clearTimeout(timer);
    timer = setTimeout(() => now().catch((error) => say(error.message)), WAIT);
  };

  // One save after the other: two at once would be a conflict with ourselves.
  const now = (how) => (running = running.catch(() => false).then(() => once(how)));

  async function once({ overwrite = false } = {}) {
    clearTimeout(timer);
    if (!data.editable || (!dirty && !overwrite)) return true;
    const files = await collect();
    if (overwrite) data.revision = elsewhere;
    keepCopy(files);
    dirty = false;
    try {
      const answer = await post(root.dataset.save, { files, revision: data.revision, note: document.getElementById("note").value }, page);
      data.revision = answer.revision;
      if (!dirty) told.textContent = answer.text;
      say("");
      localStorage.removeItem(copy);
      return true;
    } catch (error) {
      dirty = true;
      told.textContent = t("没有保存");
      if (error instanceof Refused && error.status === 409 && error.body.revision) conflict(error.body);
      else if (error instanceof Refused) { say(error.message); if (error.status === 0) timer = setTimeout(() => now().catch(() => {}), WAIT * 3); }
      else throw error;
      return false;
    }
  }

  function keepCopy(files) {
    try { localStorage.setItem(copy, JSON.stringify({ at: Date.now(), revision: data.revision, files })); } catch { /* full: the server's copy is what counts */ }
  }

  function conflict(body) {
    const dialog = document.getElementById("conflict");
    elsewhere = body.revision;
    dialog.querySelector("[data-conflict-text]").textContent = `${body.detail}${body.at ? `（${body.at}）` : ""}。`;
    if (!dialog.open) dialog.showModal();
  }

  const leave = (go) => { dirty = false; clearTimeout(timer); localStorage.removeItem(copy); go(); };
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

  // The dialogs of handing in and of a new file.
  function dialogs({ panes, list }) {
    document.querySelector("[data-submit-form]")?.addEventListener("submit", async (event) => {
      event.preventDefault();
      const error = document.querySelector("[data-submit-error]");
      error.textContent = "";
      try {
        const { href } = await post(root.dataset.submit, { revision: data.revision, note: document.getElementById("note").value }, page);
        leave(() => { location.href = href; });
      } catch (refused) {
        error.textContent = refused.message;
        if (refused.body?.findings) { document.getElementById("submit").close(); list.show(refused.body.findings); say(refused.message); }
      }
    });
    const dialog = document.getElementById("newfile");
    let kind;
    for (const button of root.querySelectorAll("[data-add]")) {
      button.addEventListener("click", () => {
        kind = button.dataset.add;
        dialog.querySelector("[data-newfile-title]").textContent = panes[kind].title;
        dialog.querySelector("[data-newfile-error]").textContent = "";
        dialog.showModal();
      });
    }
    dialog.querySelector("form").addEventListener("submit", (event) => {
      const input = document.getElementById("newfile-id");
      const problem = panes[kind].add(input.value.trim());
      if (problem) { event.preventDefault(); dialog.querySelector("[data-newfile-error]").textContent = problem; return; }
      input.value = "";
    });
    restore(panes);
  }

  // A copy newer than what the server has: the browser was closed before it could be saved.
  function restore(panes) {
    const kept = JSON.parse(localStorage.getItem(copy) || "null");
    if (!kept || !data.editable || kept.revision !== data.revision) return localStorage.removeItem(copy);
    Object.keys(data.files).forEach((name) => { if (!(name in kept.files)) delete data.files[name]; });
    Object.assign(data.files, kept.files);
    Object.values(panes).forEach((pane) => pane.draw());
    say(t("已恢复上次没有来得及保存的内容，将自动保存。"));
    soon();
  }

  return { soon, now, leave, dialogs };
}
