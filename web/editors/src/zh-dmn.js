// Chinese of the decision editor.
const places = { "above": "上方", "below": "下方", "left": "左侧", "right": "右侧" };
const grid = {};
for (const [place, name] of Object.entries(places)) {
  grid[`Add rule ${place}`] = `在${name}添加规则`;
  grid[`Paste rule ${place}`] = `在${name}粘贴规则`;
  for (const [column, title] of [["input", "条件列"], ["output", "结果列"]]) {
    grid[`Add ${column} column ${place}`] = `在${name}添加${title}`;
    grid[`Paste ${column} column ${place}`] = `在${name}粘贴${title}`;
  }
}
for (const [column, title] of [["input", "条件列"], ["output", "结果列"]]) {
  grid[`Copy ${column} column`] = `复制${title}`;
  grid[`Cut ${column} column`] = `剪切${title}`;
  grid[`Remove ${column} column`] = `删除${title}`;
}

export const zhDmn = {
  ...grid,
  "Append decision": "追加决策", "Append knowledge source": "追加依据", "Append business knowledge model": "追加业务知识模型", "Append input data": "追加输入数据",
  "Append literal expression": "追加表达式", "Append decision table": "追加决策表",
  "Definition name": "名称", "Definition ID": "标识", "Create decision": "新建决策", "Create input data": "新建输入数据", "Create knowledge source": "新建依据",
  "Create knowledge model": "新建业务知识模型", "Create business knowledge model": "新建业务知识模型", Empty: "空", "Decision table": "决策表", "Literal expression": "表达式", "Literal Expression": "表达式",
  "Connect to other element": "连到另一元素", "Connect using information/knowledge/authority requirement or association": "连线", "Activate hand tool": "移动画布",
  "Activate lasso tool": "框选", "Activate the hand tool": "移动画布", "Activate the lasso tool": "框选", Remove: "删除", Delete: "删除", "Change type": "更改类型", "Add text annotation": "添加注释",
  "Append text annotation": "追加注释", "Create text annotation": "新建注释",
  Type: "类型", "Add input": "添加条件", "Add output": "添加结果", "Add rule": "添加规则", "Predefined values": "可选值", "No values": "没有值",
  "Clear predefined values": "清除可选值", "Add predefined values": "添加可选值", '"value", "value", ...': "“值”，“值”，…", '"value", "value"': "“值”，“值”",
  "Strings must be in double quotes": "文本必须放在英文双引号中",
  Annotations: "备注", Annotation: "备注", Resize: "调整宽度", "Copy rule": "复制规则", "Cut rule": "剪切规则", "Remove rule": "删除规则", "Move rule": "移动规则",
  Input: "条件", Output: "结果", "Expression language: {expressionLanguageLabel}": "表达式语言：{expressionLanguageLabel}", When: "当", And: "且", Then: "则",
  "Input label: ": "条件名称：", "Input expression: ": "条件表达式：", "Input values": "可选值", "Input type": "条件类型", "Output label": "结果名称", "Output name": "结果变量",
  "Output values": "可选值", "Output type": "结果类型", "Edit input": "编辑条件", "Input label": "条件名称", Expression: "表达式", "Input expression": "条件表达式",
  "Enter expression": "填写表达式", "Output label: ": "结果名称：", "Output name: ": "结果变量：", "Edit output": "编辑结果", "Decision name: ": "决策名称：", "Decision name": "决策名称",
  "Input expression:": "条件表达式：", "Input label:": "条件名称：", "Output label:": "结果名称：", "Output name:": "结果变量：", "Decision Name": "决策名称",
  "Remove cell description": "删除单元格说明", "Add cell description": "添加单元格说明", "Change cell expression language": "更改表达式语言", "Expression language": "表达式语言",
  "Hit policy:": "命中规则：", "Hit policy": "命中规则", "Aggregation": "汇总", "Aggregate": "汇总",
  Unique: "唯一", First: "第一条", Any: "任一", Collect: "收集", Priority: "优先", "Rule order": "按规则顺序", "Output order": "按结果顺序",
  "Collect (Sum)": "收集（求和）", "Collect (Min)": "收集（最小）", "Collect (Max)": "收集（最大）", "Collect (Count)": "收集（计数）",
  Yes: "是", No: "否", "Edit boolean": "编辑是否", "Set value": "设定值", "Boolean value": "是否", Exactly: "等于", Before: "早于", After: "晚于", Between: "介于",
  "Edit date": "编辑日期", "Test type": "比较方式", "Edit start date": "编辑开始日期", "Set date": "设定日期", "Start date": "开始日期", Date: "日期",
  "e.g. { sample }": "例如 {sample}", "e.g. { example } ": "例如 {example}", "Use today": "用今天", "Edit end date": "编辑结束日期", "End date": "结束日期", "Date value": "日期",
  "Edit date and time": "编辑日期时间", "Edit start date and time": "编辑开始时间", "Set date and time": "设定日期时间", "Start date and time": "开始时间", "Date and time": "日期时间",
  "Edit end date and time": "编辑结束时间", "End date and time": "结束时间", "Date and time value": "日期时间", Equals: "等于", Less: "小于", "Less or equals": "不大于",
  Greater: "大于", "Greater or equals": "不小于", "Comparison operator": "比较符", "Duration value": "时长", Include: "包含", Exclude: "不包含", "Start value": "起始值",
  "Range start operator": "起点是否包含", "Range start value": "起始值", "End value": "终止值", "Range end operator": "终点是否包含", "Range end value": "终止值", Comparison: "比较",
  Range: "区间", "Edit duration": "编辑时长", "Set duration": "设定时长", "Editing not supported for set expression language": "这种表达式语言不能在此编辑", Edit: "编辑", Value: "值",
  "Edit number": "编辑数字", "Custom values": "自定义值", "Match one": "属于其中之一", "Match none": "不属于其中任何一个", "Edit string": "编辑文本", "String value": "文本", "Add values": "添加值",
  Values: "值", '"value"': "“值”", "Edit time": "编辑时间", Time: "时间", "Edit start time": "编辑开始时间", "Set time": "设定时间", "Start time": "开始时间", "Use now": "用现在",
  "Edit end time": "编辑结束时间", "End time": "结束时间", "Time value": "时间", "View DRD": "查看决策关系图", "Variable name:": "变量名：", "Variable type:": "变量类型：",
  "Expression language:": "表达式语言：", "Variable name": "变量名", name: "名称", "Variable type": "变量类型", "Literal expression editor": "表达式编辑框", "Element name": "名称",
  "Edit formal parameters": "编辑形式参数", "Add parameter": "添加参数", "Remove parameter": "删除参数", "Function kind: {kind}": "函数种类：{kind}", "Edit function kind": "编辑函数种类", Kind: "种类",
  ...hitPolicies(),
  string: "文本", number: "数字", boolean: "是否", date: "日期", time: "时间", dateTime: "日期时间", "date and time": "日期时间", dayTimeDuration: "日时长", yearMonthDuration: "年月时长",
  "days and time duration": "日时长", "years and months duration": "年月时长", any: "任意", context: "结构", integer: "整数", long: "长整数", double: "小数",
  "Set expression language": "设定表达式语言",
};

function hitPolicies() {
  return {
    "No overlap is possible and all rules are disjoint. Only a single rule can be matched": "规则不得重叠，只能命中一条",
    "Rules may overlap. The first matching rule will be chosen": "多条规则命中时，取排在最前的一条",
    "Rules may overlap. The one with the highest priority will be chosen": "多条规则命中时，取优先级最高的一条",
    "Rules may overlap. Their output have to match": "规则可以重叠，但结果必须相同",
  };
}
