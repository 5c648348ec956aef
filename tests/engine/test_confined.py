"""A child process reads what strangers send, under bounds (rules 6, 8 and 42)."""

import threading
from datetime import timedelta

import pytest

from engine import confined, limits
from engine.confined import Exhausted
from processes.modelling import trying

HERE = "tests.engine.targets:"


def ask(name: str, *blobs: bytes, **options: object) -> object:
    return confined.run(HERE + name, *blobs, **options)


def test_a_call_gets_its_bytes_and_values_and_answers_with_values() -> None:
    assert ask("echo", b"one", b"", b"x" * (3 << 20), said="名") == {
        "sizes": [3, 0, 3 << 20],
        "said": "名",
    }


def test_the_child_is_kept_for_the_next_call_and_knows_nothing_of_us(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BANLI_SECRET_KEY", "not for the child")
    confined.close()
    first, second = ask("surroundings"), ask("surroundings")
    assert first == second, "one process"
    assert isinstance(first, dict)
    assert "BANLI_SECRET_KEY" not in first["env"]


@pytest.mark.parametrize("name", ["devour", "die"])
def test_what_takes_too_much_memory_or_kills_the_child_is_refused_and_the_next_call_works(
    name: str,
) -> None:
    with pytest.raises(Exhausted, match="内存超过限度"):
        ask(name)
    assert ask("echo") == {"sizes": []}


@pytest.mark.parametrize("name", ["spin", "sleep"])
def test_what_takes_too_long_is_refused_and_the_next_call_works(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask("echo")
    monkeypatch.setattr(limits, "CHILD_WALL", timedelta(seconds=0.5))
    with pytest.raises(Exhausted, match="时间超过限度"):
        ask(name)
    monkeypatch.undo()
    assert ask("echo") == {"sizes": []}


def test_one_child_stays_with_what_it_has_loaded_and_others_end_when_they_are_idle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    confined.close()
    monkeypatch.setattr(confined, "_IDLE", timedelta(seconds=0.1))
    begin = threading.Barrier(2)

    def call() -> None:
        begin.wait()
        ask("pause", seconds=0.5)

    threads = [threading.Thread(target=call) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    stays, ends = sorted(confined._resting, key=lambda child: not child.stays)
    assert (stays.stays, ends.stays) == (True, False)
    assert ends._process.wait(timeout=20) == 0, "it went to rest by itself"
    assert stays.runs
    confined.close()


def test_a_child_writes_no_file() -> None:
    assert ask("write") == "OSError"


def test_a_fault_of_the_function_is_told_and_ends_nothing() -> None:
    before = ask("surroundings")
    with pytest.raises(RuntimeError, match="KeyError: 'reason'"):
        ask("fail")
    assert ask("surroundings") == before


def test_as_many_calls_at_once_as_there_are_children_and_the_others_wait() -> None:
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda at=at: found.append(ask("echo", at=at))) for at in range(6)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(one["at"] for one in found) == list(range(6))  # type: ignore[index]
    assert len(confined._resting) <= limits.CHILDREN


def test_where_all_are_busy_for_long_the_caller_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "_places", threading.BoundedSemaphore(1))
    monkeypatch.setattr(limits, "CHILD_WALL", timedelta(seconds=0.1))
    with confined._places, pytest.raises(Exhausted, match="稍后再试"):
        ask("echo")


def test_a_child_is_made_ready_in_the_background_for_whoever_comes_first() -> None:
    confined.close()
    confined.warm(HERE + "surroundings", timedelta()).join()
    (child,) = confined._resting
    assert (child.alive, child.calls) == (True, 1)
    confined.warm(HERE + "fail", timedelta()).join()  # left to whoever comes first
    timer = confined.warm(HERE + "surroundings", timedelta(hours=1))
    timer.cancel()
    assert timer.daemon


def test_the_child_is_ready_for_models_once_it_was_warmed() -> None:
    confined.close()
    trying.warm(timedelta()).join()
    (child,) = confined._resting
    assert child._loaded == {"processes.modelling.trying"}
