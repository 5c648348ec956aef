"""Every element of BPMN 2.0.2 and what becomes of it: executed, documentation, or refused by name.

The one table behind the parser's refusals, the check's messages and the page on conformance.
Source: BPMN 2.0.2 (formal/2013-12-09), Semantic.xsd.
Invariant: each element of the schema has one row; a test walks the schema and tries each one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Status = Literal["executed", "documentation", "refused"]


@dataclass(frozen=True, slots=True)
class Construct:
    """One element: local name, group, what becomes of it, Chinese name, and the reason or use."""

    name: str
    group: str
    status: Status
    zh: str
    reason: str = ""


_TABLE: Final = """
活动
  task                         executed      任务 抽象任务，经过即完成
  userTask                     executed      用户任务
  manualTask                   executed      手工任务 经过即完成
  serviceTask                  executed      服务任务
  scriptTask                   executed      脚本任务 FEEL 表达式
  businessRuleTask             executed      业务规则任务
  sendTask                     executed      发送任务
  receiveTask                  executed      接收任务
  callActivity                 executed      调用活动
  subProcess                   executed      子流程
  transaction                  executed       事务子流程 取消时补偿
  adHocSubProcess              executed       特别（ad-hoc）子流程
  multiInstanceLoopCharacteristics executed      多实例
  standardLoopCharacteristics  executed       标准循环
  loopCardinality              executed      多实例次数
  completionCondition          executed      完成条件
  loopCondition                executed       循环条件
  loopDataInputRef             refused       多实例输入引用 请用多实例扩展 inputCollection
  loopDataOutputRef            refused       多实例输出引用 请用多实例扩展 outputCollection
  inputDataItem                refused       多实例输入项 请用多实例扩展 inputElement
  outputDataItem               refused       多实例输出项 请用多实例扩展 outputElement
  complexBehaviorDefinition    executed      多实例复杂行为 完成时按条件抛出事件
  script                       refused       脚本 不执行脚本语言，请用 zeebe:script 中的 FEEL
网关
  exclusiveGateway             executed      排他网关
  parallelGateway              executed      并行网关
  inclusiveGateway             executed      包容网关
  eventBasedGateway            executed      事件网关
  complexGateway               executed       复杂网关
  activationCondition          executed       激活条件
事件
  startEvent                   executed      开始事件
  endEvent                     executed      结束事件
  intermediateCatchEvent       executed      中间捕获事件
  intermediateThrowEvent       executed      中间抛出事件
  boundaryEvent                executed      边界事件
  implicitThrowEvent           refused       隐式抛出事件 写作复杂行为中的 event
  messageEventDefinition       executed      消息事件
  timerEventDefinition         executed      定时事件
  errorEventDefinition         executed      错误事件
  terminateEventDefinition     executed      终止事件
  signalEventDefinition        executed      信号事件 广播给所有等待者
  escalationEventDefinition    executed      升级事件
  conditionalEventDefinition   executed      条件事件 变量变化时重新判断
  compensateEventDefinition    executed       补偿事件
  cancelEventDefinition        executed       取消事件
  linkEventDefinition          executed      链接事件 同一层内成对
  eventDefinitionRef           refused       引用的事件定义 请把事件定义写在事件内
  timeDate                     executed      定时日期
  timeDuration                 executed      定时时长
  timeCycle                    executed      定时周期
  condition                    executed      条件 条件事件的 FEEL 条件
  source                       executed      链接来源 与链接名称核对
  target                       executed      链接目标 与链接名称核对
  operationRef                 refused       操作引用 实现由 zeebe:taskDefinition 指明
流
  process                      executed      流程
  sequenceFlow                 executed      顺序流
  conditionExpression          executed      条件
  incoming                     executed      进入的顺序流 与顺序流核对
  outgoing                     executed      离开的顺序流 与顺序流核对
  laneSet                      executed      泳道集
  childLaneSet                 executed      下级泳道集
  lane                         executed      泳道 泳道标识即岗位
  flowNodeRef                  executed      泳道中的节点
  partitionElement             refused       分区元素 岗位由泳道标识指明
  expression                   refused       表达式 须写成具体位置的表达式
  formalExpression             refused       形式表达式 须写成具体位置的表达式
根元素
  definitions                  executed      文件
  message                      executed      消息
  error                        executed      错误
  signal                       executed      信号
  escalation                   executed      升级
  itemDefinition               documentation 数据类型 类型由 FEEL 与表单核对
  import                       refused       导入 每个文件须自成一体
  extension                    documentation 扩展声明 mustUnderstand 为 true 时拒绝
  relationship                 documentation 关系
  extensionElements            executed      扩展元素 逐个核对，不认识的拒绝
  documentation                documentation 说明
  interface                    documentation 接口 声明；实现由 zeebe:taskDefinition 指明
  operation                    documentation 操作 声明
  inMessageRef                 documentation 操作的请求消息 声明
  outMessageRef                documentation 操作的应答消息 声明
  errorRef                     documentation 操作的错误 声明
  endPoint                     documentation 端点 声明
  endPointRef                  documentation 端点引用 声明
  interfaceRef                 documentation 参与者的接口 声明
  resource                     documentation 资源 声明；办理人由 zeebe:assignmentDefinition 指明
  resourceParameter            documentation 资源参数 声明
  category                     documentation 类别
  categoryValue                documentation 类别值
  auditing                     documentation 审计 标准未规定内容
  monitoring                   documentation 监控 标准未规定内容
  rendering                    refused       展现方式 界面由表单定义
  globalTask                   refused       全局任务 请用可调用的流程
  globalUserTask               refused       全局用户任务 请用可调用的流程
  globalManualTask             refused       全局手工任务 请用可调用的流程
  globalScriptTask             refused       全局脚本任务 请用可调用的流程
  globalBusinessRuleTask       refused       全局业务规则任务 请用可调用的流程
数据
  dataObject                   documentation 数据对象 由同名变量承载
  dataObjectReference          documentation 数据对象引用 由同名变量承载
  dataState                    documentation 数据状态
  dataStore                    documentation 数据存储 流程之外的存储，读写用服务任务
  dataStoreReference           documentation 数据存储引用 流程之外的存储，读写用服务任务
  property                     executed      数据属性 活动自己的变量
  ioSpecification              executed      输入输出规格 声明数据输入与输出
  ioBinding                    refused       输入输出绑定 请用 zeebe:ioMapping
  dataInput                    executed      数据输入 活动里的变量
  dataOutput                   executed      数据输出 活动里的变量
  inputSet                     executed      输入集 只能有一个
  outputSet                    executed      输出集 只能有一个
  dataInputRefs                executed      输入集的数据
  dataOutputRefs               executed      输出集的数据
  optionalInputRefs            executed      可选输入 没有时为空
  optionalOutputRefs           executed      可选输出 没有时为空
  whileExecutingInputRefs      refused       执行中输入 数据只在开始时取
  whileExecutingOutputRefs     refused       执行中输出 数据只在完成时给
  inputSetRefs                 executed      输入集引用
  outputSetRefs                executed      输出集引用
  dataInputAssociation         executed      数据输入关联 输入映射
  dataOutputAssociation        executed      数据输出关联 输出映射
  dataAssociation              refused       数据关联 抽象元素
  sourceRef                    executed      数据来源
  targetRef                    executed      数据去向
  transformation               executed      数据转换 FEEL
  assignment                   executed      数据赋值 FEEL
  from                         executed      赋值来源
  to                           executed      赋值去向 变量名
人员
  resourceRole                 refused       资源角色 请用 zeebe:assignmentDefinition
  performer                    refused       执行人 请用 zeebe:assignmentDefinition
  humanPerformer               refused       处理人 请用 zeebe:assignmentDefinition
  potentialOwner               refused       潜在处理人 请用 zeebe:assignmentDefinition
  resourceRef                  refused       资源引用 请用 zeebe:assignmentDefinition
  resourceParameterBinding     refused       资源参数绑定 请用 zeebe:assignmentDefinition
  resourceAssignmentExpression refused       资源分配表达式 请用 zeebe:assignmentDefinition
图示
  textAnnotation               documentation 文字注释
  text                         documentation 注释文字
  association                  documentation 关联 补偿边界事件以它指向补偿活动
  group                        documentation 分组
  categoryValueRef             documentation 类别值引用
协作
  collaboration                documentation 协作图 谁与谁往来；消息由消息事件收发
  participant                  documentation 池
  messageFlow                  documentation 消息流 核对两端；消息由消息事件收发
  partnerEntity                documentation 伙伴机构 声明
  partnerRole                  documentation 伙伴角色 声明
  participantRef               documentation 参与者引用 声明
  participantMultiplicity      refused       多重参与者 暂不执行
  participantAssociation       refused       参与者对应 不执行会话与编排
  innerParticipantRef          refused       内部参与者 不执行会话与编排
  outerParticipantRef          refused       外部参与者 不执行会话与编排
  messageFlowAssociation       refused       消息流对应 不执行会话与编排
  messageFlowRef               refused       消息流引用 不执行会话与编排
  conversation                 refused       会话 不执行会话与编排
  subConversation              refused       子会话 不执行会话与编排
  callConversation             refused       调用会话 不执行会话与编排
  globalConversation           refused       全局会话 不执行会话与编排
  conversationNode             refused       会话节点 抽象元素
  conversationLink             refused       会话连接 不执行会话与编排
  conversationAssociation      refused       会话对应 不执行会话与编排
  correlationKey               refused       关联键 请用消息的 zeebe:subscription
  correlationProperty          refused       关联属性 请用消息的 zeebe:subscription
  correlationPropertyRef       refused       关联属性引用 请用消息的 zeebe:subscription
  correlationPropertyBinding   refused       关联属性绑定 请用消息的 zeebe:subscription
  correlationPropertyRetrievalExpression refused       关联属性取值 请用消息的 zeebe:subscription
  correlationSubscription      refused       关联订阅 请用消息的 zeebe:subscription
  messagePath                  refused       消息取值 请用消息的 zeebe:subscription
  dataPath                     refused       数据取值 请用消息的 zeebe:subscription
  supports                     refused       支持的流程 暂不执行
  supportedInterfaceRef        refused       接口引用 实现由 zeebe:taskDefinition 指明
编排
  choreography                 refused       编排 不执行会话与编排
  choreographyRef              refused       编排引用 不执行会话与编排
  choreographyTask             refused       编排任务 不执行会话与编排
  subChoreography              refused       编排子流程 不执行会话与编排
  callChoreography             refused       调用编排 不执行会话与编排
  globalChoreographyTask       refused       全局编排任务 不执行会话与编排
  choreographyActivity         refused       编排活动 抽象元素
抽象
  activity                     refused       活动 抽象元素
  artifact                     refused       制品 抽象元素
  baseElement                  refused       基本元素 抽象元素
  baseElementWithMixedContent  refused       混合基本元素 抽象元素
  callableElement              refused       可调用元素 抽象元素
  catchEvent                   refused       捕获事件 抽象元素
  event                        executed      事件 多实例复杂行为抛出的事件
  eventDefinition              refused       事件定义 抽象元素
  flowElement                  refused       流元素 抽象元素
  flowNode                     refused       流节点 抽象元素
  gateway                      refused       网关 抽象元素
  loopCharacteristics          refused       循环特性 抽象元素
  rootElement                  refused       根元素 抽象元素
  throwEvent                   refused       抛出事件 抽象元素
"""

_ATTRIBUTES: Final = """
  activityRef                  executed 补偿的活动
  attachedToRef                executed 依附的活动
  behavior                     executed 多实例完成时抛出事件的方式
  calledElement                executed 被调用的流程
  cancelActivity               executed 是否中断
  cancelRemainingInstances     executed 完成条件成立时是否取消其余
  default                      executed 默认流
  errorCode                    executed 错误代码
  errorRef                     executed 错误
  escalationCode               executed 升级代码
  escalationRef                executed 升级
  eventGatewayType             executed 排他或并行
  gatewayDirection             executed 与实际进出的顺序流核对
  instantiate                  executed 是否启动流程
  isExecutable                 executed 是否可执行
  isForCompensation            executed 是否只用于补偿
  isInterrupting               executed 是否中断
  isSequential                 executed 是否依次
  loopMaximum                  executed 循环上限
  messageRef                   executed 消息
  method                       executed 事务方式，只支持补偿
  noneBehaviorEventRef         executed 每个实例完成时抛出的事件
  oneBehaviorEventRef          executed 首个实例完成时抛出的事件
  ordering                     executed 依次或并行
  parallelMultiple             executed 全部发生才继续
  signalRef                    executed 信号
  sourceRef                    executed 来源
  startQuantity                executed 只支持 1
  completionQuantity           executed 只支持 1
  targetRef                    executed 去向
  testBefore                   executed 先判断后执行
  triggeredByEvent             executed 事件子流程
  waitForCompletion            executed 是否等待补偿完成
  language                     executed 只支持 FEEL
  expressionLanguage           executed 只支持 FEEL
  scriptFormat                 executed 只支持 FEEL
  definitionalCollaborationRef documentation 所属的协作图
  evaluatesToTypeRef           documentation 结果类型
  exporter                     documentation 制图工具
  exporterVersion              documentation 制图工具的版本
  implementation               documentation 技术名称；实现由扩展元素指明
  isClosed                     documentation 与外界有无往来
  isCollection                 documentation 是否集合
  isImmediate                  documentation 标准只用于不可执行的流程
  itemRef                      documentation 数据类型
  itemSubjectRef               documentation 数据类型
  partitionElementRef          documentation 泳道所指的对象
  processType                  documentation 公开或内部
  structureRef                 documentation 数据类型
  targetNamespace              documentation 名字空间
  typeLanguage                 documentation 类型语言
"""

_STATUSES: Final[Mapping[str, Status]] = {
    "executed": "executed",
    "documentation": "documentation",
    "refused": "refused",
}


def _rows() -> Iterator[Construct]:
    group = ""
    for line in _TABLE.strip().splitlines():
        if not line.startswith(" "):
            group = line
            continue
        name, status, zh, *reason = line.split(maxsplit=3)
        yield Construct(name, group, _STATUSES[status], zh, " ".join(reason))


CONSTRUCTS: Final[Mapping[str, Construct]] = {row.name: row for row in _rows()}
"""Local name → construct, in the order of the table."""


ATTRIBUTES: Final[Mapping[str, tuple[Status, str]]] = {
    name: (_STATUSES[status], zh)
    for name, status, zh in (line.split(maxsplit=2) for line in _ATTRIBUTES.strip().splitlines())
}
"""Attributes of executed elements, besides `id` and `name`; those that are not here are refused."""


def named(status: Status) -> dict[str, str]:
    """Local name → Chinese name of the elements with a status."""
    return {row.name: row.zh for row in CONSTRUCTS.values() if row.status == status}


def zh(name: str) -> str:
    """The Chinese name of an element; its own name if BPMN has no such element."""
    found = CONSTRUCTS.get(name)
    return found.zh if found else name


def refusal(name: str) -> str:
    """Why an element is refused, for people."""
    row = CONSTRUCTS[name]
    reason = f"：{row.reason}" if row.reason not in {"", "暂不执行"} else ""
    return f"不执行的构造：{row.zh}（{name}）{reason}"
