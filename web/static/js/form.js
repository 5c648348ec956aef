// A form that loses nothing: conditions asked from the server, drafts saved by themselves, rows, leaving asks.
import { token } from "./core.js";

const PAUSES = [0, 500, 2000, 5000, 10000]; // ms before each attempt
const PATIENCE = 6000; // ms that an attempt may take: an answer that never comes is asked for again

export default function form(root) {
  let dirty = root.dataset.restored === "1";
  let timer;
  let checking;
  const saved = document.querySelector("[data-saved]");

  const send = (url, signal) => {
    const body = new FormData(root);
    // a file itself is not sent; papers that came before go by the same name and stay
    for (const name of new Set([...body.keys()])) {
      const kept = body.getAll(name).filter((value) => !(value instanceof File));
      body.delete(name);
      for (const value of kept) body.append(name, value);
    }
    return fetch(url, { method: "POST", body, signal, headers: { "X-CSRFToken": token(), Accept: "application/json" } });
  };

  // A server that is busy is asked again: a field that stays hidden is a form that cannot be handed in.
  const conditions = async (signal) => {
    for (const pause of PAUSES) {
      await new Promise((go) => setTimeout(go, pause));
      if (signal.aborted) return null;
      const limited = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
      const answer = await send(root.dataset.refresh, limited).catch(() => null);
      const told = answer?.ok && (await answer.json().catch(() => null));
      if (told) return told;
      if (answer && !answer.ok && answer.status < 500 && answer.status !== 429) return null;
    }
    return null;
  };

  const refresh = async () => {
    checking?.abort();
    checking = new AbortController();
    // an answer that comes after a later question is not for the form as it stands
    const told = await conditions(checking.signal);
    if (!told) return;
    for (const [path, state] of Object.entries(told.fields)) {
      const field = placed(path);
      if (!field) continue;
      // a cell keeps its place in the table
      const shown = field.matches("td") ? field.firstElementChild : field;
      if ("visible" in state && shown) shown.hidden = !state.visible;
      demand(field, state.required);
      if (state.options) repick(field, state.options);
      if (state.remarks) remark(field, state.remarks);
    }
    for (const table of root.querySelectorAll("table.rows")) head(table);
    const steps = document.querySelector("[data-progress]");
    if (steps && told.progress && steps.innerHTML.trim() !== told.progress) steps.innerHTML = told.progress;
    for (const section of root.querySelectorAll(".formsection:not([data-other-step])"))
      section.hidden = !section.querySelector("[data-path]:not([hidden])");
  };

  // whether a field or cell must be filled in: its star, and what is read out
  const demand = (field, required) => {
    const star = field.querySelector(":scope > :is(label, .labelled) .req, :scope > .option .req");
    if (star) star.hidden = !required;
    if (field.dataset.label) field.dataset.label = field.dataset.label.replace(/ \*$/, "") + (required ? " *" : "");
    const input = field.querySelector(".input, [type=file]");
    if (input && required) input.setAttribute("aria-required", "true");
    else input?.removeAttribute("aria-required");
  };

  // the head of a table has a star where a line below still asks for something
  const head = (table) => {
    for (const star of table.querySelectorAll("thead .req")) {
      const cells = [...table.querySelectorAll(`tbody td[data-path$=".${star.dataset.column}"]`)];
      if (cells.length) star.hidden = !cells.some((cell) => cell.dataset.label.endsWith(" *"));
    }
  };

  // a cell is told by its row's place among those sent: a row that nobody wrote in is none
  const placed = (path) => {
    const at = (one) => root.querySelector(`[data-path="${CSS.escape(one)}"]`);
    const [table, place, column] = path.split(".");
    if (!column || !at(table)?.querySelector("[data-add-row]")) return at(path);
    const written = [...new FormData(root)].filter(([name, value]) => value && name.startsWith(`${table}.`));
    const rows = [...new Set(written.map(([name]) => Number(name.split(".")[1])))].sort((a, b) => a - b);
    return at(`${table}.${rows[place]}.${column}`);
  };

  // what may be picked may depend on another field: the times of a day
  const repick = (field, options) => {
    const list = field.querySelector("select");
    if (!list) return;
    const offered = [...list.options].slice(1).map((one) => [one.value, one.text]);
    if (JSON.stringify(offered) !== JSON.stringify(options)) {
      const held = list.value;
      const made = options.map(([value, text]) => new Option(text, value, false, value === held));
      list.replaceChildren(list.options[0], ...made);
    }
    if (options.length) field.querySelector(".unoffered")?.remove();
  };

  // a doubt may come from what another field says; those in a table's cells stay as they are
  const remark = (field, remarks) => {
    for (const said of field.querySelectorAll(":scope > .remark")) said.remove();
    for (const text of remarks)
      field.append(Object.assign(document.createElement("p"), { className: "help remark", textContent: text }));
  };

  const save = async () => {
    const answer = await send(root.dataset.draft).catch(() => null);
    if (!saved) return;
    if (answer?.ok) { dirty = false; saved.textContent = (await answer.json()).text; }
    else if (answer?.status === 401) saved.textContent = root.dataset.expired || "";
    else saved.textContent = root.dataset.unsaved || "";
  };

  const changed = () => {
    dirty = true;
    clearTimeout(timer);
    if (root.dataset.draft) timer = setTimeout(save, 1500);
  };

  root.addEventListener("input", (event) => {
    if (event.target.dataset.group) regroup(event.target);
    if (event.target.list) meaning(event.target);
    changed();
  });
  root.addEventListener("change", (event) => {
    changed();
    if (event.target.dataset.sheet) root.requestSubmit(root.querySelector(`[name=_sheet_in][value=${event.target.dataset.sheet}]`));
    if (root.dataset.refresh && !event.target.matches("[type=file]")) refresh();
  });
  root.addEventListener("banli:changed", () => {
    changed();
    if (root.dataset.refresh) refresh(); // a paper that came may make its explanation needless
  });
  root.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add-row]");
    const remove = event.target.closest("[data-remove-row]");
    if (add) addRow(add);
    if (remove) { remove.closest("tr").remove(); changed(); }
  });
  root.addEventListener("submit", (event) => {
    const stays = event.submitter?.name === "_sheet_out" && dirty;
    dirty = false;
    clearTimeout(timer);
    // a table that is only taken down leaves the page as it is
    if (stays) setTimeout(changed, 1000);
  });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  if ([...root.elements].some(touched)) { changed(); if (root.dataset.refresh) refresh(); }

  // what stands in a field that is searched is a number; beside it stands what it means
  function meaning(input) {
    const beside = root.querySelector(`[data-means="${input.id}"]`);
    const chosen = [...input.list.options].find((one) => one.value === input.value);
    if (beside) beside.textContent = chosen ? chosen.textContent : "";
  }

  function addRow(button) {
    const table = document.getElementById(button.dataset.addRow);
    const template = root.querySelector(`[data-row-of="${table.id}"]`);
    const index = Number(table.dataset.next);
    table.dataset.next = index + 1;
    const holder = document.createElement("div");
    holder.innerHTML = template.innerHTML.replaceAll("__row__", index);
    const row = holder.querySelector("tr");
    table.querySelector("tbody").append(row);
    row.querySelector("input, select, textarea")?.focus();
    changed();
  }
}

// Whether somebody was quicker than this script: what was chosen before it ran counts too.
function touched(field) {
  if (["checkbox", "radio"].includes(field.type)) return field.checked !== field.defaultChecked;
  if (field.matches("select")) {
    const preset = [...field.options].findLast((one) => one.defaultSelected) ?? field.options[0];
    return Boolean(preset) && !preset.selected;
  }
  return field.matches("textarea, input:not([type=hidden], [type=file])") && field.value !== field.defaultValue;
}

// Identity numbers and credit codes are read in groups; the spaces are taken out by the server.
function regroup(input) {
  const sizes = input.dataset.group.split("-").map(Number);
  const before = input.value.slice(0, input.selectionStart).replace(/\s/g, "").length;
  let rest = input.value.replace(/\s/g, "").toUpperCase();
  const groups = [];
  for (const size of sizes) { if (!rest) break; groups.push(rest.slice(0, size)); rest = rest.slice(size); }
  if (rest) groups.push(rest);
  input.value = groups.join(" ");
  let at = 0;
  for (let count = 0; count < before && at < input.value.length; at += 1) if (input.value[at] !== " ") count += 1;
  input.setSelectionRange(at, at);
}
