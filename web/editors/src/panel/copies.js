// Who is sent a copy of the case when an element is done (banli:copies), one item for each.
import { ListGroup } from "@bpmn-io/properties-panel";
import { is } from "bpmn-js/lib/util/ModelUtil";
import { t } from "../words.js";
import { entry } from "./entries.js";
import { businessObject, extension, made, setList } from "./moddle.js";

export function copiesGroup(element, injector) {
  if (!is(element, "bpmn:Activity") && !is(element, "bpmn:Event")) return null;
  const copies = () => extension(businessObject(element), "banli:Copies")?.get("copies") ?? [];
  const write = (wanted) =>
    setList(element, injector, "banli:Copies", "copies", (list) => wanted.map((one) => one ?? made(injector, "banli:Copy", { to: "=" }, list)));
  return {
    id: "banli-copies",
    label: "自动抄送",
    component: ListGroup,
    items: copies().map((copy, number) => item(element, injector, copy, number, () => write(copies().filter((one) => one !== copy)))),
    add: (event) => {
      event.stopPropagation();
      write([...copies(), null]);
    },
  };
}

function item(element, injector, copy, number, drop) {
  const id = `banli-copy-${number}`;
  const set = (name, value) => injector.get("modeling").updateModdleProperties(element, copy, { [name]: value || undefined });
  const of = (kind, name, label, description) =>
    entry(kind, { id: `${id}-${name}`, label, description, get: () => copy.get(name) ?? "", set: (value) => set(name, value) });
  const tick = (name, label) =>
    entry("tick", { id: `${id}-${name}`, label, get: () => copy.get(name) === "true", set: (on) => set(name, on ? "true" : undefined) });
  return {
    id,
    label: copy.get("title") || copy.get("to") || t("抄送"),
    entries: [
      of("feel", "to", "抄送给", '岗位@机构或用户编号，一个或列表，例如 ="licence_manager@" + org。'),
      of("text", "title", "说明"),
      of("feel", "when", "条件", "不成立则不抄送。"),
      tick("mustRead", "须阅"),
      tick("reply", "须回复"),
    ],
    autoFocusEntry: `${id}-to`,
    remove: (event) => {
      event.stopPropagation();
      drop();
    },
  };
}
