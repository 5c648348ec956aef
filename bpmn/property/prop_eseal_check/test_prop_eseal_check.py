"""电子印章核对: the ledger of seals follows the seal system (P-67)."""

from datetime import timedelta

from adapters._shared.seals import SealInfo
from bpmn.property import seals, story
from engine import clock
from processes.play import Play, PlayedCase


class Kept(seals.DeskSeals):
    """A seal system whose list the test writes."""

    listed: tuple[SealInfo, ...] = ()

    def kept(self) -> tuple[SealInfo, ...]:
        return self.listed


def info(state: str = "in_use", *, days: int = 400) -> SealInfo:
    day = clock.today()
    return SealInfo(
        "PR610100",
        "西安市不动产登记局登记专用章",
        "西安市不动产登记局",
        day - timedelta(days=30),
        day + timedelta(days=days),
        state,
    )


def checked(play: Play, *listed: SealInfo) -> PlayedCase:
    desk = Kept()
    desk.listed = listed
    play.employ(seals.SealListWorker("eseal.seals", desk))
    return play.apply("prop_eseal_check", as_="prop_ecert")


def test_the_seals_of_the_system_are_in_the_ledger(play: Play) -> None:
    case = checked(play, info())
    assert (case.ended, case.row.outcome) == ("done", "checked")
    kept = story.record(play, "eseal", "PR610100")
    assert (kept["status"], kept["holder"]) == ("in_use", "西安市不动产登记局")
    assert story.notices_of(play, "prop_ecert") == []


def test_a_seal_that_was_stopped_is_stopped_here_too_and_somebody_is_told(play: Play) -> None:
    checked(play, info())
    checked(play, info("stopped"))
    assert story.record(play, "eseal", "PR610100")["status"] == "stopped"
    assert story.notices_of(play, "prop_ecert")[0] == "电子印章需要处理"
    checked(play, info())
    assert story.record(play, "eseal", "PR610100")["status"] == "in_use"


def test_a_seal_that_was_revoked_is_so_here_too_until_it_has_a_new_certificate(play: Play) -> None:
    checked(play, info())
    checked(play, info("revoked"))
    assert story.record(play, "eseal", "PR610100")["status"] == "revoked"
    assert story.notices_of(play, "prop_ecert")[0] == "电子印章需要处理"
    checked(play, info())
    assert story.record(play, "eseal", "PR610100")["status"] == "in_use"


def test_a_certificate_that_runs_out_within_thirty_days_is_told(play: Play) -> None:
    checked(play, info(days=20))
    assert story.notices_of(play, "prop_ecert") == ["电子印章需要处理"]
