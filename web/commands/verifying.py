"""`banli verify-document`: is a letter or certificate genuine, and its seals; as the page tells it.

Invariant: nothing personal is printed.
"""

from collections.abc import Iterator
from pathlib import Path

import click

from adapters._shared.seals import NATIONAL, OFD, Examined, Signature
from adapters._shared.standing import REVOKED, UNKNOWN, words
from engine import clock
from engine.errors import NotFound
from processes.documents import verification
from web.commands.opening import opened
from web.database import run
from web.verification import CHANGES, FAULTS, Finding, examined
from web.verification import UNKNOWN as UNTOLD


@click.command(
    name="verify-document",
    help="核验文书、证照：核验码，或 PDF、OFD 文件（连同电子签章）。有效返回 0，否则返回 1。",
)
@click.argument("document")
def verify_document(document: str) -> None:
    file = Path(document)
    with opened():
        try:
            if file.is_file():
                found = examined(file.read_bytes())
            else:
                found = Finding(run(verification.by_code, document))
        except NotFound as error:
            raise click.ClickException(f"{error.message}。") from error
    if found.form is not None:
        raise click.ClickException("这是审批单，请用 banli verify-form。")
    told = found.document
    if told is not None:
        click.echo(f"{told.title}  {told.number or '—'}  {told.agency}  {told.issued_on}")
    for one in found.seals.signatures if found.seals is not None else ():
        click.echo(_line(one))
    if found.seals is not None and found.seals.fault not in ("", "unsigned"):
        click.echo("\n".join(_wrong(found.seals)))
    if found.badge.tone != "green":
        raise click.ClickException(f"{found.badge.title}。")
    click.echo(f"核验通过：{found.badge.title}。")


def _wrong(seals: Examined) -> Iterator[str]:
    yield FAULTS[seals.fault]
    for change in seals.changes:
        yield CHANGES[change.kind] % {"name": change.name}


def _line(one: Signature) -> str:
    kind = {NATIONAL: "国密 SM2", OFD: "国密电子印章"}.get(one.kind, "PAdES")
    at = one.signed_at.astimezone(clock.SHANGHAI) if one.signed_at is not None else None
    stamped = f"{at:%Y-%m-%d %H:%M:%S}" if at is not None else "没有可信的时间戳"
    good = "完好" if one.intact and one.trusted else "不可信"
    return f"签章（{kind}）：{one.signer}  {stamped}  {good}{_certificate(one)}"


def _certificate(one: Signature) -> str:
    standing, revoked = one.standing, one.revocation
    if standing is not None and standing.state == UNKNOWN:
        return f"  证书状态未查明（{UNTOLD[standing.why]}）"
    if revoked is None:
        return ""
    before = standing is not None and standing.state == REVOKED
    return f"  证书在签章之{'前' if before else '后'}{words(revoked)}"
