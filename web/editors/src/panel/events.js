// Groups of events and messages: timer, message with its key, open to the applicant.
import { getBusinessObject, is } from "bpmn-js/lib/util/ModelUtil";
import { t } from "../words.js";
import { entry } from "./entries.js";
import { businessObject, change, extension, made, setExtension } from "./moddle.js";
import { attribute } from "./tasks.js";

const TIMERS = [
  { value: "timeDuration", label: "经过一段时间", help: "例如 PT2H（两小时）、P5D（五天），或以 = 开头的表达式。" },
  { value: "timeDate", label: "到某一时刻", help: "例如 2026-12-31T17:00:00+08:00，或以 = 开头的表达式。" },
  { value: "timeCycle", label: "每隔一段时间", help: "例如 R/P1D（每天）、R3/PT1H（每小时，共三次），或以 = 开头的表达式。" },
];

function definition(element, type) {
  return getBusinessObject(element).get("eventDefinitions")?.find((one) => is(one, type));
}

const LIMITS = [
  { value: "", label: "（不随期限）" },
  { value: "node", label: "所附任务的期限" },
  { value: "acceptance", label: "受理期限" },
  { value: "promised", label: "承诺期限" },
  { value: "statutory", label: "法定期限" },
  { value: "delivery", label: "送达期限" },
  { value: "applicant", label: "申请人补正期限" },
];

const DAY_ENDS = [
  { value: "", label: "当日下班时" },
  { value: "midnight", label: "最后一日终了" },
];

export function timerGroup(element, injector) {
  const timer = is(element, "bpmn:Event") ? definition(element, "bpmn:TimerEventDefinition") : null;
  if (!timer) return null;
  const kind = () => TIMERS.find((one) => timer.get(one.value)) ?? null;
  const modeling = injector.get("modeling");
  const write = (name, body) => {
    const changes = Object.fromEntries(TIMERS.map((one) => [one.value, undefined]));
    if (name) changes[name] = made(injector, "bpmn:FormalExpression", { body: body ?? "" }, timer);
    modeling.updateModdleProperties(element, timer, changes);
  };
  const entries = [
    entry("select", {
      id: "banli-timer-kind",
      label: "方式",
      options: () => [{ value: "", label: "（未设置）" }, ...TIMERS],
      get: () => kind()?.value ?? "",
      set: (name) => write(name, kind() && timer.get(kind().value).get("body")),
    }),
  ];
  if (kind()) {
    entries.push(
      entry("feel", {
        id: "banli-timer-value",
        label: "时间",
        description: kind().help,
        get: () => timer.get(kind().value).get("body"),
        set: (body) => write(kind().value, body),
      }),
    );
  }
  const due = (name, label, more) =>
    entry(more.options ? "select" : "text", {
      id: `banli-due-${name}`,
      label,
      get: () => extension(timer, "banli:Due")?.get(name) ?? "",
      set: (value) => setExtension(element, injector, "banli:Due", { [name]: value }, timer),
      ...more,
    });
  entries.push(due("of", "随办件期限届满", { options: () => LIMITS }));
  if (extension(timer, "banli:Due")?.get("of"))
    entries.push(
      due("before", "提前", { description: "提前若干单位，例如 2；期限中止、延长时跟着移动。" }),
      due("at", "届满日的时刻", { options: () => DAY_ENDS }),
    );
  return { id: "banli-timer", label: "定时", entries };
}

/** Where an element keeps its reference to a message: itself (send, receive) or its event definition. */
function messageHolder(element) {
  if (is(element, "bpmn:ReceiveTask") || is(element, "bpmn:SendTask")) return getBusinessObject(element);
  return is(element, "bpmn:Event") ? definition(element, "bpmn:MessageEventDefinition") : null;
}

export function messageGroup(element, injector) {
  const holder = messageHolder(element);
  if (!holder) return null;
  const message = holder.get("messageRef");
  const entries = [
    entry("select", {
      id: "banli-message",
      label: "消息",
      options: () => [
        { value: "", label: "（未设置）" },
        ...messages(injector).map((one) => ({ value: one.id, label: one.get("name") || one.id })),
        { value: "+", label: "新建消息…" },
      ],
      get: () => message?.id ?? "",
      set: (id) => choose(element, injector, holder, id),
    }),
  ];
  if (message) entries.push(...messageEntries(element, injector, message));
  return { id: "banli-message-group", label: "消息", entries };
}

function messageEntries(element, injector, message) {
  return [
    entry("text", {
      id: "banli-message-name",
      label: "消息名称",
      get: () => message.get("name"),
      set: (name) => injector.get("modeling").updateModdleProperties(element, message, { name }),
    }),
    entry("feel", {
      id: "banli-message-key",
      label: "关联键",
      description: "凭它找到案件，例如 =work_order_no。",
      get: () => extension(message, "zeebe:Subscription")?.get("correlationKey"),
      set: (value) => setExtension(element, injector, "zeebe:Subscription", { correlationKey: value }, message),
    }),
  ];
}

function messages(injector) {
  const definitions = injector.get("bpmnjs").getDefinitions();
  return definitions.get("rootElements").filter((one) => is(one, "bpmn:Message"));
}

function choose(element, injector, holder, id) {
  const commands = [];
  let chosen = messages(injector).find((one) => one.id === id);
  if (id === "+") {
    const definitions = injector.get("bpmnjs").getDefinitions();
    chosen = made(injector, "bpmn:Message", { name: t("新消息") }, definitions);
    commands.push(change(element, definitions, { rootElements: [...definitions.get("rootElements"), chosen] }));
  }
  commands.push(change(element, holder, { messageRef: chosen }));
  injector.get("commandStack").execute("properties-panel.multi-command-executor", commands);
}

const PURPOSES = [
  { value: "", label: "机关要求申请人办理" },
  { value: "withdraw", label: "撤回" },
  { value: "urge", label: "催办" },
  { value: "collect", label: "领取" },
  { value: "offer", label: "其他，可随时提出" },
];

export function publicGroup(element, injector) {
  const catches = is(element, "bpmn:ReceiveTask") || (is(element, "bpmn:CatchEvent") && messageHolder(element));
  if (!catches || isProcessStart(element)) return null;
  const catalogue = injector.get("banliCatalogue");
  return {
    id: "banli-public",
    label: "对申请人开放",
    entries: [
      attribute("text", element, injector, {
        type: "banli:Public",
        name: "title",
        id: "banli-public-title",
        label: "事项名称",
        description: "申请人在“我的申请”中看到的按钮，例如：提交补正材料。",
      }),
      attribute("suggest", element, injector, {
        type: "banli:Public",
        name: "formId",
        id: "banli-public-form",
        label: "表单标识",
        suggestions: () => catalogue.list("forms"),
      }),
      attribute("select", element, injector, {
        type: "banli:Public",
        name: "purpose",
        id: "banli-public-purpose",
        label: "用途",
        options: () => PURPOSES,
      }),
    ],
  };
}

function isProcessStart(element) {
  return is(element, "bpmn:StartEvent") && is(businessObject(element).$parent, "bpmn:Process");
}
