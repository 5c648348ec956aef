"""The interface specification of the departments that exchange messages with us.

From their contracts, one source for both forms: tables in Chinese (`docs/interfaces.md`) and
OpenAPI 3.1.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters._shared.exchange import Contract
from adapters._shared.members import KINDS, Member, MessageType, ServiceType

_HEAD: Final = """# 接口规范：与外部单位交换的报文

由 `banli interfaces` 从适配器的约定生成，测试核对其为最新；OpenAPI 3.1 形式加 `--openapi`。

## 共同约定

- 双方各提供一个 HTTPS 地址，用 `POST` 发送 JSON（UTF-8）报文：本系统发往 `<单位地址>/messages`，
  单位发往 `<本系统地址>/api/channels/<通道>`。收到即以 202 应答，业务处理在其后进行。
- 信封五个成员：`message_id` 报文编号（发送方唯一，重发用同一编号，重复的不再处理）、
  `name` 报文名称、`correlation_key` 关联号、`sent_at` 发送时间、`body` 正文。
  正文重复关联号，两处须一致。
- 签名：每个请求都签名，见下“签名”。
- 金额和数一律写成文本（`"65000.00"`），日期 `2026-11-22`，时间带时区 `2026-11-22T14:05:00+08:00`。
- 即问即答的服务：`POST <单位地址>/services/<名称>`，信封为 `request_id`（同一编号须得到同一答复）、
  `name`、`body`，签名同上；答复 200，`request_id` 与请求相同，内容在 `body`，不能办理的以
  `refusal` 说明。
- 应答 4xx 表示报文有误，不再重发；超时、429 和 5xx 表示稍后重发（间隔递增，共 8 次，之后转
  人工处理）。

## 签名

随请求头发送：`X-Banli-Key-Id` 密钥编号、`X-Banli-Timestamp` 时间（UTC，
`2026-11-22T06:05:00Z`，相差不超过 5 分钟）、`X-Banli-Nonce` 一次性数（不超过 100 个字符）、
`X-Banli-Signature` 签名。签名覆盖整个请求，待签原文为以下八行，UTF-8，以换行（LF）相连，末尾
没有换行：

| 行 | 内容 |
|---|---|
| 1 算法 | `BANLI-HMAC-SHA256` 或 `BANLI-SM2-SM3`，按接口约定，不由请求自报 |
| 2 用途 | 请求是为什么发的，见下“用途”；应答为 `answer` |
| 3 方法 | `POST`、`PUT`、`GET` |
| 4 路径 | 约定地址之后的部分，如 `/messages`、`/api/channels/tax_prov/fetch` |
| 5 查询 | 问号之后的部分，没有的为空行；应答的这一行是所答请求的一次性数 |
| 6 时间 | 同 `X-Banli-Timestamp` |
| 7 一次性数 | 同 `X-Banli-Nonce` |
| 8 摘要 | 请求体原始字节的摘要，小写十六进制 |

- `BANLI-HMAC-SHA256`：双方共有的密钥，至少 16 字节；摘要为 SHA-256，签名为小写十六进制。
- `BANLI-SM2-SM3`（GB/T 32918）：双方各持私钥，互换公钥；签名者标识 `1234567812345678`，
  摘要为 SM3，签名为 DER 编码再作 Base64。

| 用途 | 方法、路径 | 请求体 |
|---|---|---|
| `message` 报文 | `POST /messages`，`POST /api/channels/<通道>` | 信封 |
| `fetch` 领取、`confirm` 确认收妥 | `POST /api/channels/<通道>/fetch`、`…/confirm` | JSON |
| `service` 即问即答 | `POST /services/<名称>` | 问 |
| `attachment` 附件：本系统向单位取申报附件 | `GET /attachments/<附件编号>` | 空 |
| `deposit` 存入：证照文件交给证照库 | `PUT /deposits/<电子证照标识>` | 文件 |
| `order` 签章委托 | `POST /orders` | 委托 |
| `document` 待签的和签好的文件 | `PUT`、`GET /orders/<编号>/document` | 文件，空 |
| `seals` 查询可用的印章 | `POST /seals` | JSON |
| `revocation` 吊销证书：`seal`、`since`、`reason`（RFC 5280） | `POST /revocations` | JSON |

用途、方法、路径、查询、时间、一次性数、请求体有一处与签名不符，或时间超出、一次性数用过的，
以 403 拒绝。向本系统发送报文的地址不带查询。

## 三种交换方式

由接入单位按条件选用，报文约定相同。

- **推送（push）**：双方都能提供地址。如上：本系统推送，单位回调。
- **领取（pull）**：单位不能提供地址。单位定时 `POST <本系统地址>/api/channels/<通道>/fetch`
  （`{"limit": 50}`），得到 `{"messages": [信封…]}`；收妥后 `POST …/confirm`
  （`{"message_ids": […]}`），5 分钟内未确认的再次给出；结果仍发往 `/api/channels/<通道>`。
  请求按上述方法签名，一次性数不得重复；应答由本系统同样签名。
- **文件交换（file）**：没有接口的市县。任务包、结果包各为一个 ZIP：
  - `manifest.json` 清单：`package_no` 包号、`channel` 通道、`made_at` 制作时间、`messages` 列表，
    每项 `file`、`message_id`、`name`、`correlation_key`、`sha256`；
    本系统制作的任务包，包号中有市县的机构代码的，只含发给该单位的报文；
  - `manifest.seal` 封签：对 `file`、换行、清单原文的签名，算法、编码同上；
  - `messages/` 下每份报文一个文件，内容是信封。

  清单、摘要、封签有一处不符，整包退回；否则逐份接收，给出回执（`receipt.json`、
  `receipt.seal`），逐份写明 `result`：`taken` 已接收、`waiting` 已收下但没有办件在等待、
  `duplicate` 重复、`refused` 被拒绝，后者和没有办件等待的另有 `reason`。
"""

_HEADERS: Final = {
    "X-Banli-Key-Id": "密钥编号",
    "X-Banli-Timestamp": "时间（UTC），相差不超过 5 分钟",
    "X-Banli-Nonce": "一次性数",
    "X-Banli-Signature": (
        "对算法、用途、方法、路径、查询、时间、一次性数、请求体摘要八行的签名："
        "HMAC-SHA256（十六进制），或 SM2-SM3（DER，Base64）"
    ),
}
_SIGNED: Final = {
    name.removeprefix("X-Banli-"): {
        "name": name,
        "in": "header",
        "required": True,
        "description": told,
        "schema": {"type": "string"},
    }
    for name, told in _HEADERS.items()
}
_SIGNATURE: Final = [{"$ref": f"#/components/parameters/{name}"} for name in _SIGNED]


def document(contracts: Sequence[Contract]) -> str:
    """The tables of every department, as Markdown."""
    return "\n".join([_HEAD, *(line for one in contracts for line in _department(one))]) + "\n"


@dataclass(frozen=True, slots=True)
class Section:
    """One message or service of a department, as both the Markdown and the product's page tell it.

    `tables` are by the sentence before them; a row is member, meaning, kind, whether it is needed.
    """

    way: str
    name: str
    title: str
    notes: tuple[str, ...]
    tables: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...]
    after: str = ""


def sections(contract: Contract) -> Iterator[Section]:
    """What a department sends, is sent and is asked, in this order."""
    for way, told in (("本系统收到", contract.inward), ("本系统发出", contract.outward)):
        for name, message in told.items():
            key = contract.key_of(message)
            notes = [f"关联号：`{key.name}` {key.title}。"]
            if message.packed_for:
                notes.append(f"只以报文包发出，每个单位（`{message.packed_for}`）一个任务包。")
            rows = tuple(_rows((key, *message.members), ""))
            yield Section(way, name, message.title, tuple(notes), (("", rows),))
    for topic, service in contract.services.items():
        address = f"地址：`<单位地址>/services/{topic.partition('.')[2]}`。请求："
        refusals = "；".join(f"`{code}` {why}" for code, why in service.refusals.items())
        yield Section(
            "即问即答",
            topic,
            service.title,
            (),
            (
                (address, tuple(_rows(service.asked, ""))),
                ("答复：", tuple(_rows(service.answered, ""))),
            ),
            f"不能办理时以 `refusal`（`code`、`reason`）答复：{refusals}。" if refusals else "",
        )


def _department(contract: Contract) -> Iterator[str]:
    yield from (f"## {contract.title}（`{contract.channel}`）", "")
    for one in sections(contract):
        yield from (f"### {one.way}：`{one.name}` {one.title}", "")
        for text in one.notes:
            yield from (text, "")
        for lead, rows in one.tables:
            yield from ((lead, "") if lead else ())
            yield "| 成员 | 含义 | 类型 | 必填 |"
            yield "|---|---|---|---|"
            yield from (f"| `{row[0]}` | {row[1]} | {row[2]} | {row[3]} |" for row in rows)
            yield ""
        yield from ((one.after, "") if one.after else ())


def _rows(members: Iterable[Member], within: str) -> Iterator[tuple[str, str, str, str]]:
    for member in members:
        kind, needed = KINDS[member.kind].title, "是" if member.required else ""
        title = member.title + _values(member) + ("（没有这个机构的拒收）" if member.agency else "")
        yield f"{within}{member.name}", title, kind, needed
        end = "[]." if member.kind == "list" else "."
        yield from _rows(member.parts, f"{within}{member.name}{end}")


def _values(member: Member) -> str:
    told = "、".join(f"`{code}` {title}" for code, title in member.values.items())
    return f"：{told}" if told else ""


def openapi(contracts: Sequence[Contract]) -> dict[str, Any]:
    """The same as OpenAPI 3.1: our callbacks as paths, the departments' as webhooks."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "办理 Banli 外部单位接口规范", "version": "2"},
        "components": {"parameters": _SIGNED},
        "paths": {
            **{
                f"/api/channels/{one.channel}": {
                    "post": _operation(one, one.inward, "向本系统发送报文")
                }
                for one in contracts
                if one.inward
            },
            **{
                f"/api/channels/{one.channel}/{what}": {"post": made(one)}
                for one in contracts
                if one.outward
                for what, made in (("fetch", _fetch), ("confirm", _confirm))
            },
        },
        "webhooks": {
            **{
                f"{one.channel}.messages": {"post": _operation(one, _posted(one), "本系统发送报文")}
                for one in contracts
                if one.outward
            },
            **{
                topic: {"post": _service(one, topic, service)}
                for one in contracts
                for topic, service in one.services.items()
            },
        },
    }


def _operation(contract: Contract, told: Mapping[str, MessageType], summary: str) -> dict[str, Any]:
    bodies = [_envelope(contract, name, message) for name, message in told.items()]
    return {
        "summary": f"{contract.title}：{summary}",
        "operationId": f"{contract.channel}_{'in' if told is contract.inward else 'out'}",
        "parameters": _SIGNATURE,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"oneOf": bodies}}},
        },
        "responses": {
            "202": {"description": "已收到；重复的报文不再处理"},
            "403": {"description": "签名、时间、名称或正文不符合约定"},
        },
    }


def _posted(contract: Contract) -> Mapping[str, MessageType]:
    """The messages that go over the line; the others go out in packages."""
    return {name: told for name, told in contract.outward.items() if not told.packed_for}


def _fetch(contract: Contract) -> dict[str, Any]:
    messages = [_envelope(contract, name, told) for name, told in _posted(contract).items()]
    limit = {"limit": {"type": "integer", "minimum": 1, "maximum": 50}}
    given = {"messages": {"type": "array", "items": {"oneOf": messages}}}
    return _asked(contract, "fetch", "领取发给本单位的报文", _object(limit, []), given)


def _confirm(contract: Contract) -> dict[str, Any]:
    ids = {"type": "array", "maxItems": 50, "items": {"type": "string"}}
    asked = _object({"message_ids": ids}, ["message_ids"])
    return _asked(contract, "confirm", "确认领取的报文已收妥", asked, {"confirmed": ids})


def _asked(
    contract: Contract, what: str, summary: str, asked: dict[str, Any], given: dict[str, Any]
) -> dict[str, Any]:
    return {
        "summary": f"{contract.title}：{summary}",
        "operationId": f"{contract.channel}_{what}",
        "parameters": _SIGNATURE,
        "requestBody": {"required": True, "content": {"application/json": {"schema": asked}}},
        "responses": {
            "200": {
                "description": "应答由本系统签名",
                "content": {"application/json": {"schema": _object(given, [*given])}},
            },
            "403": {"description": "签名、时间不符合约定，或一次性数已用过"},
        },
    }


def _service(contract: Contract, topic: str, service: ServiceType) -> dict[str, Any]:
    asked = {
        "request_id": {"type": "string", "maxLength": 200},
        "name": {"const": topic},
        "body": _body(service.asked),
    }
    refusal = {"code": {"enum": [*service.refusals]}, "reason": {"type": "string"}}
    answered = {
        "request_id": {"type": "string"},
        "body": _body(service.answered),
        "refusal": {"type": "object", "required": ["code"], "properties": refusal},
    }
    return {
        "summary": f"{contract.title}：{service.title}",
        "operationId": topic.replace(".", "_"),
        "parameters": _SIGNATURE,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _object(asked, ["request_id", "body"])}},
        },
        "responses": {
            "200": {
                "description": "答复，或以 refusal 说明为何不能办理",
                "content": {"application/json": {"schema": _object(answered, ["request_id"])}},
            },
            "422": {"description": "签名或请求有误"},
        },
    }


def _envelope(contract: Contract, name: str, message: MessageType) -> dict[str, Any]:
    members = {
        "message_id": {"type": "string", "maxLength": 200},
        "name": {"const": name},
        "correlation_key": {"type": "string", "maxLength": 200},
        "sent_at": {"type": "string", "format": "date-time"},
        "body": _body((contract.key_of(message), *message.members)),
    }
    needed = ["message_id", "name", "correlation_key", "body"]
    return {"title": message.title, **_object(members, needed)}


def _body(members: Iterable[Member]) -> dict[str, Any]:
    members = tuple(members)
    needed = [one.name for one in members if one.required]
    return _object({one.name: _schema(one) for one in members}, needed)


def _object(properties: Mapping[str, Any], required: Sequence[str]) -> dict[str, Any]:
    return {"type": "object", "required": [*required], "properties": {**properties}}


def _schema(member: Member) -> dict[str, Any]:
    told = {**KINDS[member.kind].schema, "description": member.title}
    if member.values:
        told["description"] += "：" + "、".join(f"{c} {t}" for c, t in member.values.items())
    if not member.parts:
        return told
    # parts are told, not checked: none is required
    parts = {"type": "object", "properties": {one.name: _schema(one) for one in member.parts}}
    return {**told, "items": parts} if member.kind == "list" else {**told, **parts}
