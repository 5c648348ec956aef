"""The page of a simulated department: what it did lately, which fault it shows, how slow it is."""

import html
from typing import Any, Final
from urllib.parse import parse_qs

from adapters._simulators.faults import MODES
from adapters._simulators.simulator import Simulator

_CHANCES: Final = ("down", "duplicate", "late", "disorder", "wrong_answer", "bad_signature")
_STYLE: Final = (
    "body{font:14px/1.6 system-ui,sans-serif;max-width:64em;margin:1.5em auto;padding:0 1em;"
    "color:#1f2937}h1{font-size:20px}h2{font-size:15px;margin:1.5em 0 .5em}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #d7dce3;"
    "padding:.3em .6em;text-align:left}form{display:flex;flex-wrap:wrap;gap:.5em;align-items:end}"
    "label{display:grid;font-size:12px;color:#5b6676}input{width:6em;padding:.25em}"
    "button{padding:.35em .8em;border:1px solid #b8c0cc;border-radius:4px;background:#fff}"
    "button[disabled]{background:#1d4f91;color:#fff}.on{color:#b42318;font-weight:600}"
    ".wide{overflow-x:auto}"
)
_FILES: Final = (
    '<h2>以文件交换</h2><form method="post" action="package" enctype="multipart/form-data">'
    '<label>任务包（ZIP）<input name="package" type="file" accept=".zip" required '
    'style="width:auto"></label><button>办理并下载结果包</button></form>'
)


def told(form: str) -> dict[str, Any]:
    """What the form of the page says, a text for each name."""
    return {name: values[0] for name, values in parse_qs(form).items()}


def order(form: str) -> dict[str, Any]:
    """What the form of the page orders, as `Faults.switch` takes it."""
    said = told(form)
    asked: dict[str, Any] = {"mode": said.get("mode", "normal"), "rates": {}}
    if "latency" in said:
        asked["latency"] = float(said["latency"])
    for name in _CHANCES:
        if share := float(said.get(f"rate_{name}") or 0):
            asked["rates"][name] = share / 100
    return asked


def state(department: Simulator) -> dict[str, Any]:
    """The faults in force, for programs."""
    faults = department.faults
    here = {"title": department.title, "mode": faults.mode, "latency": str(faults.latency)}
    rates = {name: str(share) for name, share in faults.rates.items()}
    parts = {name: state(one) for name, one in department.parts.items()}
    return {**here, "rates": rates, **({"parts": parts} if parts else {})}


def of(department: Simulator, program: Simulator) -> str:
    """The page of one department, or the overview of a program that plays several."""
    content = _overview(department) if department.parts else _department(department)
    back = '<p><a href="/">全部单位</a></p>' if department is not program else ""
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{department.title}（模拟）</title><style>{_STYLE}</style>"
        f"<h1>{department.title}（模拟）</h1>{back}{content}</html>"
    )


def _overview(program: Simulator) -> str:
    rows = "".join(
        f'<tr><td><a href="/{name}/">{html.escape(one.title)}</a></td><td>{name}</td>'
        f"<td>{_standing(one)}</td><td>{one.faults.latency:g} 秒</td>"
        f"<td>{len(one.summary())}</td></tr>"
        for name, one in program.parts.items()
    )
    heads = "".join(f"<th>{one}</th>" for one in ("单位", "适配器", "状态", "时延", "最近请求"))
    return f'<div class="wide"><table><tr>{heads}</tr>{rows}</table></div>'


def _standing(department: Simulator) -> str:
    faults = department.faults
    by_chance = "、".join(f"{MODES[name]} {share:.0%}" for name, share in faults.rates.items())
    words = MODES[faults.mode] + (f"（{by_chance}）" if by_chance else "")
    calm = faults.mode == "normal" and not by_chance
    return words if calm else f'<span class="on">{words}</span>'


def _department(department: Simulator) -> str:
    faults = department.faults
    latency = f'<input type="hidden" name="latency" value="{faults.latency:g}">'
    modes = "".join(
        f'<button name="mode" value="{mode}"{" disabled" if mode == faults.mode else ""}>'
        f"{label}</button>"
        for mode, label in MODES.items()
    )
    chances = "".join(
        f'<label>{MODES[name]} %<input name="rate_{name}" type="number" min="0" max="100" '
        f'value="{100 * faults.rates.get(name, 0):.0f}"></label>'
        for name in _CHANCES
    )
    own = "".join(
        f'<button name="example" value="{n}">{html.escape(one.title)}</button>'
        for n, one in enumerate(department.examples())
    )
    sends = f'<h2>主动发送</h2><form method="post" action="_say">{own}</form>' if own else ""
    files = _FILES if department.takes_packages else ""
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row in department.summary()
    )
    return (
        f"<p>当前状态：{_standing(department)}</p>"
        f'<form method="post" action="_faults">{latency}{modes}</form>'
        "<h2>时延与偶发故障</h2>"
        '<form method="post" action="_faults"><label>时延（秒）<input name="latency" '
        f'type="number" step="0.01" min="0" value="{faults.latency:g}"></label>{chances}'
        '<button name="mode" value="normal">设定</button></form>'
        f'{sends}{files}<h2>最近的请求</h2><div class="wide"><table>{rows}</table></div>'
    )
