"""One measured line and the table of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Line:
    """`value` is a ratio; at least (or, with `most`, at most) `bar`; None: only told."""

    what: str
    value: float
    bar: float | None
    figures: str
    most: bool = False

    @property
    def met(self) -> bool:
        """Whether the bar is met."""
        if self.bar is None:
            return True
        return self.value <= self.bar if self.most else self.value >= self.bar


def table(lines: Sequence[Line]) -> str:
    """Markdown."""
    rows = ["| 项目 | 测得 | 标准 | 达标 | 数值 |", "|---|---|---|---|---|"]
    for line in lines:
        bar = "—" if line.bar is None else f"{'≤' if line.most else '≥'} {line.bar:g}"
        met = "—" if line.bar is None else ("是" if line.met else "**否**")
        rows.append(f"| {line.what} | {line.value:.2f} | {bar} | {met} | {line.figures} |")
    return "\n".join(rows) + "\n"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of ratios of neighbouring blocks: what disturbs one disturbs both."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))
