// Common phrases beside each field of an opinion: click, or Alt with the number; kept and forgotten here.
import { token } from "./core.js";
import { t } from "./words.js";

const FIELDS = ["opinion", "reason", "remark", "comment"];

export default function phrases(root) {
  const kept = JSON.parse(root.dataset.phrases);
  const fields = [...document.querySelectorAll("textarea")].filter((one) => FIELDS.includes(one.name) && !one.readOnly);
  const menus = fields.map((field) => menu(field));
  draw();

  function menu(field) {
    const box = document.createElement("details");
    box.className = "drop phrases";
    const title = document.createElement("summary");
    title.className = "btn btn-s";
    title.textContent = t("常用语");
    title.title = t("Alt 加数字插入");
    box.append(title, document.createElement("div"));
    field.after(box);
    field.addEventListener("keydown", (event) => {
      const digit = /^Digit([1-9])$/.exec(event.code);
      if (!event.altKey || !digit || !kept[digit[1] - 1]) return;
      event.preventDefault();
      insert(field, kept[digit[1] - 1].text);
    });
    return { field, box };
  }

  function insert(field, text) {
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }

  function draw() {
    for (const { field, box } of menus) {
      const items = kept.map((one, index) => line(one, index, field, box));
      const save = button(t("将所填内容存为常用语"), () => keep(field));
      box.lastElementChild.replaceChildren(...items, save);
    }
  }

  function line(one, index, field, box) {
    const row = document.createElement("div");
    row.className = "row-line";
    const number = index < 9 ? `${index + 1} ` : "";
    row.append(button(number + one.text, () => { box.open = false; insert(field, one.text); }));
    if (one.mine) row.append(button("×", () => forget(one), t("删除这条常用语")));
    return row;
  }

  function button(text, act, label) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    if (label) made.ariaLabel = label;
    made.addEventListener("click", act);
    return made;
  }

  async function send(path, values = {}) {
    const body = new URLSearchParams({ csrf_token: token(), ...values });
    return fetch(root.dataset.url + path, { method: "POST", body });
  }

  async function keep(field) {
    const answer = await send("", { text: field.value });
    if (!answer.ok) return;
    const made = await answer.json();
    if (!kept.some((one) => one.id === made.id)) kept.unshift(made);
    draw();
  }

  async function forget(one) {
    if (!(await send(`/${one.id}/drop`)).ok) return;
    kept.splice(kept.indexOf(one), 1);
    draw();
  }
}
