// The BPMN editor: drawing, our panel, findings of the server's check on the diagram.
import "./modeler.css";
import { ZeebePropertiesProviderModule, BpmnPropertiesPanelModule, BpmnPropertiesProviderModule } from "bpmn-js-properties-panel";
import ColorPickerModule from "bpmn-js-color-picker";
import { CreateAppendAnythingModule } from "bpmn-js-create-append-anything";
import Modeler from "bpmn-js/lib/Modeler";
import ZeebeBehaviorsModule from "camunda-bpmn-js-behaviors/lib/camunda-cloud";
import MinimapModule from "diagram-js-minimap";
import zeebe from "./zeebe.js";
import banli from "./banli.json";
import { findingsModule } from "./findings.js";
import { fit } from "./fit.js";
import { menusModule } from "./menus.js";
import { banliPanel } from "./panel/index.js";
import { translateModule } from "./translate.js";
import { keepUndrawn } from "./undrawn.js";
import { zh } from "./zh.js";

const PALETTE = 120; // the width of the palette with its margin, in pixels

// The groups that are unfolded from the start: what most elements need.
const OPEN = Object.fromEntries(
  ["general", "banli-lane", "banli-form", "banli-assignment", "banli-limit", "banli-service", "banli-decision", "banli-called", "banli-script", "banli-timer", "banli-message-group", "condition"]
    .map((id) => [id, { open: true }]),
);

/**
 * Opens the editor.
 *
 * `catalogue` lists what exists as {value, label}: forms, decisions, processes, topics, roles.
 * `onChange` is called after every change, `onSelect` with the id of the selected element.
 */
export async function open({ canvas, panel, xml, catalogue, onChange, onSelect }) {
  const modeler = new Modeler({
    container: canvas,
    propertiesPanel: { parent: panel, layout: { groups: OPEN } },
    banliCatalogue: catalogue,
    minimap: { open: false },
    moddleExtensions: { zeebe, banli },
    additionalModules: [
      translateModule(zh), BpmnPropertiesPanelModule, BpmnPropertiesProviderModule, ZeebePropertiesProviderModule, ZeebeBehaviorsModule,
      banliPanel, ColorPickerModule, CreateAppendAnythingModule, MinimapModule, findingsModule, menusModule,
    ],
  });
  keepUndrawn(modeler);
  const { warnings } = await modeler.importXML(xml);
  const eventBus = modeler.get("eventBus");
  eventBus.on("commandStack.changed", () => onChange?.());
  eventBus.on("selection.changed", ({ newSelection }) => onSelect?.(newSelection.length === 1 ? newSelection[0].id : null));
  fit(modeler.get("canvas"), PALETTE);
  return {
    modeler,
    warnings: warnings.map((one) => one.message),
    text: async () => (await modeler.saveXML({ format: true })).xml,
    picture: async () => (await modeler.saveSVG()).svg,
    load: async (text) => modeler.importXML(text),
    replaceCatalogue: (lists) => modeler.get("banliCatalogue").replace(lists),
    show: (id) => modeler.get("banliFindings").reveal(id),
    showFindings: (findings) => modeler.get("banliFindings").show(findings),
    resized: () => modeler.get("canvas").resized(),
    close: () => modeler.destroy(),
  };
}
