// The diagrams of a case, drawn when first shown; a click on a step tells its history.
import { t } from "./words.js";

export default function diagram(root) {
  const told = root.parentElement.querySelector("[data-diagram-history]");
  let view;

  const paint = async (show, { xml }, { state, history }) => {
    view?.close();
    root.replaceChildren();
    view = await show(root, {
      xml, state,
      onNode: (id) => { if (told) told.textContent = (history[id] || [root.dataset.none]).join("；"); },
    });
    const current = root.dataset.overview === undefined && Object.keys(state.elements).find((id) => (state.elements[id].mark === "current" || state.elements[id].note) && view.viewer.get("elementRegistry").get(id));
    const canvas = view.viewer.get("canvas");
    const box = canvas.viewbox();
    const scale = Math.max(box.scale, 0.8);
    if (!current) canvas.zoom("fit-viewport", "auto");
    zooming(canvas);
    if (current && (box.scale < 0.5 || box.inner.width * box.scale > root.clientWidth + 1)) {
      const { x, y, width, height } = view.viewer.get("elementRegistry").get(current);
      const shown = { width: root.clientWidth / scale, height: root.clientHeight / scale };
      canvas.viewbox({ x: x + width / 2 - shown.width / 2, y: y + height / 2 - shown.height / 2, ...shown });
    }
  };

  const zooming = (canvas) => {
    const bar = document.createElement("div");
    bar.className = "zoom";
    const steps = [[t("缩小"), "−", () => canvas.zoom(canvas.zoom() / 1.3, "auto")], [t("放大"), "+", () => canvas.zoom(canvas.zoom() * 1.3, "auto")], [t("整图"), t("整图"), () => canvas.zoom("fit-viewport", "auto")]];
    for (const [title, text, go] of steps) {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "btn btn-s", textContent: text, title, onclick: go });
      button.setAttribute("aria-label", title);
      bar.append(button);
    }
    root.append(bar);
  };

  const choose = (show, answer) => {
    if (answer.diagrams.length < 2) return;
    const bar = document.createElement("div");
    bar.className = "row-line mb-2";
    answer.diagrams.forEach((one, index) => {
      const chip = document.createElement("button");
      Object.assign(chip, { type: "button", className: "chip", textContent: one.title });
      chip.addEventListener("click", () => {
        for (const other of bar.children) other.removeAttribute("aria-current");
        chip.setAttribute("aria-current", "true");
        paint(show, one, answer);
      });
      if (index === answer.diagrams.length - 1) chip.setAttribute("aria-current", "true");
      bar.append(chip);
    });
    root.before(bar);
  };

  const draw = async () => {
    if (root.dataset.drawn || !root.offsetParent) return;
    root.dataset.drawn = "1";
    root.setAttribute("aria-busy", "true");
    try {
      const style = document.createElement("link");
      Object.assign(style, { rel: "stylesheet", href: root.dataset.css });
      const styled = new Promise((done) => { style.onload = style.onerror = done; });
      document.head.append(style);
      const [{ show }, response] = await Promise.all([import(root.dataset.viewer), fetch(root.dataset.diagram, { headers: { Accept: "application/json" } }), styled]);
      if (!response.ok) throw new Error(String(response.status));
      const answer = await response.json();
      choose(show, answer);
      await paint(show, answer.diagrams.at(-1), answer);
      window.addEventListener("resize", () => { if (root.offsetParent) view.resized(); });
    } catch {
      root.textContent = root.dataset.failed;
    }
    root.removeAttribute("aria-busy");
  };
  document.addEventListener("shown", draw);
  draw();
}
