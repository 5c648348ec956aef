// What happens to the limits of the case when an element is done (banli:clocks), one item for each.
import { ListGroup } from "@bpmn-io/properties-panel";
import { is } from "bpmn-js/lib/util/ModelUtil";
import { t } from "../words.js";
import { entry } from "./entries.js";
import { businessObject, extension, made, setList } from "./moddle.js";
import { UNITS } from "./tasks.js";

const DOES = [
  { value: "start", label: "起算" },
  { value: "suspend", label: "中止" },
  { value: "resume", label: "恢复" },
  { value: "extend", label: "延长" },
  { value: "correct", label: "更正" },
  { value: "stop", label: "停止" },
];

export function clocksGroup(element, injector) {
  if (!is(element, "bpmn:Activity") && !is(element, "bpmn:Event")) return null;
  const owner = businessObject(element);
  const clocks = () => extension(owner, "banli:Clocks")?.get("clocks") ?? [];
  return {
    id: "banli-clocks",
    label: "办件期限",
    component: ListGroup,
    items: clocks().map((clock, number) => item(element, injector, clock, number)),
    add: (event) => {
      event.stopPropagation();
      write(element, injector, owner, [...clocks(), ["start", "promised"]]);
    },
  };
}

function item(element, injector, clock, number) {
  const id = `banli-clock-${number}`;
  const of = (kind, name, label, more) =>
    entry(kind, {
      id: `${id}-${name}`,
      label,
      get: () => clock.get(name) ?? "",
      set: (value) => injector.get("modeling").updateModdleProperties(element, clock, { [name]: value || undefined }),
      ...more,
    });
  const act = clock.get("do");
  const entries = [
    of("select", "do", "操作", { options: () => DOES }),
    of("text", "limit", "期限", { description: "acceptance 受理、promised 承诺、statutory 法定、delivery 送达、applicant 补正；* 为机关的全部期限。" }),
  ];
  if (act === "start" || act === "extend" || act === "correct") {
    entries.push(of("feel", "amount", "数量"), of("select", "unit", "单位", { options: () => [{ value: "", label: "（缺省：工作日）" }, ...UNITS] }));
  }
  if (act === "start") {
    entries.push(
      of("text", "title", "名称"),
      of("feel", "at", "法律上的起点", { description: "缺省为办理时。" }),
      of("feel", "extendMost", "最多可延长"),
      of("tick", "own", "每次各有一项", {
        description: "属于所在的这一次子流程或被调用流程，同名的可以同时有几项。",
        get: () => clock.get("own") === "true",
        set: (on) => injector.get("modeling").updateModdleProperties(element, clock, { own: on ? "true" : undefined }),
      }),
    );
  }
  if (act !== "start" && act !== "stop") entries.push(of("feel", "reason", "理由"));
  entries.push(of("text", "basis", "依据"), of("feel", "when", "条件", { description: "不成立则不操作。" }));
  const said = DOES.find((one) => one.value === act)?.label ?? act;
  return {
    id,
    label: `${t(said)} ${clock.get("limit") ?? ""}`,
    entries,
    autoFocusEntry: `${id}-do`,
    remove: (event) => {
      event.stopPropagation();
      const owner = businessObject(element);
      write(element, injector, owner, extension(owner, "banli:Clocks").get("clocks").filter((one) => one !== clock));
    },
  };
}

/** Lays down the list; a pair is a clock to be made. */
function write(element, injector, owner, wanted) {
  const make = (list) => wanted.map((one) => (Array.isArray(one) ? made(injector, "banli:Clock", { do: one[0], limit: one[1] }, list) : one));
  setList(element, injector, "banli:Clocks", "clocks", make, owner);
}
