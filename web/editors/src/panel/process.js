// Who may begin a process, in which organisation its posts are looked for, and whether its jobs can wait.
import { is } from "bpmn-js/lib/util/ModelUtil";
import { entry } from "./entries.js";
import { property, setProperty } from "./moddle.js";

const isProcess = (element) => ["bpmn:Process", "bpmn:Participant"].some((type) => is(element, type));
const kept = (element, injector, name) => ({ get: () => property(element, name), set: (value) => setProperty(element, injector, name, value) });

export function startersGroup(element, injector) {
  if (!isProcess(element)) return null;
  const of = (name) => kept(element, injector, name);
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

export function jobsGroup(element, injector) {
  if (!isProcess(element)) return null;
  return {
    id: "banli-jobs",
    label: "后台作业",
    entries: [
      entry("select", {
        id: "banli-jobs-priority",
        label: "先后",
        description: "批量生成、夜间汇总这样没有人在等结果的，选“可以等”，不挤占别的办件。",
        options: () => [
          { value: "", label: "有人在等（缺省）" },
          { value: "low", label: "可以等" },
        ],
        ...kept(element, injector, "jobPriority"),
      }),
    ],
  };
}
