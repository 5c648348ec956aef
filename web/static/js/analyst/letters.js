// The letter in the text editor as the PDF it will become, with sample values.
import { post } from "./server.js";
import { t } from "../words.js";

export default function letters(root, page, told) {
  const box = root.querySelector("[data-letterpreview]");
  const url = root.dataset.letter;
  let shown;

  return async (name, text) => {
    const answer = await post(url, { path: name, text }, page).catch((error) => ({ findings: [{ severity: "error", message: error.message }] }));
    told(name, answer.findings.filter((one) => one.line));
    if (shown) URL.revokeObjectURL(shown);
    shown = null;
    if (!answer.pdf) {
      box.replaceChildren(...answer.findings.map((one) => Object.assign(document.createElement("p"), { className: "error", textContent: [one.line && t("第 {n} 行", { n: one.line }), one.message].filter(Boolean).join(" ") })));
      return;
    }
    const bytes = Uint8Array.from(atob(answer.pdf), (one) => one.charCodeAt(0));
    shown = URL.createObjectURL(new Blob([bytes], { type: "application/pdf" }));
    const frame = Object.assign(document.createElement("iframe"), { className: "preview", src: shown, title: t("文书预览") });
    box.replaceChildren(frame);
  };
}
