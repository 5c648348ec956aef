"""`banli user`: open accounts, give roles, set passwords, make API tokens.

Invariant: a password is read from the terminal or standard input, never from the command line.
"""

from datetime import timedelta

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from processes.demo import loader
from processes.identity import audit, tokens
from processes.model.people import UserAccount
from processes.people import accounts
from web.commands.opening import opened

_ACTOR = "cli"
_SCOPES = "api、worker:<主题>、message:<报文名>、signal:<信号名>、condition，可多次。"


@click.group(help="账号：开户、授角色、改口令、发接口令牌。")
def user() -> None:
    """Commands on accounts."""


@user.command("list", help="列出全部账号。")
def show() -> None:
    with opened() as here, here.database.read_session() as session:
        for one in session.scalars(select(UserAccount).order_by(UserAccount.login)):
            click.echo(f"{one.login}\t{one.name}\t{one.org_code or '—'}\t{one.status}")


@user.command(help="开户；首次登录须改口令。")
@click.argument("login")
@click.option("--name", required=True, help="姓名或岗位。")
@click.option("--id-no", required=True, help="居民身份证号码。")
@click.option("--org", default=None, help="机构代码。")
@click.option("--applicant", is_flag=True, help="申请人账号（默认是工作人员）。")
@click.option("--role", "roles", multiple=True, help="角色@机构，可多次。")
@click.password_option(prompt="口令", confirmation_prompt="再输一次")
def add(  # noqa: PLR0913 - one option each
    login: str,
    *,
    name: str,
    id_no: str,
    org: str | None,
    applicant: bool,
    roles: tuple[str, ...],
    password: str,
) -> None:
    def command(session: Session) -> None:
        loader.load_roles(session)
        account = accounts.create_user(
            session,
            login,
            name=name,
            org_code=org,
            id_no=id_no,
            kind="applicant" if applicant else "staff",
        )
        accounts.set_password(session, account, password, must_change=True)
        for role in roles:
            _assign(session, account, role)
        audit.record(session, "user.created", by=_ACTOR, subject=("user", account.id))

    with opened() as here:
        here.database.run(command)
    click.echo(f"已开户：{login}")


@user.command(help="授予角色（角色@机构）。")
@click.argument("login")
@click.argument("role")
def grant(login: str, role: str) -> None:
    def command(session: Session) -> None:
        account = _account(session, login)
        _assign(session, account, role)
        audit.record(session, "role.assigned", by=_ACTOR, subject=("user", account.id), detail=role)

    with opened() as here:
        here.database.run(command)
    click.echo(f"已授予 {login} 角色 {role}")


@user.command(help="重设口令；下次登录须再改。")
@click.argument("login")
@click.password_option(prompt="新口令", confirmation_prompt="再输一次")
def password(login: str, password: str) -> None:
    def command(session: Session) -> None:
        account = _account(session, login)
        accounts.set_password(session, account, password, must_change=True)
        audit.record(session, "password.reset", by=_ACTOR, subject=("user", account.id))

    with opened() as here:
        here.database.run(command)
    click.echo(f"已重设 {login} 的口令")


@user.command(help="发一个接口令牌；只显示这一次。")
@click.argument("login")
@click.option("--scope", "scopes", multiple=True, default=("api",), help=_SCOPES)
@click.option("--days", default=90, show_default=True, help="有效天数，最长 366。")
@click.option("--label", default="", help="用途。")
def token(login: str, scopes: tuple[str, ...], days: int, label: str) -> None:
    def command(session: Session) -> str:
        account = _account(session, login)
        return tokens.issue(
            session,
            account.id,
            by=_ACTOR,
            scopes=scopes,
            label=label,
            valid_for=timedelta(days=days),
        )

    with opened() as here:
        click.echo(here.database.run(command))


def _account(session: Session, login: str) -> UserAccount:
    found = session.scalar(select(UserAccount).where(UserAccount.login == login.strip().lower()))
    if found is None:
        raise click.ClickException(f"没有账号“{login}”。")
    return found


def _assign(session: Session, account: UserAccount, role: str) -> None:
    code, at, org = role.partition("@")
    if not (code and at and org):
        raise click.ClickException(f"角色“{role}”应写成 角色@机构。")
    accounts.grant_role(session, account, code, org_code=org)
