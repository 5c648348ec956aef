"""What a story knows: its people, agencies and records, and what its cases said.

Invariant: facts are learnt in the order in which they are written, each from those before it.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from engine import clock
from processes import registers
from processes.country.dice import Dice
from processes.country.filling import said
from processes.country.habits import Prepared, Story
from processes.country.people import Person, credit_code, person
from processes.country.world import NothingThere, World
from processes.model.records import RegisterRecord

_KINDS = 1_000
_MOST = 40
"""People of one story at most."""


class Facts:
    """The facts of one story, by name."""

    def __init__(self, world: World, story: Story, number: int, on: date) -> None:
        self._world = world
        self._on = on
        kind = Dice("people", story.name).between(0, _KINDS - 1)
        self._first = 100_000_000 + (kind * 100_000 + number) * _MOST
        self.people: dict[str, Person] = {}
        self.known: dict[str, Any] = {"begun_on": on, "story_no": number, "papers": world.files}

    def now(self) -> dict[str, Any]:
        """What is known, with the day it is."""
        return {**self.known, "today": clock.today()}

    def learn(self, name: str, hint: Any, dice: Dice) -> None:
        """A person, an agency, a record of a ledger, serials, a credit code, or what a hint says.

        Raises:
            NothingThere: nothing fits.
        """
        if isinstance(hint, Mapping) and "person" in hint:
            self.known[name] = self._person(name, hint["person"], dice).told()
        elif isinstance(hint, Mapping) and "org" in hint:
            self._agency(name, hint, dice)
        elif isinstance(hint, Mapping) and "record" in hint:
            self.known[name] = self._record(hint, dice)
        elif isinstance(hint, Mapping) and "ranges" in hint:
            self.known[name] = self._ranges(hint)
        elif isinstance(hint, Mapping) and "credit_code" in hint:
            region = str(said(hint["credit_code"], self.known, dice))
            self.known[name] = credit_code(Dice("credit", self._first), region)
        else:
            self.known[name] = said(hint, self.known, dice)

    def prepare(self, told: Prepared, dice: Dice) -> None:
        """Enter a record that is there before the story begins."""
        with clock.travel(clock.now() - timedelta(days=dice.between(*told.before))):
            for index in range(1, dice.between(*told.times) + 1):
                self.known[told.id] = self._entered(told, {**self.now(), "index": index}, dice)

    def _entered(self, told: Prepared, context: Mapping[str, Any], dice: Dice) -> Any:
        values = {name: said(hint, context, dice) for name, hint in told.values.items()}
        trace = registers.Trace(by="demo", reason="演示数据")
        made = self._world.scratch.run(
            lambda session: registers.create(
                session, told.register, values, trace=trace, status=told.status
            )
        )
        return made.context()

    def _person(self, name: str, hint: Mapping[str, Any], dice: Dice) -> Person:
        wish = {key: said(one, self.known, dice) for key, one in hint.items()}
        low, high = wish.get("ages", (20, 58))
        found = person(
            self._first + len(self.people),
            on=self._on,
            region=str(wish.get("region") or ""),
            ages=(low, high),
        )
        self.people[name] = found
        return found

    def _agency(self, name: str, hint: Mapping[str, Any], dice: Dice) -> None:
        wish = {key: said(one, self.known, dice) for key, one in hint.items()}
        cast = self._world.cast
        among = cast.orgs(
            wish["org"], holding=wish.get("holding", ""), within=wish.get("within", "")
        )
        if not among:
            raise NothingThere(f"没有可选的机构 {hint}")
        org = cast.org(dice.weighed({code: cast.busy(code) for code in among}))
        self.known |= {
            name: org.org_code,
            f"{name}_name": org.name,
            f"{name}_region": org.region_code,
        }

    def _record(self, hint: Mapping[str, Any], dice: Dice) -> Any:
        """A record, or several (`number`), of those that fit."""
        where = said(hint.get("where", {}), self.known, dice)
        statuses = hint.get("statuses", ())
        found = self._world.scratch.look(
            lambda session: registers.find(
                session, hint["record"], where=where, statuses=statuses, limit=500
            )
        )
        if not found:
            raise NothingThere(f"台账没有可选的记录 {where}")
        if "number" not in hint:
            return dice.one(found).context()
        return [one.context() for one in dice.some(found, dice.between(*hint["number"]))]

    def _ranges(self, hint: Mapping[str, Any]) -> list[dict[str, str]]:
        """The serials of a stock as they lie in their boxes."""
        query = select(RegisterRecord.key).where(
            RegisterRecord.register == hint["ranges"],
            RegisterRecord.status.in_(hint["statuses"]),
        )
        serials = self._world.scratch.look(lambda session: sorted(session.scalars(query)))
        return [{"serial_from": one[0], "serial_to": one[-1]} for one in registers.ranges(serials)]
