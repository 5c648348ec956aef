"""What becomes of a user task by itself: policies of people and of time (case-operations A.4)."""

from dataclasses import dataclass

from engine.expressions import Expression


@dataclass(frozen=True, slots=True)
class Policies:
    """`banli:policies`: what becomes of a task that nobody, its starter or the same person has.

    `empty`: approve, reject, person, managers or incident; `starter`: act, skip, superior or head;
    `repeated`: consecutive or any. `approve` and `reject` are the answers given by themselves.
    """

    empty: str = ""
    person: Expression | None = None
    starter: str = ""
    repeated: str = ""
    approve: Expression | None = None
    reject: Expression | None = None


@dataclass(frozen=True, slots=True)
class Timeout:
    """`banli:timeout`: what follows when the limit of a task is over, in the limit's own unit.

    `remind` times, `every` so many units; then approve, reject, superior, or jump `to` a node.
    """

    remind: int = 0
    every: int = 1
    then: str = ""
    to: str = ""
