// Chinese of the BPMN editor: the published catalogue, with our additions and corrections over it.
import published from "bpmn-js-i18n/translations/zn.js";
import { headings, panel } from "./zh-panel.js";

const KINDS = { Message: "消息", Timer: "定时", Error: "错误", Escalation: "升级", Signal: "信号", Conditional: "条件", Compensation: "补偿", Cancel: "取消", Link: "链接" };
const PLACES = {
  "start event": "开始事件",
  "intermediate catch event": "中间捕获事件",
  "intermediate throw event": "中间抛出事件",
  "boundary event": "边界事件",
  "end event": "结束事件",
};

const events = {};
for (const [kind, name] of Object.entries(KINDS)) {
  for (const [place, title] of Object.entries(PLACES)) {
    events[`${kind} ${place}`] = name + title;
    events[`${kind} ${place} (non-interrupting)`] = `${name}${title}（不中断）`;
    events[`Append ${kind.toLowerCase()} ${place}`] = `追加${name}${title}`;
  }
}

const shapes = {
  "Start event": "开始事件", "End event": "结束事件", "Intermediate throw event": "中间事件", "Terminate end event": "终止结束事件",
  "Boundary event": "边界事件", "Multiple start event": "多重开始事件",
  Task: "任务", "User task": "用户任务", "Service task": "服务任务", "Send task": "发送任务", "Receive task": "接收任务",
  "Manual task": "手工任务", "Business rule task": "业务规则任务", "Script task": "脚本任务", "Call activity": "调用活动",
  Transaction: "事务子流程", "Sub-process": "子流程", "Event sub-process": "事件子流程", "Ad-hoc sub-process": "特别子流程",
  "Sub-process (collapsed)": "子流程（折叠）", "Sub-process (expanded)": "子流程（展开）",
  "Exclusive gateway": "排他网关", "Parallel gateway": "并行网关", "Inclusive gateway": "包容网关", "Complex gateway": "复杂网关",
  "Event-based gateway": "事件网关", "Event based instantiating Gateway": "事件启动网关", "Parallel Event based instantiating Gateway": "并行事件启动网关",
  "Data object reference": "数据对象", "Data store reference": "数据存储", "Expanded pool/participant": "泳池（展开）", "Empty pool/participant": "泳池（空）",
  "Empty pool/participant (removes content)": "泳池（空，内容将删除）", "Sequence flow": "顺序流", "Default flow": "默认流", "Conditional flow": "条件流",
  "Parallel multi-instance": "并行多实例", "Sequential multi-instance": "串行多实例", Loop: "循环", Collection: "集合", "Participant multiplicity": "多个参与者",
  "Ad-hoc": "特别",
};

const tools = {
  "Activate create/remove space tool": "增减空间", "Activate global connect tool": "连线", "Activate hand tool": "移动画布", "Activate lasso tool": "框选",
  "Add lane above": "在上方添加泳道", "Add lane below": "在下方添加泳道", "Divide into two lanes": "分成两条泳道", "Divide into three lanes": "分成三条泳道",
  "Add text annotation": "添加注释", "Append end event": "追加结束事件", "Append gateway": "追加网关", "Append task": "追加任务",
  "Append intermediate/boundary event": "追加中间事件", "Append receive task": "追加接收任务", "Append compensation activity": "追加补偿活动",
  "Append element": "追加元素", "Create element": "新建元素", "Change element": "更改类型", "Change type": "更改类型", Templates: "模板",
  "Create start event": "新建开始事件", "Create end event": "新建结束事件", "Create intermediate/boundary event": "新建中间或边界事件",
  "Create gateway": "新建网关", "Create task": "新建任务", "Create expanded sub-process": "新建子流程", "Create pool/participant": "新建泳池",
  "Create group": "新建分组", "Create data object reference": "新建数据对象", "Create data store reference": "新建数据存储",
  "Connect to other element": "连到另一元素", "Connect using association": "用关联线连接", "Connect using data input association": "用数据关联连接",
  "Connect using sequence/message flow or association": "用顺序流、消息流或关联线连接",
  Delete: "删除", Remove: "删除", "Toggle non-interrupting": "切换是否中断", "Set color": "设置颜色",
  "Align elements": "对齐", "Align elements left": "左对齐", "Align elements right": "右对齐", "Align elements top": "上对齐", "Align elements bottom": "下对齐",
  "Align elements center": "水平居中", "Align elements middle": "垂直居中",
  "Distribute elements horizontally": "水平等距", "Distribute elements vertically": "垂直等距",
  Default: "默认", Blue: "蓝色", Orange: "橙色", Green: "绿色", Red: "红色", Purple: "紫色",
  "Open minimap": "打开缩略图", "Close minimap": "关闭缩略图", "Search in diagram": "在图中查找", Search: "查找", "No results": "没有结果",
  "Open {element}": "打开 {element}", Events: "事件", Tasks: "任务", Gateways: "网关", "Sub-processes": "子流程", Data: "数据", Participants: "参与者",
  "Issues for child elements": "内部元素的问题",
  "No Issues": "没有问题", "No matching entries found.": "没有找到。",
  "{count} Errors": "{count} 个错误",
};

export const zh = { ...published, ...events, ...shapes, ...tools, ...headings, ...panel };
