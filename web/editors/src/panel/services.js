// Groups of what the system does itself: service topic, decision, called process, expression, lane.
import { is } from "bpmn-js/lib/util/ModelUtil";
import { entry } from "./entries.js";
import { businessObject, property, setProperty } from "./moddle.js";
import { attribute } from "./tasks.js";
import { versionEntries } from "./versions.js";

export function serviceGroup(element, injector) {
  if (!is(element, "bpmn:ServiceTask")) return null;
  const catalogue = injector.get("banliCatalogue");
  const of = (kind, name, label, more) => attribute(kind, element, injector, { type: "zeebe:TaskDefinition", name, id: `banli-service-${name}`, label, ...more });
  return {
    id: "banli-service",
    label: "服务主题",
    entries: [
      of("suggest", "type", "主题", { suggestions: () => catalogue.list("topics"), description: "由系统或外部单位完成的操作，例如 letter.issue。" }),
      of("text", "retries", "失败后重试次数", { description: "不填为 8 次。" }),
    ],
  };
}

export function decisionGroup(element, injector) {
  if (!is(element, "bpmn:BusinessRuleTask")) return null;
  const catalogue = injector.get("banliCatalogue");
  const of = (kind, name, label, more) => attribute(kind, element, injector, { type: "zeebe:CalledDecision", name, id: `banli-decision-${name}`, label, ...more });
  return {
    id: "banli-decision",
    label: "调用决策",
    entries: [
      of("suggest", "decisionId", "决策标识", { suggestions: () => catalogue.list("decisions"), description: "决策在“决策”页编写。" }),
      of("text", "resultVariable", "结果存入变量"),
      ...versionEntries(element, injector, "zeebe:CalledDecision", "latest"),
    ],
  };
}

export function calledProcessGroup(element, injector) {
  if (!is(element, "bpmn:CallActivity")) return null;
  const catalogue = injector.get("banliCatalogue");
  return {
    id: "banli-called",
    label: "调用子流程",
    entries: [
      attribute("suggest", element, injector, {
        type: "zeebe:CalledElement",
        name: "processId",
        id: "banli-called-processId",
        label: "子流程标识",
        suggestions: () => catalogue.list("processes"),
      }),
      ...versionEntries(element, injector, "zeebe:CalledElement", "latest"),
      ...[
        ["propagateAllParentVariables", "带入全部变量", "关闭后只带入“输入映射”中列出的变量。"],
        ["propagateAllChildVariables", "带回全部变量", "关闭后只带回“输出映射”中列出的变量。"],
      ].map(([name, label, description]) => passing(element, injector, name, label, description)),
    ],
  };
}

function passing(element, injector, name, label, description) {
  const plain = attribute("tick", element, injector, { type: "zeebe:CalledElement", name, id: `banli-${name}`, label, description });
  const get = plain.get;
  return { ...plain, get: () => get() !== false, isEdited: () => get() === false };
}

export function scriptGroup(element, injector) {
  if (!is(element, "bpmn:ScriptTask")) return null;
  const of = (kind, name, label, more) => attribute(kind, element, injector, { type: "zeebe:Script", name, id: `banli-script-${name}`, label, ...more });
  return {
    id: "banli-script",
    label: "计算",
    entries: [of("feelarea", "expression", "表达式"), of("text", "resultVariable", "结果存入变量")],
  };
}

/** A lane is a role: its id is the role's code, its name the role's name. */
export function laneGroup(element, injector) {
  if (!is(element, "bpmn:Lane")) return null;
  const roles = () => injector.get("banliCatalogue").list("roles");
  const owner = businessObject(element);
  return {
    id: "banli-lane",
    label: "岗位",
    entries: [
      entry("suggest", {
        id: "banli-lane-role",
        label: "岗位代码",
        description: "本泳道内未另行指定的环节由这一岗位办理。",
        suggestions: roles,
        get: () => owner.get("id"),
        set: (code) => code && chooseRole(element, injector, code, roles()),
      }),
    ],
  };
}

function chooseRole(element, injector, code, roles) {
  const taken = injector.get("elementRegistry").get(code);
  const known = roles.find((one) => one.value === code);
  if (!/^[A-Za-z_][\w.-]*$/.test(code) || (taken && taken !== element)) return;
  injector.get("modeling").updateProperties(element, { id: code, ...(known ? { name: known.name } : {}) });
}

/** The English name that pages show after the language switch. */
export function englishName(element, injector) {
  return entry("text", {
    id: "banli-title-en",
    label: "英文名称",
    get: () => property(element, "title_en"),
    set: (value) => setProperty(element, injector, "title_en", value),
  });
}
