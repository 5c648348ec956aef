// Chinese of the panel and of the findings while drawing.

/** The kind of the selected element, above the panel. */
export const headings = {
  Process: "流程", Participant: "泳池", Collaboration: "协作图", Lane: "泳道", "Sequence Flow": "顺序流", "Message Flow": "消息流", Association: "关联",
  "User Task": "用户任务", "Service Task": "服务任务", "Script Task": "脚本任务", "Business Rule Task": "业务规则任务", "Send Task": "发送任务",
  "Receive Task": "接收任务", "Manual Task": "手工任务", Task: "任务", "Call Activity": "调用活动", "Sub Process": "子流程", "Event Sub Process": "事件子流程",
  "Expanded Sub Process": "子流程", "Collapsed Sub Process": "子流程（折叠）", Transaction: "事务子流程", "Ad Hoc Sub Process": "特别子流程",
  "Start Event": "开始事件", "End Event": "结束事件", "Intermediate Throw Event": "中间抛出事件", "Intermediate Catch Event": "中间捕获事件", "Boundary Event": "边界事件",
  "Exclusive Gateway": "排他网关", "Parallel Gateway": "并行网关", "Inclusive Gateway": "包容网关", "Event Based Gateway": "事件网关", "Complex Gateway": "复杂网关",
  "Text Annotation": "注释", Group: "分组", "Data Object Reference": "数据对象", "Data Store Reference": "数据存储",
  "Conditional Flow": "条件流", "Default Flow": "默认流", "Conditional Sequence Flow": "条件流",
  ...eventHeadings(),
};

function eventHeadings() {
  const kinds = { Message: "消息", Timer: "定时", Error: "错误", Terminate: "终止", Escalation: "升级", Signal: "信号", Conditional: "条件", Link: "链接", Compensate: "补偿", Cancel: "取消" };
  const places = { "Start Event": "开始事件", "End Event": "结束事件", "Intermediate Catch Event": "中间捕获事件", "Intermediate Throw Event": "中间抛出事件", "Boundary Event": "边界事件" };
  const found = {};
  for (const [kind, name] of Object.entries(kinds)) {
    for (const [place, title] of Object.entries(places)) {
      found[`${kind} ${place}`] = name + title;
      found[`${kind} ${place} (Non Interrupting)`] = `${name}${title}（不中断）`;
      found[`${kind} ${place} Non Interrupting`] = `${name}${title}（不中断）`;
    }
  }
  return found;
}

export const panel = {
  "Select an element to edit its properties.": "选中一个元素以编辑其属性。",
  "Multiple elements are selected. Select a single element to edit its properties.": "选中了多个元素，请只选一个。",
  General: "常规", Documentation: "说明", Error: "错误", Condition: "条件", "Multi-instance": "多实例",
  "Input mapping": "输入映射", "Output mapping": "输出映射", "Extension properties": "扩展属性", Inputs: "输入映射", Outputs: "输出映射",
  Name: "名称", ID: "标识", "Participant Name": "泳池名称", "Participant ID": "泳池标识", "Process name": "流程名称", "Process ID": "流程标识",
  "Version tag": "版本标签", "Element documentation": "元素说明", "Process documentation": "流程说明", Executable: "可执行",
  "ID must not be empty.": "标识不能为空。", "ID must be unique.": "标识不能重复。", "ID must not contain spaces.": "标识不能有空格。",
  "ID must not contain prefix.": "标识不能有前缀。", "ID must be a valid QName.": "标识只能用字母、数字和下划线，并以字母开头。",
  "Create new ...": "新建…", "<none>": "（无）", "Global error reference": "错误", Code: "代码", Value: "值", Type: "类型",
  "Condition expression": "条件表达式", "Loop cardinality": "循环次数", "Completion condition": "完成条件", "Cancel remaining instances": "取消其余实例",
  "Input collection": "输入集合", "Input element": "每项变量名", "Output collection": "输出集合", "Output element": "每项结果",
  "Local variable name": "局部变量名", "Variable assignment value": "变量值", "Process variable name": "流程变量名", "Variable name": "变量名",
  "Result variable": "结果变量", "FEEL expression": "FEEL 表达式", "Key": "键",
  "Local variable": "局部变量", "Is sequential": "依次办理", Sequential: "依次办理",
  "Toggle section": "展开或收起", "Section contains an error": "本组有错误", "Section contains edits": "本组已填写", "<empty>": "（空）",
  "Toggle list item": "展开或收起", "Delete item": "删除", "Create new list item": "添加", Create: "添加", Add: "添加", "Open documentation": "打开说明",
  "Open pop-up editor": "在弹窗中编辑", "Opened in editor": "已在弹窗中打开", "FEEL expression is mandatory": "必须填写表达式",
  "Click to remove dynamic value with FEEL expression": "点击改为固定值", "Click to set a dynamic value with FEEL expression": "点击改为 FEEL 表达式",
  "Unparsable FEEL expression.": "表达式有语法错误。", "FEEL": "FEEL", "Expression": "表达式", "Close pop-up editor": "关闭弹窗",
  "List contains {numOfItems} item": "共 {numOfItems} 项", "List contains {numOfItems} items": "共 {numOfItems} 项",
  // Groups of the general panel that ours replace.
  Date: "日期", Duration: "时长", Cycle: "周期", Compensation: "补偿", Link: "链接", Message: "消息", Completion: "完成", Signal: "信号", Escalation: "升级", Timer: "定时", Implementation: "实现",
  "Called decision": "调用决策", Script: "计算", "Task definition": "服务主题", Assignment: "办理人", "Active elements": "活动元素", Form: "表单", "Called element": "调用子流程",
  "Input propagation": "带入变量", "Output propagation": "带回变量", Headers: "附加信息", "Task listeners": "任务监听", "Execution listeners": "执行监听",
  "Throw expression": "抛出的代码", "Error code variable": "错误代码变量", "Error message variable": "错误信息变量",
};
