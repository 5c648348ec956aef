// The diagram of a case, a play or a version: what is done, where the case is, who has it.
import "./viewer.css";
import Viewer from "bpmn-js/lib/NavigatedViewer";
import { fit } from "./fit.js";
import { translateModule } from "./translate.js";
import { joined, t } from "./words.js";
import { zh } from "./zh.js";

const MARKS = ["done", "current", "returned", "incident", "skipped", "flow-done"];
const TYPE = "banli-state";

/**
 * Shows a diagram.
 *
 * `state`: {elements: {id: {mark, people: [name], count, note}}, flows: [id]} with mark one of
 * done, current, returned, incident, skipped. `onNode` gets the id of a node that was clicked or
 * chosen with the keyboard; the same is sent as the event `banli:node` of `element`.
 */
export async function show(element, { xml, state, onNode }) {
  const viewer = new Viewer({ container: element, additionalModules: [translateModule(zh)] });
  await viewer.importXML(xml);
  const canvas = viewer.get("canvas");
  fit(canvas);
  const chosen = (id) => {
    element.dispatchEvent(new CustomEvent("banli:node", { bubbles: true, detail: { id } }));
    onNode?.(id);
  };
  viewer.get("eventBus").on("element.click", ({ element: node }) => isNode(node) && chosen(node.id));
  makeReachable(viewer, chosen);
  const view = {
    viewer,
    update: (next) => paint(viewer, next ?? {}),
    center: (id) => viewer.get("elementRegistry").get(id) && canvas.scrollToElement(id, 80),
    resized: () => canvas.resized(),
    nodes: () => viewer.get("elementRegistry").filter(isNode).map((one) => ({ id: one.id, name: one.businessObject.name || "" })),
    close: () => viewer.destroy(),
  };
  view.update(state);
  return view;
}

function isNode(node) {
  return !node.waypoints && !node.labelTarget && node.parent && /Task|Event|Activity|SubProcess|Gateway/.test(node.type);
}

/** Every node can be focused and opened with Enter. */
function makeReachable(viewer, chosen) {
  const registry = viewer.get("elementRegistry");
  for (const node of registry.filter(isNode)) {
    const graphics = registry.getGraphics(node);
    graphics.setAttribute("tabindex", "0");
    graphics.setAttribute("role", "button");
    graphics.setAttribute("aria-label", node.businessObject.name || node.id);
    graphics.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      chosen(node.id);
    });
  }
}

function paint(viewer, { elements = {}, flows = [] }) {
  const canvas = viewer.get("canvas");
  const registry = viewer.get("elementRegistry");
  viewer.get("overlays").remove({ type: TYPE });
  registry.forEach((one) => MARKS.forEach((mark) => canvas.removeMarker(one, `banli-${mark}`)));
  for (const [id, { mark, people = [], count, note }] of Object.entries(elements)) {
    const node = registry.get(id);
    if (!node) continue;
    if (mark) canvas.addMarker(id, `banli-${mark}`);
    const words = people.length ? joined(people) : note;
    if (words) badge(viewer, id, words, mark ?? "", { bottom: -4, left: 0 });
    if (count) badge(viewer, id, String(count), `count ${mark ?? ""}`, { top: -12, right: 14 });
    registry.getGraphics(node).setAttribute("aria-label", [node.businessObject.name || id, t(LABELS[mark]), words, count && t("{count} 件", { count })].filter(Boolean).join(t("，")));
  }
  for (const id of flows) if (registry.get(id)) canvas.addMarker(id, "banli-flow-done");
}

const LABELS = { done: "已办", current: "当前环节", returned: "退回过", incident: "异常", skipped: "未经过" };

function badge(viewer, id, words, kind, position) {
  const element = document.createElement("span");
  element.className = `banli-badge ${kind}`;
  element.textContent = words;
  element.title = words;
  viewer.get("overlays").add(id, TYPE, { position, html: element, show: { minZoom: 0.3 } });
}
