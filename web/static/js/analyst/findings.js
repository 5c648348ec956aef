// The list of findings: one line each; a click goes to the element, decision or line it concerns.
import { t } from "../words.js";

const WORDS = { error: [t("错误"), "red"], warning: [t("提醒"), "amber"] };

export default function findings(root, go) {
  const box = root.querySelector("[data-findings]");
  const title = box.querySelector("[data-findings-title]");
  const list = box.querySelector("[data-findings-list]");

  const line = (one) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    const [word, tone] = WORDS[one.severity];
    button.type = "button";
    const mark = Object.assign(document.createElement("span"), { className: `mark ${tone}`, textContent: word });
    const text = Object.assign(document.createElement("span"), { textContent: one.message });
    const place = Object.assign(document.createElement("span"), { className: "muted small mono", textContent: [one.file, one.line && t("第 {n} 行", { n: one.line })].filter(Boolean).join(" ") });
    button.append(mark, text, place);
    button.addEventListener("click", () => go(one));
    item.append(button);
    return item;
  };

  const show = (found) => {
    const sorted = [...found].sort((a, b) => (a.severity > b.severity) - (a.severity < b.severity));
    const errors = found.filter((one) => one.severity === "error").length;
    title.textContent = found.length ? t("检查结果：{errors} 个错误，{warnings} 个提醒", { errors, warnings: found.length - errors }) : t("检查通过，没有发现问题");
    list.replaceChildren(...sorted.map(line));
    box.hidden = false;
    if (found.length) list.querySelector("button").focus();
  };

  return { show, hide: () => { box.hidden = true; } };
}
