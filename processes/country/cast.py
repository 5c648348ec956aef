"""Who acts in the stories: agencies by kind, officials by role, accounts of people who apply.

Invariant: it is read from the scratch copy once; whoever a story adds is forgotten with it if it is
not carried over.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from processes.casework import precedence
from processes.country.dice import Dice
from processes.country.people import Person
from processes.demo import loader
from processes.identity import identity
from processes.identity.identity import User
from processes.model.people import Org, UserAccount, UserRole
from processes.people import accounts
from processes.public import citizens

_SHOWN: Final = 6
_ISSUER: Final = "country"


class Cast:
    """Everybody there is, by what they may do."""

    def __init__(self, session: Session) -> None:
        self._users: dict[int, User] = {}
        self._groups: dict[str, list[int]] = defaultdict(list)
        self._orgs: dict[str, Org] = {}
        self._kinds: dict[str, list[str]] = defaultdict(list)
        for org in session.scalars(select(Org).order_by(Org.org_code)):
            self._orgs[org.org_code] = org
            self._kinds[org.kind].append(org.org_code)
        for number, login in session.execute(select(UserAccount.id, UserAccount.login)).tuples():
            self._groups[f"login:{login}"].append(number)
        held = select(UserRole.role, UserRole.org_code, UserRole.user_id)
        held = held.join(UserAccount, UserAccount.id == UserRole.user_id)
        for role, at, user in session.execute(held.order_by(UserAccount.login)).tuples():
            self._groups[f"{role}@{at}"].append(user)
            self._groups[role].append(user)
        # a unit that has to complete its data first does nothing else (E-29)
        self._unready = precedence.unready(session)
        self._shown = {one.get("org") for one in loader.cast()["users"]}
        self._hash = session.scalar(select(UserAccount.password_hash).limit(1)) or ""

    def org(self, code: str) -> Org:
        """An agency."""
        return self._orgs[code]

    def orgs(self, kinds: Sequence[str], *, holding: str = "", within: str = "") -> list[str]:
        """Agencies of some kinds; those where somebody holds a role, or of one province."""
        return [
            code
            for kind in kinds
            for code in self._kinds.get(kind, ())
            if code not in self._unready
            and (not holding or f"{holding}@{code}" in self._groups)
            and self._orgs[code].region_code.startswith(within[:2])
        ]

    def busy(self, code: str) -> int:
        """How much an agency has to do beside others: the demo's accounts find their desks full."""
        return Dice(code).between(2, 10) * (_SHOWN if code in self._shown else 1)

    def holders(self, candidate: str) -> list[int]:
        """Accounts of a candidate group (`role@org`, `role`) or user (`user:<id>`, `login:`)."""
        if candidate.startswith("user:"):
            return [int(candidate.removeprefix("user:"))]
        return self._groups.get(candidate, [])

    def user(self, session: Session, number: int) -> User:
        """An account as a user, read once."""
        if number not in self._users:
            self._users[number] = identity.user(session, number)
        return self._users[number]

    def enter(self, session: Session, person: Person, *, level: int) -> User:
        """Somebody of the public who comes by the unified identity."""
        claims = {
            "sub": person.id_no,
            "user_type": citizens.PERSON,
            "name": person.name,
            "id_no": person.id_no,
            "phone_number": person.phone,
            "level": level,
        }
        return citizens.enter(session, issuer=_ISSUER, claims=claims)

    def open_account(self, session: Session, person: Person) -> User:
        """An account of somebody who applies on the internet."""
        login = f"u{person.id_no[-8:].lower()}{person.id_no[2:6]}"
        found: Any = session.scalar(select(UserAccount).where(UserAccount.login == login))
        if found is None:
            found = accounts.create_user(
                session,
                login,
                name=person.name,
                org_code=None,
                id_no=person.id_no,
                kind="applicant",
            )
            found.password_hash = self._hash
            accounts.assign_role(session, found, "applicant", org_code="000001")
        return identity.user(session, found.id)
