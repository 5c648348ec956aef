// How several people decide a user task together (banli:approval).
import { is } from "bpmn-js/lib/util/ModelUtil";
import { extension, businessObject } from "./moddle.js";
import { attribute } from "./tasks.js";

const MODES = [
  { value: "", label: "一人办理" },
  { value: "single", label: "一人审批，可加签" },
  { value: "all", label: "会签：全部通过" },
  { value: "ratio", label: "会签：按比例通过" },
  { value: "any", label: "或签：一人决定" },
  { value: "ordered", label: "依次审批" },
  { value: "vote", label: "票签：按票权" },
  { value: "round_robin", label: "分派一人：轮流" },
  { value: "least_loaded", label: "分派一人：待办最少的" },
  { value: "random", label: "分派一人：随机" },
];
const PICKS = ["round_robin", "least_loaded", "random"];
const SEVERAL = ["all", "ratio", "any", "ordered", "vote"];

export function approvalGroup(element, injector) {
  if (!is(element, "bpmn:UserTask")) return null;
  const mode = extension(businessObject(element), "banli:Approval")?.get("mode") ?? "";
  const of = (kind, name, label, description, more) =>
    attribute(kind, element, injector, { type: "banli:Approval", name, id: `banli-approval-${name}`, label, description, ...more });
  const entries = [of("select", "mode", "方式", undefined, { options: () => MODES })];
  if (mode) {
    entries.push(
      of("feel", "decision", "结论", '由答复得出 approve、reject 或 abstain；不填时取字段 decision。'),
      of("text", "result", "结果变量"),
      of("text", "opinions", "意见列表变量"),
    );
  }
  if (SEVERAL.includes(mode)) entries.splice(1, 0, of("feel", "people", "审批人", "用户编号的列表，例如 =signers。"));
  if (PICKS.includes(mode)) entries.splice(1, 0, of("feel", "people", "人选", "用户编号的列表；不填则从候选岗位中选。"));
  if (mode === "ratio") entries.push(of("feel", "ratio", "通过比例", "0 至 1，例如 =2/3；以通过数除以应到数。"));
  if (mode === "vote") {
    entries.push(
      of("feel", "threshold", "通过票权", "缺省为过半。"),
      of("feel", "passes", "通过票数"),
      of("feel", "rejects", "否决票数"),
    );
  }
  if (["all", "ratio", "vote"].includes(mode))
    entries.push(of("select", "waitForAll", "有人不同意时", undefined, { options: () => [{ value: "", label: "立即结束" }, { value: "true", label: "等全部办完再定" }] }));
  return { id: "banli-approval", label: "多人审批", entries };
}
