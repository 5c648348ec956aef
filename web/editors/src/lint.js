// The rules checked while drawing. What the server refuses is its own, complete check.
import conditionalFlows from "bpmnlint/rules/conditional-flows";
import endEvent from "bpmnlint/rules/end-event-required";
import eventGateway from "bpmnlint/rules/event-based-gateway";
import typedStart from "bpmnlint/rules/event-sub-process-typed-start-event";
import fakeJoin from "bpmnlint/rules/fake-join";
import label from "bpmnlint/rules/label-required";
import bpmndi from "bpmnlint/rules/no-bpmndi";
import complexGateway from "bpmnlint/rules/no-complex-gateway";
import disconnected from "bpmnlint/rules/no-disconnected";
import duplicateFlows from "bpmnlint/rules/no-duplicate-sequence-flows";
import joinFork from "bpmnlint/rules/no-gateway-join-fork";
import implicitEnd from "bpmnlint/rules/no-implicit-end";
import implicitSplit from "bpmnlint/rules/no-implicit-split";
import implicitStart from "bpmnlint/rules/no-implicit-start";
import overlapping from "bpmnlint/rules/no-overlapping-elements";
import singleStart from "bpmnlint/rules/single-blank-start-event";
import singleDefinition from "bpmnlint/rules/single-event-definition";
import startEvent from "bpmnlint/rules/start-event-required";
import subStart from "bpmnlint/rules/sub-process-blank-start-event";
import superfluousGateway from "bpmnlint/rules/superfluous-gateway";

const RULES = {
  "conditional-flows": ["error", conditionalFlows],
  "end-event-required": ["error", endEvent],
  "event-based-gateway": ["error", eventGateway],
  "event-sub-process-typed-start-event": ["error", typedStart],
  "fake-join": ["warn", fakeJoin],
  "label-required": ["warn", label],
  "no-bpmndi": ["error", bpmndi],
  "no-complex-gateway": ["error", complexGateway],
  "no-disconnected": ["error", disconnected],
  "no-duplicate-sequence-flows": ["error", duplicateFlows],
  "no-gateway-join-fork": ["warn", joinFork],
  "no-implicit-end": ["warn", implicitEnd],
  "no-implicit-split": ["error", implicitSplit],
  "no-implicit-start": ["error", implicitStart],
  "no-overlapping-elements": ["warn", overlapping],
  "single-blank-start-event": ["error", singleStart],
  "single-event-definition": ["error", singleDefinition],
  "start-event-required": ["error", startEvent],
  "sub-process-blank-start-event": ["error", subStart],
  "superfluous-gateway": ["warn", superfluousGateway],
};

export const linting = {
  config: { rules: Object.fromEntries(Object.entries(RULES).map(([name, [level]]) => [name, level])) },
  resolver: {
    resolveRule: (_package, name) => RULES[name][1],
    resolveConfig: (_package, name) => {
      throw new Error(`no such set of rules: ${name}`);
    },
  },
};
