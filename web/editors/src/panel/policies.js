// What becomes of a task by itself, the words it needs and its buttons (banli:policies, timeout, opinion, buttons).
import { is } from "bpmn-js/lib/util/ModelUtil";
import { businessObject, extension } from "./moddle.js";
import { attribute } from "./tasks.js";

const USUAL = { value: "", label: "（不设置）" };
const EMPTY = [
  USUAL,
  { value: "approve", label: "自动通过" },
  { value: "reject", label: "自动不通过" },
  { value: "person", label: "交指定人员" },
  { value: "managers", label: "交本机构管理人员" },
  { value: "incident", label: "记为异常" },
];
const STARTER = [
  USUAL,
  { value: "act", label: "照常办理" },
  { value: "skip", label: "自动通过" },
  { value: "superior", label: "交上级" },
  { value: "head", label: "交本单位负责人" },
];
const REPEATED = [
  { value: "", label: "照常办理" },
  { value: "consecutive", label: "紧前环节办过的，自动通过" },
  { value: "any", label: "此前办过的，自动通过" },
];
const THEN = [
  { value: "", label: "不再处理" },
  { value: "approve", label: "自动通过" },
  { value: "reject", label: "自动不通过" },
  { value: "superior", label: "转上级" },
  { value: "jump", label: "转到指定环节" },
];
const BUTTONS = [
  ["complete", "提交"],
  ["claim", "签收办理"],
  ["release", "退回待签收"],
  ["return", "退回"],
  ["transfer", "转办"],
  ["delegate", "委派"],
  ["sign_before", "前加签"],
  ["sign_after", "后加签"],
  ["sign_beside", "并加签"],
  ["remove_signer", "减签"],
  ["copy", "抄送"],
  ["inquire", "征询"],
  ["plan", "指定后续办理人"],
  ["reclaim", "撤回"],
  ["bulk", "批量办理"],
  ["urge", "催办"],
  ["withdraw", "撤销"],
];

export function policiesGroup(element, injector) {
  if (!is(element, "bpmn:UserTask")) return null;
  const owner = businessObject(element);
  const found = extension(owner, "banli:Policies");
  const timeout = extension(owner, "banli:Timeout");
  const of = (kind, name, label, more) =>
    attribute(kind, element, injector, { type: "banli:Policies", name, id: `banli-policies-${name}`, label, ...more });
  const late = (kind, name, label, more) =>
    attribute(kind, element, injector, { type: "banli:Timeout", name, id: `banli-timeout-${name}`, label, ...more });
  const entries = [of("select", "empty", "无人可办时", { options: () => EMPTY })];
  if (found?.get("empty") === "person") entries.push(of("feel", "person", "指定人员", { description: "用户编号，例如 =head of unit(org)。" }));
  entries.push(
    of("select", "starter", "办理人即发起人时", { options: () => STARTER }),
    of("select", "repeated", "同一人重复办理时", { options: () => REPEATED }),
    late("text", "remind", "超期提醒次数", { description: "须设置办理期限；按期限的单位计算。" }),
    late("text", "every", "提醒间隔", { description: "每隔几个期限单位，不填为 1。" }),
    late("select", "then", "提醒之后", { options: () => THEN }),
  );
  if (timeout?.get("then") === "jump")
    entries.push(late("select", "to", "转到环节", { options: () => [USUAL, ...tasksBeside(owner, injector)] }));
  const decided = [found?.get("empty"), timeout?.get("then"), found?.get("starter") === "skip" || found?.get("repeated") ? "approve" : ""];
  if (decided.includes("approve")) entries.push(of("feel", "approve", "自动通过的答复", { description: '例如 ={decision: "approve"}。' }));
  if (decided.includes("reject")) entries.push(of("feel", "reject", "自动不通过的答复", { description: '例如 ={decision: "reject"}。' }));
  entries.push(
    attribute("text", element, injector, {
      type: "banli:Opinion",
      name: "required",
      id: "banli-opinion-required",
      label: "须写意见的结论",
      description: "结论字段的值，多个用空格分开，例如 reject。",
    }),
  );
  return { id: "banli-policies", label: "办理策略", entries };
}

export function buttonsGroup(element, injector) {
  if (!is(element, "bpmn:UserTask")) return null;
  return {
    id: "banli-buttons",
    label: "按钮名称",
    entries: BUTTONS.map(([name, usual]) =>
      attribute("text", element, injector, { type: "banli:Buttons", name, id: `banli-button-${name}`, label: usual }),
    ),
  };
}

function tasksBeside(owner, injector) {
  return injector
    .get("elementRegistry")
    .filter((one) => is(one, "bpmn:Activity") && one.id !== owner.id && !one.labelTarget)
    .map((one) => ({ value: one.id, label: one.businessObject.name || one.id }));
}
