"""The interface specification in the product: what a department sends, is sent and is asked.

Invariant: one source with `banli interfaces` (`adapters._shared.specification`), the contracts of
the adapters, so that what is handed to a department is what this program checks.
"""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from flask import render_template, send_file
from flask.typing import ResponseReturnValue

from adapters import registry
from adapters._shared import specification
from adapters._shared.exchange import Contract
from processes.identity.roles import Action
from web import wiring
from web.admin.interfaces import blueprint
from web.auth import policy
from web.words import N_

KINDS: Final[Mapping[str, tuple[str, str, Callable[[Sequence[Contract]], str]]]] = {
    "md": ("text/markdown", "接口规范.md", specification.document),
    "json": (
        "application/json",
        "接口规范.openapi.json",
        lambda told: json.dumps(specification.openapi(told), ensure_ascii=False, indent=2),
    ),
}
"""Type, name and maker of a file; the names are Chinese as what is in them."""
HEADINGS: Final = (N_("成员"), N_("含义"), N_("类型"), N_("必填"))
WAYS: Final = {
    "本系统收到": N_("本系统收到"),
    "本系统发出": N_("本系统发出"),
    "即问即答": N_("即问即答"),
}
"""The words of the specification that the page has in English too."""


@blueprint.get("/specification.<any(md, json):kind>")
@policy("staff", Action.OPERATE_EXCHANGE)
def specification_file(kind: str) -> ResponseReturnValue:
    """The specification of all departments, to be handed to them."""
    mimetype, title, make = KINDS[kind]
    content = io.BytesIO(make(registry.contracts()).encode())
    return send_file(content, mimetype=mimetype, as_attachment=True, download_name=title)


@blueprint.get("/<name>/contract")
@policy("staff", Action.OPERATE_EXCHANGE)
def contract(name: str) -> ResponseReturnValue:
    """What is exchanged with one department, member by member."""
    interface = wiring.directory().get(name)
    agreed = next((told for told in registry.contracts() if told.channel == name), None)
    return render_template(
        "admin/interface_contract.html",
        interface=interface,
        headings=HEADINGS,
        ways=WAYS,
        sections=[] if agreed is None else list(specification.sections(agreed)),
    )
