// The decision editor: decision tables, expressions and the diagram of what depends on what.
import "./dmn.css";
import DmnModeler from "dmn-js/lib/Modeler";
import { translateModule } from "./translate.js";
import { t } from "./words.js";
import { zhDmn } from "./zh-dmn.js";

const KINDS = { drd: "关系图", decisionTable: "决策表", literalExpression: "表达式", boxedExpression: "函数" };

/** Opens a decision file in `element`; `onChange` is called after every change. */
export async function open({ element, xml, onChange, onView }) {
  const views = document.createElement("div");
  views.className = "banli-dmn-views";
  views.setAttribute("role", "tablist");
  views.setAttribute("aria-label", t("本文件中的决策"));
  const canvas = document.createElement("div");
  canvas.className = "banli-dmn-canvas";
  element.classList.add("banli-dmn");
  element.replaceChildren(views, canvas);
  const options = { additionalModules: [translateModule(zhDmn)] };
  const modeler = new DmnModeler({ container: canvas, ...Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, options])) });
  const listening = new Set();
  modeler.on("views.changed", ({ views: all, activeView }) => {
    views.replaceChildren(...all.map((view) => button(modeler, view, view === activeView || view.id === activeView?.id)));
    const viewer = modeler.getActiveViewer();
    if (viewer && !listening.has(viewer)) {
      listening.add(viewer);
      viewer.on("commandStack.changed", () => onChange?.());
      viewer.on("elements.changed", () => onChange?.());
    }
    onView?.(activeView);
  });
  const { warnings } = await modeler.importXML(xml);
  const table = modeler.getViews().find((view) => view.type === "decisionTable" || view.type === "literalExpression");
  if (table) await modeler.open(table);
  return {
    modeler,
    warnings: warnings.map((one) => one.message),
    text: async () => (await modeler.saveXML({ format: true })).xml,
    load: (text) => modeler.importXML(text),
    show: async (id) => {
      const decision = await decisionOf(modeler, id);
      const view = modeler.getViews().find((one) => one.element.id === decision && one.type !== "drd");
      if (view) await modeler.open(view);
      return Boolean(view);
    },
    resized: () => modeler.getActiveViewer()?.get("canvas", false)?.resized?.(),
    close: () => modeler.destroy(),
  };
}

/** The decision that is or holds the element with an id. */
async function decisionOf(modeler, id) {
  const { xml } = await modeler.saveXML();
  const found = id && new DOMParser().parseFromString(xml, "text/xml").querySelector(`[id="${CSS.escape(id)}"]`);
  return found ? found.closest("decision, businessKnowledgeModel")?.id : undefined;
}

function button(modeler, view, active) {
  const tab = document.createElement("button");
  tab.type = "button";
  tab.className = active ? "btn btn-s btn-primary" : "btn btn-s";
  tab.setAttribute("role", "tab");
  tab.setAttribute("aria-selected", String(active));
  const name = view.type === "drd" ? "" : view.element.name || view.element.id;
  const kind = t(KINDS[view.type] ?? view.type);
  tab.textContent = name ? t("{name}（{kind}）", { name, kind }) : kind;
  tab.addEventListener("click", () => modeler.open(view));
  return tab;
}
