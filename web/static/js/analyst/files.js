import { t } from "../words.js";

// The panes with several files: decisions, forms and letters; each opens in its own editor.
const KINDS = {
  dmn: { of: (name) => name.endsWith(".dmn"), path: (id) => `${id}.dmn`, title: t("新建决策"), blank: blankDecision },
  forms: { of: (name) => name.startsWith("forms/"), path: (id) => `forms/${id}.yaml`, title: t("新建表单"), blank: blankForm },
  letters: { of: (name) => name.startsWith("letters/"), path: (id) => `letters/${id}.yaml`, title: t("新建文书"), blank: blankLetter },
};

export const paneOf = (name) => Object.keys(KINDS).find((kind) => KINDS[kind].of(name)) || "bpmn";
const idOf = (name) => name.split("/").pop().replace(/\.\w+$/, "");

/** What a file of these panes is called; its key if it does not say. */
export function titleOf(name, text) {
  if (!name.endsWith(".dmn")) return /^title:\s*["']?([^"'\n#]*)/m.exec(text)?.[1].trim() || idOf(name);
  const decision = new DOMParser().parseFromString(text, "text/xml").getElementsByTagNameNS("*", "decision")[0];
  return decision?.getAttribute("name") || idOf(name);
}

/** `work`: {files, editable, catalogue, urls, changed(), removed(name), preview(name, text)}. */
export default function files(root, kind, work) {
  const list = root.querySelector(`[data-files="${kind}"]`);
  const holder = root.querySelector(`[data-editor="${kind}"]`);
  let open = null;

  const names = () => Object.keys(work.files).filter(KINDS[kind].of).sort();

  const draw = () => {
    list.replaceChildren(...names().map((name) => {
      const item = document.createElement("li");
      const button = Object.assign(document.createElement("button"), { type: "button", title: name });
      const title = titleOf(name, work.files[name]);
      button.append(Object.assign(document.createElement("span"), { textContent: title }));
      if (title !== idOf(name)) button.append(Object.assign(document.createElement("span"), { className: "muted small mono", textContent: idOf(name) }));
      button.dataset.file = name;
      if (open?.name === name) button.setAttribute("aria-current", "true");
      button.addEventListener("click", () => show(name));
      item.append(button);
      if (work.editable) item.append(remover(name));
      return item;
    }));
    root.querySelector(`[data-count="${kind}"]`).textContent = names().length || "";
  };

  const remover = (name) => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: t("删除"), title: t("删除 {name}", { name }) });
    button.dataset.remove = name;
    button.addEventListener("click", async () => {
      if (!(await work.confirm(t("删除『{name}』？", { name }), t("保存后这个文件不再属于本草稿。")))) return;
      if (open?.name === name) close();
      delete work.files[name];
      work.changed(name);
      draw();
    });
    return button;
  };

  const close = () => {
    open?.editor.close();
    open = null;
    holder.replaceChildren();
  };

  async function show(name) {
    if (open?.name === name) return open.editor;
    await keep();
    close();
    const place = document.createElement("div");
    place.style.height = "100%";
    holder.append(place);
    const editor = kind === "dmn" ? await decision(place, name) : await text(place, name);
    open = { name, editor };
    draw();
    if (kind !== "dmn") work.preview(name, work.files[name]);
    return editor;
  }

  async function decision(place, name) {
    const { open: start } = await import(work.urls.dmn);
    return start({ element: place, xml: work.files[name], onChange: () => work.editable && work.changed(name) });
  }

  async function text(place, name) {
    const { open: start } = await import(work.urls.code);
    const editor = start(place, {
      text: work.files[name], label: name, types: work.catalogue.field_types, readOnly: !work.editable,
      onChange: () => {
        work.files[name] = editor.text();
        draw();
        work.changed(name);
        if (kind !== "dmn") work.preview(name, work.files[name]);
      },
    });
    return editor;
  }

  // Writes what the open editor holds into the files; a decision table is written only when asked.
  async function keep() {
    if (open && kind === "dmn" && work.editable && open.name in work.files) work.files[open.name] = await open.editor.text();
  }

  const add = (id) => {
    const name = KINDS[kind].path(id);
    if (name in work.files) return t("已有这个标识的文件。");
    work.files[name] = KINDS[kind].blank(id);
    work.changed(name);
    draw();
    show(name);
    return "";
  };

  draw();
  return { show, keep, add, draw, title: KINDS[kind].title, first: () => names()[0], opened: () => open };
}

function blankDecision(id) {
  return `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="definitions_${id}" name="${id}" namespace="https://banli.example/models">
  <decision id="${id}" name="新决策">
    <decisionTable id="table_${id}" hitPolicy="UNIQUE">
      <input id="input_${id}" label="条件"><inputExpression id="expression_${id}" typeRef="string"><text>kind</text></inputExpression></input>
      <output id="output_${id}" label="结果" name="result" typeRef="string" />
    </decisionTable>
  </decision>
</definitions>
`;
}

function blankForm(id) {
  return `form: ${id}\ntitle: 新表单\nsections:\n  - title: 意见\n    fields:\n      - name: opinion\n        label: 意见\n        type: textarea\n        required: true\n`;
}

function blankLetter(id) {
  return `letter: ${id}
title: 新文书
number: 字
head: "{{ org_name }}"
to: "{{ applicant.name }}"
body:
  - text: >-
      你（单位）提交的“{{ case_title }}”申请（工作单号：{{ work_order_no }}），本机关已收悉。
signature: "{{ org_name }}"
date: "{{ issued_on }}"
`;
}
