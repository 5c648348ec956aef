// Groups of a user task: form, who does it, by when, who may not, which operations.
import { is } from "bpmn-js/lib/util/ModelUtil";
import { joined } from "../words.js";
import { entry } from "./entries.js";
import { businessObject, extension, setExtension } from "./moddle.js";
import { versionEntries } from "./versions.js";

export const UNITS = [
  { value: "working_days", label: "工作日" },
  { value: "calendar_days", label: "自然日" },
  { value: "working_hours", label: "工作小时" },
  { value: "hours", label: "小时" },
];
const OPERATIONS = [
  ["claim", "签收"],
  ["release", "退回待签收"],
  ["transfer", "转办"],
  ["delegate", "委派"],
  ["sign_before", "前加签"],
  ["sign_after", "后加签"],
  ["sign_beside", "并加签"],
  ["remove_signer", "减签"],
  ["copy", "抄送、传阅"],
  ["inquire", "征询"],
  ["plan", "指定后续办理人"],
  ["return", "退回"],
  ["reclaim", "撤回"],
  ["bulk", "批量办理"],
];
const SAID = ["return", "reclaim", "bulk"];
const CHOOSERS = [
  ["previous", "可由此前环节的办理人指定"],
  ["starter", "可由发起人指定"],
];
const RECLAIMED = [
  { value: "", label: "他人签收、填写或发表意见后" },
  { value: "unopened", label: "他人打开查看后" },
];
// what a node allows that says nothing: it leads nowhere but on
const UNSAID = OPERATIONS.map(([code]) => code).filter((code) => !SAID.includes(code));

/** An entry bound to one attribute of an extension element. */
export function attribute(kind, element, injector, { type, name, ...rest }) {
  const owner = businessObject(element);
  return entry(kind, {
    get: () => extension(owner, type)?.get(name),
    set: (value) => setExtension(element, injector, type, { [name]: value }),
    ...rest,
  });
}

export function formGroup(element, injector) {
  const owner = businessObject(element);
  const ofProcess = is(owner, "bpmn:StartEvent") && is(element.parent, "bpmn:Process");
  if (!is(owner, "bpmn:UserTask") && !ofProcess && !isPlainStart(element)) return null;
  const catalogue = injector.get("banliCatalogue");
  return {
    id: "banli-form",
    label: is(owner, "bpmn:UserTask") ? "表单" : "申请表单",
    entries: [
      attribute("suggest", element, injector, {
        type: "zeebe:FormDefinition",
        name: "formId",
        id: "banli-formId",
        label: "表单标识",
        suggestions: () => catalogue.list("forms"),
        description: "表单在“表单”页编写，文件名即标识。",
      }),
      ...(is(owner, "bpmn:UserTask") ? versionEntries(element, injector, "zeebe:FormDefinition", "deployment") : []),
    ],
  };
}

function isPlainStart(element) {
  const owner = businessObject(element);
  return is(owner, "bpmn:StartEvent") && !owner.get("eventDefinitions").length;
}

export function assignmentGroup(element, injector) {
  if (!is(element, "bpmn:UserTask")) return null;
  const of = (kind, type, name, label, description) =>
    attribute(kind, element, injector, { type: `zeebe:${type}`, name, id: `banli-${name}`, label, description });
  const groups = extension(businessObject(element), "zeebe:AssignmentDefinition")?.get("candidateGroups") ?? "";
  const roles = injector.get("banliCatalogue").list("roles");
  const codes = groups.startsWith("=") ? [] : groups.split(",").map((one) => one.trim()).filter(Boolean);
  const called = joined(codes.map((code) => roles.find((one) => one.value === code.split("@")[0])?.label ?? code));
  const addRole = entry("select", {
    id: "banli-candidateGroups-add",
    label: "添加岗位",
    options: () => [{ value: "", label: "（选择岗位）" }, ...roles.filter((one) => !codes.includes(one.value))],
    get: () => "",
    set: (code) => code && setExtension(element, injector, "zeebe:AssignmentDefinition", { candidateGroups: [...codes, code].join(",") }),
  });
  return {
    id: "banli-assignment",
    label: "办理人",
    entries: [
      of("feel", "AssignmentDefinition", "candidateGroups", "候选岗位", called || "岗位代码，多个用逗号分开；不填则由所在泳道的岗位办理。"),
      ...(groups.startsWith("=") ? [] : [addRole]),
      of("feel", "AssignmentDefinition", "assignee", "指定办理人", "指定到人时填登录名或表达式。"),
      of("feel", "AssignmentDefinition", "candidateUsers", "候选人"),
      of("feel", "PriorityDefinition", "priority", "优先级", "0 至 100，不填为 50。"),
    ],
  };
}

export function limitGroup(element, injector) {
  if (!is(element, "bpmn:UserTask")) return null;
  const of = (kind, name, label, more) => attribute(kind, element, injector, { type: "banli:Limit", name, id: `banli-limit-${name}`, label, ...more });
  return {
    id: "banli-limit",
    label: "办理期限",
    entries: [
      of("text", "amount", "期限"),
      of("select", "unit", "单位", { options: () => [{ value: "", label: "（未设置）" }, ...UNITS] }),
      of("text", "title", "期限名称", { description: "例如：受理期限。" }),
      attribute("feel", element, injector, {
        type: "zeebe:TaskSchedule",
        name: "dueDate",
        id: "banli-dueDate",
        label: "到期时间（表达式）",
        description: "不按固定天数时填写，例如 =due_on。",
      }),
      attribute("feel", element, injector, { type: "zeebe:TaskSchedule", name: "followUpDate", id: "banli-followUpDate", label: "提醒时间（表达式）" }),
    ],
  };
}

export function separationGroup(element, injector) {
  if (!is(element, "bpmn:UserTask")) return null;
  const owner = businessObject(element);
  const chosen = () => (extension(owner, "banli:Separation")?.get("from") ?? "").split(/\s+/).filter(Boolean);
  const write = (ids) => setExtension(element, injector, "banli:Separation", { from: ids.length ? ids.join(" ") : undefined });
  const tasks = injector.get("elementRegistry").filter((one) => is(one, "bpmn:UserTask") && one.id !== owner.id && !one.labelTarget);
  const inDiagram = new Set(tasks.map((one) => one.id));
  return {
    id: "banli-separation",
    label: "回避",
    entries: [
      ...tasks.map((task) =>
        entry("tick", {
          id: `banli-separation-${task.id}`,
          label: task.businessObject.name || task.id,
          get: () => chosen().includes(task.id),
          set: (on) => write(on ? [...chosen(), task.id] : chosen().filter((id) => id !== task.id)),
        }),
      ),
      entry("text", {
        id: "banli-separation-others",
        label: "子流程中的环节标识",
        description: "办理过所选环节的人，不得办理本环节。多个标识用空格分开。",
        get: () => chosen().filter((id) => !inDiagram.has(id)).join(" "),
        set: (text) => write([...chosen().filter((id) => inDiagram.has(id)), ...(text ?? "").split(/\s+/).filter(Boolean)]),
      }),
    ],
  };
}

export function operationsGroup(element, injector) {
  if (!is(element, "bpmn:UserTask")) return null;
  const owner = businessObject(element);
  const allowed = () => {
    const text = extension(owner, "banli:Operations")?.get("allow");
    return text === undefined ? UNSAID : text.split(/\s+/).filter((code) => code && code !== "complete");
  };
  const write = (codes) => {
    const unsaid = codes.length === UNSAID.length && UNSAID.every((code) => codes.includes(code));
    const more = codes.includes("reclaim") ? {} : { reclaim: undefined };
    setExtension(element, injector, "banli:Operations", { allow: unsaid ? undefined : [...codes, "complete"].join(" "), ...more });
  };
  return {
    id: "banli-operations",
    label: "另外允许的操作",
    entries: [
      ...OPERATIONS.map(([code, label]) =>
        entry("tick", {
          id: `banli-operation-${code}`,
          label,
          get: () => allowed().includes(code),
          isEdited: () => allowed().includes(code) !== UNSAID.includes(code),
          set: (on) => write(OPERATIONS.map(([one]) => one).filter((one) => (one === code ? on : allowed().includes(one)))),
        }),
      ),
      ...(allowed().includes("reclaim")
        ? [
            attribute("select", element, injector, {
              type: "banli:Operations",
              name: "reclaim",
              id: "banli-operations-reclaim",
              label: "何时起不能撤回",
              options: () => RECLAIMED,
            }),
          ]
        : []),
      entry("tick", {
        id: "banli-operations-pause",
        label: "等待征询答复时，本环节期限暂停",
        get: () => (extension(owner, "banli:Operations")?.get("pause") ?? "") === "inquire",
        set: (on) => setExtension(element, injector, "banli:Operations", { pause: on ? "inquire" : undefined }),
      }),
    ],
  };
}

export function chosenGroup(element, injector) {
  if (!is(element, "bpmn:UserTask")) return null;
  const owner = businessObject(element);
  const chosen = () => (extension(owner, "banli:Chosen")?.get("by") ?? "").split(/\s+/).filter(Boolean);
  const write = (codes) => setExtension(element, injector, "banli:Chosen", { by: codes.length ? codes.join(" ") : undefined });
  return {
    id: "banli-chosen",
    label: "预先指定办理人",
    entries: CHOOSERS.map(([code, label]) =>
      entry("tick", {
        id: `banli-chosen-${code}`,
        label,
        get: () => chosen().includes(code),
        set: (on) => write(CHOOSERS.map(([one]) => one).filter((one) => (one === code ? on : chosen().includes(one)))),
      }),
    ),
  };
}
