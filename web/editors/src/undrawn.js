// Shapes of elements that bpmn-js does not draw, such as those of a process that stands in no pool:
// it leaves them out when it saves. What nobody has deleted is put back.

/** Watches a modeler from before its import. */
export function keepUndrawn(modeler) {
  let planes = [];
  const eventBus = modeler.get("eventBus");
  eventBus.on("import.parse.complete", ({ definitions }) => {
    planes = (definitions?.diagrams ?? [])
      .filter(({ plane }) => plane)
      .map(({ plane }) => ({ plane, shapes: [...plane.get("planeElement")] }));
  });
  // bpmn-js has by now put in each plane what it has drawn, in order
  eventBus.on("saveXML.start", () => planes.forEach((one) => restore(modeler, one)));
}

function restore(modeler, { plane, shapes }) {
  const registry = modeler.get("elementRegistry");
  const present = new Set(modeler.getDefinitions().diagrams.flatMap((one) => one.plane?.get("planeElement") ?? []));
  for (const shape of shapes) {
    const element = shape.bpmnElement;
    if (!element || present.has(shape) || registry.get(element.id) || !isKept(element)) continue;
    shape.$parent = plane;
    plane.get("planeElement").push(shape);
  }
}

/** Whether an element, and all that it lies in, is still in the model. */
function isKept(element) {
  for (let one = element; one.$parent; one = one.$parent) {
    const lists = ["rootElements", "flowElements", "artifacts", "participants", "messageFlows", "laneSets", "lanes"];
    if (!lists.some((name) => (one.$parent[name] ?? []).includes?.(one))) return false;
  }
  return true;
}
