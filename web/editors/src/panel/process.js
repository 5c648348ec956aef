// Who may begin a process, and in which organisation its posts are looked for.
import { is } from "bpmn-js/lib/util/ModelUtil";
import { entry } from "./entries.js";
import { property, setProperty } from "./moddle.js";

export function startersGroup(element, injector) {
  if (!["bpmn:Process", "bpmn:Participant"].some((type) => is(element, type))) return null;
  const of = (name) => ({ get: () => property(element, name), set: (value) => setProperty(element, injector, name, value) });
  return {
    id: "banli-starters",
    label: "发起",
    entries: [
      entry("suggest", {
        id: "banli-starters-roles",
        label: "谁可以发起",
        description: "岗位代码，多个用空格分开；applicant 为申请人网上发起。不填的，只能由其他流程调用。",
        suggestions: () => injector.get("banliCatalogue").list("roles"),
        many: true,
        ...of("starters"),
      }),
      entry("text", {
        id: "banli-starters-scope",
        label: "在哪个机构找岗位",
        description: "给出机构代码的变量，如 =org（申请表单里选的机构）；不填则各机构的该岗位都能办。",
        ...of("candidateScope"),
      }),
    ],
  };
}
