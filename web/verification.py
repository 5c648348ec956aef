"""Where the code on a letter leads: is this document genuine, for anybody who holds the paper.

Invariant: shows what kind of document it is, its number, date, agency and status, of an approval
form also whether its opinions are as they were given, and nothing personal; what does not exist
looks like what was mistyped, and guessing is slowed down. A file is examined here, asks nobody
outside, and is not kept.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from adapters._shared.seals import Examined
from engine.errors import NotFound
from processes import keys
from processes.desk import printed_forms
from processes.documents import verification
from processes.documents.verification import Verified
from web import wiring
from web.auth import policy
from web.database import read_session, run
from web.display import Badge
from web.security import limiter
from web.words import N_, _

blueprint = Blueprint("verification", __name__, url_prefix="/verify")

STATUS: Final = {
    "issued": Badge(N_("有效"), "green"),
    "replaced": Badge(N_("已被替换"), "amber"),
    "revoked": Badge(N_("已撤销"), "red"),
}
FAULTS: Final = {
    "unreadable": N_("这不是可以识别的 PDF、OFD 文件。"),
    "unknown": N_("签章的种类无法识别，未能核验。"),
    "unsigned": N_("文件没有电子签章。"),
    "changed": N_("文件在签章之后被改动，签章无效。"),
    "untrusted": N_("签章证书不是受信任的机构颁发。"),
    "unstamped": N_("没有可信的时间戳。"),
    "costly": N_("文件内容异常，核验所需的时间或内存超过限度，未能核验。"),
    "unsupported": N_("文件有 SM2 签章，本系统没有安装国密组件，未能核验。"),
    "revoked": N_("签章时证书已被吊销，签章无效。"),
    "unchecked": N_("签章完好，但未能查明签章证书是否已被吊销，不能认定有效。"),
}
UNKNOWN: Final = {
    "unnamed": N_("证书没有写明吊销列表在何处"),
    "unreachable": N_("吊销列表现在无法取得"),
    "outdated": N_("吊销列表已过期，没有取得新的"),
    "foreign": N_("取得的不是证书颁发机构签发的吊销列表"),
    "expired": N_("证书已到期，现行吊销列表不再列出"),
}
"""Why nobody can tell whether a certificate is revoked."""
REASONS: Final = {
    "unspecified": N_("未说明原因"),
    "keyCompromise": N_("私钥泄露或者可能泄露"),
    "cACompromise": N_("认证机构私钥泄露"),
    "affiliationChanged": N_("单位信息变更"),
    "superseded": N_("已换发"),
    "cessationOfOperation": N_("停止使用"),
    "certificateHold": N_("暂停使用"),
    "privilegeWithdrawn": N_("撤销授权"),
    "aACompromise": N_("属性认证机构私钥泄露"),
}
CHANGES: Final = {
    "changed": N_("“%(name)s”在签章之后被改动。"),
    "added": N_("“%(name)s”是签章之后加入的。"),
    "missing": N_("“%(name)s”在签章之后被删除。"),
    "seal": N_("印章“%(name)s”与签章时的不是同一枚。"),
}
"""What was done to an OFD after it was sealed; `name` is the file in it."""
FILE_BYTES: Final = 20 << 20
T = TypeVar("T", str, bytes)
_UNTOLD: Final = ("costly", "unsupported", "unknown")
"""What leaves open whether the seals are good."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look found: a document, and for a file what its seals are worth."""

    document: Verified | None = None
    seals: Examined | None = None
    file_name: str = ""
    form: printed_forms.Checked | None = None

    @property
    def seals_hold(self) -> bool:
        """Whether nothing speaks against its seals: they are good, or there are none."""
        seals = self.seals
        if seals is None or seals.genuine:
            return True
        return not seals.signatures and seals.fault not in _UNTOLD

    @property
    def unchecked(self) -> bool:
        """Whether its seals are good as far as one can tell, but not whether they were revoked."""
        return self.seals is not None and self.seals.fault == "unchecked"

    @property
    def badge(self) -> Badge:
        """Whether it holds, in a word: a file only if its seal is good too."""
        if self.form is not None:
            whole = self.form.whole
            return Badge(N_("意见未改动"), "green") if whole else Badge(N_("意见有改动"), "red")
        if self.document is None:
            return Badge(N_("不是本系统签发的文件"), "red")
        if self.document.status == "issued" and self.unchecked:
            return Badge(N_("证书状态未查明"), "amber")
        if not self.seals_hold and not self.unchecked:
            known = self.seals is not None and self.seals.signatures
            text = N_("签章无效") if known else N_("签章未能核验")
            return Badge(text, "red" if known else "amber")
        return STATUS.get(self.document.status, Badge(N_("无效"), "red"))


@blueprint.get("")
@policy("public")
@limiter.limit("20 per minute")
def index() -> ResponseReturnValue:
    """Ask for a code that was printed, not scanned."""
    if code := request.args.get("code", "").strip()[:32]:
        return redirect(url_for("verification.show", code=code), code=303)
    return _page()


@blueprint.get("/<code>")
@policy("public")
@limiter.limit("20 per minute")
def show(code: str) -> ResponseReturnValue:
    """A letter or certificate, or a printed approval form."""
    try:
        form = printed(printed_forms.by_code, code[:32])
    except NotFound:
        return _found(verification.by_code, code[:32], code=code[:32])
    return _page(finding=Finding(form=form), code=form.code)


@blueprint.post("/holder")
@policy("public")
@limiter.limit("10 per minute")
def holder() -> ResponseReturnValue:
    """By number and holder; both go in the body, for neither belongs in an address."""
    number, name = (request.form.get(key, "")[:120] for key in ("number", "holder"))
    return _found(verification.by_holder, number, name, number=number, way="holder")


@blueprint.post("/file")
@policy("public")
@limiter.limit("6 per minute")
def file() -> ResponseReturnValue:
    given = request.files.get("file")
    content = given.stream.read(FILE_BYTES + 1) if given else b""
    if not content or len(content) > FILE_BYTES:
        text = _("请选择一个 PDF 或 OFD 文件，不超过 20 MB。")
        return _page(way="file", refused=text), 422
    found = examined(content)
    name = (given.filename or "")[:120] if given else ""
    return _page(way="file", finding=replace(found, file_name=name))


def examined(content: bytes) -> Finding:
    """What a file is worth: the bytes against what was issued, the seals against who is trusted."""
    try:
        return Finding(form=printed(printed_forms.by_file, content))
    except NotFound:
        pass  # no approval form: a letter, or nothing of ours
    try:
        document = run(verification.by_file, content)
    except NotFound:
        document = None
    keeper = wiring.seals()
    return Finding(document, keeper.examine(content) if keeper is not None else None)


def printed(look: Callable[[Session, T], printed_forms.Checked], told: T) -> printed_forms.Checked:
    """A printed approval form; unlike a look at a certificate, this one leaves no trace."""
    with read_session() as session:
        return look(session, told)


def _found(look: Callable[..., Verified], *told: str, **shown: Any) -> ResponseReturnValue:
    try:
        return _page(finding=Finding(run(look, *told)), **shown)
    except NotFound:
        return _page(missing=True, **shown), 404


def _page(**told: Any) -> str:
    blank = {"code": "", "number": "", "way": "code", "missing": False, "refused": ""}
    words = {"faults": FAULTS, "changes": CHANGES, "unknown": UNKNOWN, "reasons": REASONS}
    always = {**blank, **words, "finding": None, "public_key": keys.public_key()}
    return render_template("portal/verify.html", **{**always, **told})


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
