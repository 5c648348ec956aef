"""One measured line and the table of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Line:
    """`value` is a ratio; at least (or, with `most`, at most) `bar`; None: only told.

    `ceiling`: what the machine itself allows, measured in the same run. Where that is below the
    bar, the bar says nothing here and is judged by another line (ADR 7).
    """

    what: str
    value: float
    bar: float | None
    figures: str
    most: bool = False
    ceiling: float | None = None

    @property
    def judged(self) -> bool:
        """Whether there is a bar, and one that this machine could reach."""
        return self.bar is not None and (self.ceiling is None or self.ceiling >= self.bar)

    @property
    def met(self) -> bool:
        """Whether the bar is met, if it is judged."""
        if self.bar is None or not self.judged:
            return True
        return self.value <= self.bar if self.most else self.value >= self.bar


def table(lines: Sequence[Line]) -> str:
    """Markdown."""
    rows = ["| 项目 | 测得 | 标准 | 达标 | 数值 |", "|---|---|---|---|---|"]
    for line in lines:
        bar = "—" if line.bar is None else f"{'≤' if line.most else '≥'} {line.bar:g}"
        met = "—" if line.bar is None else _verdict(line)
        rows.append(f"| {line.what} | {line.value:.2f} | {bar} | {met} | {line.figures} |")
    return "\n".join(rows) + "\n"


def _verdict(line: Line) -> str:
    if not line.judged:
        return "不适用于本机磁盘"
    return "是" if line.met else "**否**"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of ratios of neighbouring blocks: what disturbs one disturbs both."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))
