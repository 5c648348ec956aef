// The panel of Banli: our groups first, what is left of the general ones between them, in the language of the page.
import { Group } from "@bpmn-io/properties-panel";
import { is } from "bpmn-js/lib/util/ModelUtil";
import { t } from "../words.js";
import { approvalGroup } from "./approvals.js";
import { clocksGroup } from "./clocks.js";
import { copiesGroup } from "./copies.js";
import { messageGroup, publicGroup, timerGroup } from "./events.js";
import { buttonsGroup, policiesGroup } from "./policies.js";
import { jobsGroup, startersGroup } from "./process.js";
import { calledProcessGroup, decisionGroup, englishName, laneGroup, scriptGroup, serviceGroup } from "./services.js";
import { versionTag } from "./versions.js";
import { assignmentGroup, chosenGroup, formGroup, limitGroup, operationsGroup, separationGroup } from "./tasks.js";

const OURS = [
  startersGroup, jobsGroup, laneGroup, formGroup, assignmentGroup, approvalGroup, limitGroup, policiesGroup, clocksGroup, separationGroup, operationsGroup, buttonsGroup, chosenGroup, copiesGroup,
  serviceGroup, decisionGroup, calledProcessGroup, scriptGroup, timerGroup, messageGroup, publicGroup,
];
// The general groups we keep; others configure what this engine does not do.
const ORDER = [
  "general", "banli-starters", "banli-jobs", "banli-lane", "banli-form", "banli-assignment", "banli-approval", "banli-limit", "banli-policies", "banli-clocks", "banli-separation", "banli-operations", "banli-buttons", "banli-chosen", "banli-copies",
  "banli-service", "banli-decision", "banli-called", "banli-script", "banli-timer", "banli-message-group", "error", "condition",
  "inputs", "outputs", "multiInstance", "banli-public", "Zeebe__ExtensionProperties", "extensionProperties", "documentation",
];
const NAMED = ["bpmn:Process", "bpmn:Participant", "bpmn:Activity", "bpmn:Event", "bpmn:Lane"];

class BanliProvider {
  constructor(propertiesPanel, injector) {
    this._injector = injector;
    propertiesPanel.registerProvider(200, this); // after the general and the zeebe provider
  }

  getGroups(element) {
    return (groups) => {
      const ours = OURS.map((make) => make(element, this._injector)).filter(Boolean);
      for (const group of ours) Object.assign(group, { component: group.component ?? Group, label: t(group.label) });
      const all = [...groups, ...ours].filter((group) => ORDER.includes(group.id));
      const general = all.find((group) => group.id === "general");
      if (general && ["bpmn:Process", "bpmn:Participant"].some((type) => is(element, type)))
        general.entries.push(versionTag(element, this._injector));
      if (general && NAMED.some((type) => is(element, type))) this._addEnglishName(general, element);
      return all.sort((a, b) => ORDER.indexOf(a.id) - ORDER.indexOf(b.id));
    };
  }

  _addEnglishName(general, element) {
    const place = general.entries.findIndex((one) => /name/i.test(one.id));
    general.entries.splice(place + 1, 0, englishName(element, this._injector));
    general.entries = general.entries.filter((one) => !["isExecutable", "versionTag"].includes(one.id)); // the tag is asked once
  }
}
BanliProvider.$inject = ["propertiesPanel", "injector"];

/** What exists in the installation: forms, decisions, processes, topics, roles, as {value, label} lists. */
class Catalogue {
  constructor(eventBus, config) {
    this._eventBus = eventBus;
    this._lists = config ?? {};
  }

  list(name) {
    return this._lists[name] ?? [];
  }

  replace(lists) {
    this._lists = { ...this._lists, ...lists };
    this._eventBus.fire("propertiesPanel.providersChanged");
  }
}
Catalogue.$inject = ["eventBus", "config.banliCatalogue"];

export const banliPanel = {
  __init__: ["banliProvider"],
  banliProvider: ["type", BanliProvider],
  banliCatalogue: ["type", Catalogue],
};
