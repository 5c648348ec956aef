// English of what we say ourselves: the panel, the marks of findings, the views of decisions, the states of a diagram.
const approvals = {
  "一人办理": "One person", "一人审批，可加签": "One approver, who may add others", "会签：全部通过": "Countersigning: all must approve",
  "会签：按比例通过": "Countersigning: a share must approve", "或签：一人决定": "Any one decides", "依次审批": "One after another", "票签：按票权": "Weighted votes",
  "分派一人：轮流": "Give to one: in turn", "分派一人：待办最少的": "Give to one: fewest open tasks", "分派一人：随机": "Give to one: at random",
  "方式": "Mode", "结论": "Decision", "由答复得出 approve、reject 或 abstain；不填时取字段 decision。": "Makes approve, reject or abstain of the answers; if empty, the field decision.",
  "结果变量": "Result variable", "意见列表变量": "Variable with the list of opinions", "审批人": "Approvers", "用户编号的列表，例如 =signers。": "List of user ids, such as =signers.",
  "人选": "Choose from", "用户编号的列表；不填则从候选岗位中选。": "List of user ids; if empty, those who hold the candidate posts.",
  "通过比例": "Share needed", "0 至 1，例如 =2/3；以通过数除以应到数。": "0 to 1, such as =2/3: approvals divided by all who are asked.",
  "通过票权": "Weight needed", "缺省为过半。": "By default more than half.", "通过票数": "Votes needed to approve", "否决票数": "Votes needed to reject",
  "有人不同意时": "When someone rejects", "立即结束": "End at once", "等全部办完再定": "Wait for everybody", "多人审批": "Several approvers",
};

const clocks = {
  "起算": "Start", "中止": "Suspend", "恢复": "Resume", "延长": "Extend", "更正": "Correct", "停止": "Stop", "办件期限": "Limits of the case", "操作": "Action", "期限": "Limit",
  "acceptance 受理、promised 承诺、statutory 法定、delivery 送达、applicant 补正；* 为机关的全部期限。": "acceptance, promised, statutory, delivery or applicant (to supplement); * is every limit of the agency.",
  "数量": "Amount", "单位": "Unit", "（缺省：工作日）": "(default: working days)", "名称": "Name", "法律上的起点": "Begins by law", "缺省为办理时。": "By default when this is done.",
  "最多可延长": "May be extended by at most", "每次各有一项": "One for each run",
  "属于所在的这一次子流程或被调用流程，同名的可以同时有几项。": "Belongs to this run of the sub-process or called process; several of the same name may run side by side.",
  "理由": "Reason", "依据": "Legal basis", "条件": "Condition", "不成立则不操作。": "Otherwise nothing is done.",
  "工作日": "working days", "自然日": "calendar days", "工作小时": "working hours", "小时": "hours",
};

const copies = {
  "自动抄送": "Copies sent", "抄送": "Copy", "抄送给": "To", '岗位@机构或用户编号，一个或列表，例如 ="licence_manager@" + org。': 'post@agency or user id, one or a list, such as ="licence_manager@" + org.',
  "说明": "Note", "不成立则不抄送。": "Otherwise no copy is sent.", "须阅": "Must be read", "须回复": "Must be answered",
};

const events = {
  "经过一段时间": "After a while", "例如 PT2H（两小时）、P5D（五天），或以 = 开头的表达式。": "Such as PT2H (two hours), P5D (five days), or an expression that begins with =.",
  "到某一时刻": "At a moment", "例如 2026-12-31T17:00:00+08:00，或以 = 开头的表达式。": "Such as 2026-12-31T17:00:00+08:00, or an expression that begins with =.",
  "每隔一段时间": "Again and again", "例如 R/P1D（每天）、R3/PT1H（每小时，共三次），或以 = 开头的表达式。": "Such as R/P1D (daily), R3/PT1H (hourly, three times), or an expression that begins with =.",
  "（不随期限）": "(not by a limit)", "所附任务的期限": "Limit of the task", "受理期限": "Limit of acceptance", "承诺期限": "Promised limit", "法定期限": "Statutory limit", "送达期限": "Limit of delivery",
  "申请人补正期限": "Applicant's limit to supplement", "当日下班时": "When the office closes that day", "最后一日终了": "At the end of the last day", "（未设置）": "(not set)", "时间": "Time",
  "随办件期限届满": "When a limit of the case ends", "提前": "Earlier by", "提前若干单位，例如 2；期限中止、延长时跟着移动。": "A number of the limit's units, such as 2; it moves with the limit.",
  "届满日的时刻": "Time of the last day", "定时": "Timer", "消息": "Message", "新建消息…": "New message…", "消息名称": "Message name", "关联键": "Correlation key",
  "凭它找到案件，例如 =work_order_no。": "Finds the case, such as =work_order_no.", "新消息": "New message",
  "机关要求申请人办理": "The agency asks the applicant", "撤回": "Withdraw", "催办": "Urge", "领取": "Collect", "其他，可随时提出": "Other, at any time", "对申请人开放": "Open to the applicant",
  "事项名称": "Title", "申请人在“我的申请”中看到的按钮，例如：提交补正材料。": "The button that the applicant sees in My applications, such as Submit what was asked for.",
  "表单标识": "Form id", "用途": "Purpose",
};

const policies = {
  "（不设置）": "(not set)", "自动通过": "Approve by itself", "自动不通过": "Reject by itself", "交指定人员": "Give to the person named", "交本机构管理人员": "Give to the agency's administrators",
  "记为异常": "Record an incident", "照常办理": "Handle as usual", "交上级": "Give to the superior", "交本单位负责人": "Give to the head of the unit",
  "紧前环节办过的，自动通过": "Approve by itself what the same person did just before", "此前办过的，自动通过": "Approve by itself what the same person did before",
  "不再处理": "Nothing more", "转上级": "Pass on to the superior", "转到指定环节": "Go to a step", "提交": "Submit", "签收办理": "Claim", "退回待签收": "Release", "退回": "Return",
  "转办": "Transfer", "委派": "Delegate", "前加签": "Add a signer before", "后加签": "Add a signer after", "并加签": "Add a signer beside", "减签": "Remove a signer", "征询": "Inquire",
  "指定后续办理人": "Name who does later steps", "批量办理": "Handle in bulk", "撤销": "Withdraw", "无人可办时": "When nobody can do it", "指定人员": "Person",
  "用户编号，例如 =head of unit(org)。": "User id, such as =head of unit(org).", "办理人即发起人时": "When the starter is to do it", "同一人重复办理时": "When the same person is to do it again",
  "超期提醒次数": "Reminders when overdue", "须设置办理期限；按期限的单位计算。": "Needs a limit of the task; counted in its unit.", "提醒间隔": "Between reminders",
  "每隔几个期限单位，不填为 1。": "In units of the limit; 1 if empty.", "提醒之后": "After the reminders", "转到环节": "Step to go to", "自动通过的答复": "Answers when approved by itself",
  '例如 ={decision: "approve"}。': 'Such as ={decision: "approve"}.', "自动不通过的答复": "Answers when rejected by itself", '例如 ={decision: "reject"}。': 'Such as ={decision: "reject"}.',
  "须写意见的结论": "Decisions that need an opinion", "结论字段的值，多个用空格分开，例如 reject。": "Values of the field of the decision, separated by spaces, such as reject.",
  "办理策略": "Policies", "按钮名称": "Names of buttons",
};

const processes = {
  "发起": "Start", "谁可以发起": "Who may start it",
  "后台作业": "Background jobs", "先后": "Order", "有人在等（缺省）": "Somebody waits (default)", "可以等": "Can wait",
  "批量生成、夜间汇总这样没有人在等结果的，选“可以等”，不挤占别的办件。": "For what nobody waits for, as a bulk issue or a nightly evaluation: it stands back behind other cases.",
  "岗位代码，多个用空格分开；applicant 为申请人网上发起。不填的，只能由其他流程调用。": "Codes of posts, separated by spaces; applicant for an application online. If empty, only other processes can call it.",
  "在哪个机构找岗位": "Agency whose posts do it",
  "给出机构代码的变量，如 =org（申请表单里选的机构）；不填则各机构的该岗位都能办。": "Variable with the agency's code, such as =org (chosen in the application); if empty, the post of any agency can do it.",
};

const services = {
  "服务主题": "Service", "主题": "Topic", "由系统或外部单位完成的操作，例如 letter.issue。": "What the system or another organisation does, such as letter.issue.", "失败后重试次数": "Retries after a failure",
  "不填为 8 次。": "8 if empty.", "调用决策": "Decision called", "决策标识": "Decision id", "决策在“决策”页编写。": "Decisions are written on the tab Decisions.", "结果存入变量": "Variable for the result",
  "调用子流程": "Process called", "子流程标识": "Process id", "带入全部变量": "Pass all variables in", "关闭后只带入“输入映射”中列出的变量。": "If off, only those of the input mapping.",
  "带回全部变量": "Take all variables back", "关闭后只带回“输出映射”中列出的变量。": "If off, only those of the output mapping.", "计算": "Script", "表达式": "Expression", "岗位": "Post", "岗位代码": "Code of the post",
  "本泳道内未另行指定的环节由这一岗位办理。": "This post does the steps of the lane that name nobody else.", "英文名称": "English name",
  "最新版本": "Latest version", "同一次部署的版本": "Version of the same deployment", "带版本标签的最新版本": "Latest version with a tag", "版本标签": "Version tag",
  "其他流程可以按标签调用这一版本。": "Other processes can call this version by its tag.", "版本": "Version",
};

const tasks = {
  "签收": "Claim", "抄送、传阅": "Copy and circulate", "可由此前环节的办理人指定": "May be named by those who did earlier steps", "可由发起人指定": "May be named by the starter",
  "他人签收、填写或发表意见后": "Once another claimed, filled in or gave an opinion", "他人打开查看后": "Once another opened it", "表单": "Form", "申请表单": "Application form",
  "表单在“表单”页编写，文件名即标识。": "Forms are written on the tab Forms; the name of the file is the id.", "添加岗位": "Add a post", "（选择岗位）": "(choose a post)", "办理人": "Who does it", "候选岗位": "Candidate posts",
  "岗位代码，多个用逗号分开；不填则由所在泳道的岗位办理。": "Codes of posts, separated by commas; if empty, the post of the lane.", "指定办理人": "Assignee", "指定到人时填登录名或表达式。": "Login or expression, for one person.",
  "候选人": "Candidates", "优先级": "Priority", "0 至 100，不填为 50。": "0 to 100; 50 if empty.", "办理期限": "Limit of the task", "期限名称": "Name of the limit", "例如：受理期限。": "For example: limit of acceptance.",
  "到期时间（表达式）": "Due at (expression)", "不按固定天数时填写，例如 =due_on。": "If it is no fixed number of days, such as =due_on.", "提醒时间（表达式）": "Reminder at (expression)",
  "回避": "Separation of duties", "子流程中的环节标识": "Ids of steps in sub-processes", "办理过所选环节的人，不得办理本环节。多个标识用空格分开。": "Who did a step ticked here may not do this one. Several ids are separated by spaces.",
  "另外允许的操作": "Other operations allowed", "何时起不能撤回": "Cannot be taken back", "等待征询答复时，本环节期限暂停": "The limit pauses while an inquiry is unanswered", "预先指定办理人": "Named beforehand",
};

const shown = {
  "系统中没有这一项，请核对。": "There is no such thing here: check it.", "{name}。{help}": "{name}. {help}",
  "关系图": "Diagram", "决策表": "Decision table", "函数": "Function", "本文件中的决策": "Decisions of this file", "{name}（{kind}）": "{name} ({kind})",
  "错": "Error", "注意": "Note", "{count} 件": "{count} cases", "，": ", ", "已办": "done", "当前环节": "current step", "退回过": "returned", "异常": "incident", "未经过": "not passed",
};

export const en = { ...approvals, ...clocks, ...copies, ...events, ...policies, ...processes, ...services, ...tasks, ...shown };
