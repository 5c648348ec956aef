"""Models whose extensions say too little or contradict themselves, and odd compensation."""

from tests.engine.invalid.making import (
    MULTI,
    A,
    E,
    F,
    M,
    N,
    S,
    T,
    X,
    boundary,
    line,
    message,
    p,
    put,
    row,
    sub,
    timer,
)

UNDO = "<compensateEventDefinition/>"
UNDONE = (
    N("userTask", "u", isForCompensation="true"),
    '<association id="x" sourceRef="b" targetRef="u" associationDirection="One"/>',
)


def approval(**attributes: str) -> str:
    written = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return X(f"<banli:approval {written}/>")


def clock(**attributes: str) -> bytes:
    written = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return put(X(f"<banli:clocks><banli:clock {written}/></banli:clocks>"))


def thrown(activity: str, *more: str) -> bytes:
    throw = N(
        "intermediateThrowEvent", "t", f'<compensateEventDefinition activityRef="{activity}"/>'
    )
    return p(S, A, throw, E, F("s", "a"), F("a", "t"), F("t", "e"), *more)


def due(**attributes: str) -> bytes:
    written = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    inner = timer("P1D").replace(
        "<timerEventDefinition>", f"<timerEventDefinition>{X(f'<banli:due {written}/>')}"
    )
    return line(boundary("b", "a", inner), N("endEvent", "z"), F("b", "z"))


APPROVALS = [
    row(
        "an approval of an unknown kind",
        "approval_incomplete",
        "a",
        put(approval(mode="most", people="=p")),
    ),
    row("an approval without people", "approval_incomplete", "a", put(approval(mode="all"))),
    row(
        "an approval by ratio that names none",
        "approval_incomplete",
        "a",
        put(approval(mode="ratio", people="=p")),
    ),
    row(
        "an approval that is repeated",
        "approval_and_loop",
        "a",
        put(approval(mode="all", people="=p") + MULTI),
    ),
]

CLOCKS = [
    row("a clock that does nothing", "clock_incomplete", "a", clock(limit="statutory")),
    row("a clock of no limit", "clock_incomplete", "a", clock(do="suspend")),
    row(
        "a clock that begins without an amount",
        "clock_incomplete",
        "a",
        clock(do="start", limit="statutory"),
    ),
    row(
        "a clock that is extended by nothing",
        "clock_incomplete",
        "a",
        clock(do="extend", limit="x"),
    ),
    row(
        "people chosen by somebody unknown",
        "chosen_by",
        "a",
        put(X('<banli:chosen by="anybody"/>')),
    ),
    row(
        "people chosen for a repeated task",
        "chosen_and_loop",
        "a",
        put(X('<banli:chosen by="starter"/>') + MULTI),
    ),
    row(
        "a copy for nobody",
        "copy_incomplete",
        "a",
        put(X('<banli:copies><banli:copy mustRead="true"/></banli:copies>')),
    ),
    row("a timer that follows no limit", "due_incomplete", "b", due(before="2")),
    row(
        "a timer that comes half a day before", "due_incomplete", "b", due(of="node", before="0.5")
    ),
]

NAMES = [
    row(
        "a message for the public with another purpose",
        "public_purpose",
        "c",
        p(
            S,
            N("intermediateCatchEvent", "c", X('<banli:public purpose="fun"/>') + message()),
            E,
            F("s", "c"),
            F("c", "e"),
            roots=M,
        ),
    ),
    row("a signal without a name", "signal_name", "sg", line(roots='<signal id="sg"/>')),
    row(
        "a start by a signal whose name is a variable",
        "signal_name",
        "s",
        p(
            N("startEvent", "s", '<signalEventDefinition signalRef="sg"/>'),
            A,
            E,
            F("s", "a"),
            F("a", "e"),
            roots='<signal id="sg" name="=region"/>',
        ),
    ),
    row(
        "a decision bound to a tag that is not written",
        "binding_type",
        "a",
        put(
            X('<zeebe:calledDecision decisionId="d" resultVariable="r" bindingType="versionTag"/>'),
            kind="businessRuleTask",
        ),
    ),
    row(
        "a form bound to what is not there",
        "binding_type",
        "a",
        put(X('<zeebe:formDefinition formId="f" bindingType="newest"/>')),
    ),
    row(
        "a decision of its deployment that is not in it",
        "binding_missing",
        "a",
        put(
            X('<zeebe:calledDecision decisionId="d" resultVariable="r" bindingType="deployment"/>'),
            kind="businessRuleTask",
        ),
    ),
]

COMPENSATION = [
    row(
        "an activity that is undone in two ways",
        "compensation_twice",
        "b2",
        line(
            boundary("b", "a", UNDO),
            *UNDONE,
            boundary("b2", "a", UNDO),
            N("userTask", "u2", isForCompensation="true"),
            '<association id="x2" sourceRef="b2" targetRef="u2" associationDirection="One"/>',
        ),
    ),
    row(
        "compensation of what cannot be undone",
        "compensation_nothing",
        "t",
        thrown("a"),
        severity="warning",
    ),
    row("compensation of what is not there", "reference_dangling", "t", thrown("nothing")),
    row(
        "a cancelled transaction that nobody hears of",
        "cancel_uncaught",
        "e2",
        p(
            S,
            sub(
                "tx",
                N("startEvent", "s2"),
                T("b"),
                N("endEvent", "e2", "<cancelEventDefinition/>"),
                F("s2", "b"),
                F("b", "e2"),
            ).replace("subProcess", "transaction"),
            E,
            F("s", "tx"),
            F("tx", "e"),
        ),
        severity="warning",
    ),
]
