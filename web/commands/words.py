"""The words of the command line itself (usage, options, wrong arguments), in Chinese.

click asks gettext, which looks for compiled catalogues by the locale of the machine; our commands
speak Chinese on every machine, so click gets its words from here. A word that is not here stays
as click has it; a test says which those may be.
"""

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Final

import click

WORDS: Final[Mapping[str, str]] = {
    "Usage:": "用法：",
    "Options": "选项",
    "Commands": "命令",
    "Positional arguments": "参数",
    "Show this message and exit.": "显示这份说明。",
    "Show the version and exit.": "显示版本号。",
    "%(prog)s, version %(version)s": "%(prog)s %(version)s",
    "default: {default}": "缺省：{default}",
    "env var: {var}": "环境变量：{var}",
    "(dynamic)": "（运行时确定）",
    "deprecated": "不再使用",
    "Error: {message}": "错误：{message}",
    "Aborted!": "已中止。",
    "Try '{command} {option}' for help.": "“{command} {option}”有说明。",
    "Missing command.": "没有写命令。",
    "Missing argument": "缺少参数",
    "Missing option": "缺少选项",
    "Missing parameter": "缺少参数",
    "Missing parameter: {param_name}": "缺少参数：{param_name}",
    "Missing {param_type}": "缺少{param_type}",
    "No such option {name!r}.": "没有选项“{name}”。",
    "No such command {name!r}.": "没有命令“{name}”。",
    "Did you mean {possibility}?": "是不是 {possibility}？",
    "(Did you mean one of: {possibilities}?)": "（是不是 {possibilities} 之一？）",
    "Invalid value: {message}": "值不正确：{message}",
    "Invalid value for {param_hint}: {message}": "{param_hint} 的值不正确：{message}",
    "Could not open file {filename!r}: {message}": "打不开文件“{filename}”：{message}",
    "unknown error": "原因不明",
    "Got unexpected extra argument ({args})": "多出了参数：{args}",
    "Got unexpected extra arguments ({args})": "多出了参数：{args}",
    "Takes {nargs} values but 1 was given.": "应有 {nargs} 个值，只给了 1 个。",
    "Takes {nargs} values but {len} were given.": "应有 {nargs} 个值，给了 {len} 个。",
    "Option {name!r} does not take a value.": "选项“{name}”不带值。",
    "Option {name!r} requires an argument.": "选项“{name}”须带一个值。",
    "Option {name!r} requires {nargs} arguments.": "选项“{name}”须带 {nargs} 个值。",
    "Argument {name!r} takes {nargs} values.": "参数“{name}”须有 {nargs} 个值。",
    "Choose from:\n\t{choices}": "可选：\n\t{choices}",
    "{value!r} is not {choice}.": "“{value}”不是 {choice}。",
    "{value!r} is not one of {choices}.": "“{value}”不在 {choices} 之中。",
    "{value} is not in the range {range}.": "{value} 不在范围 {range} 之内。",
    "{value!r} is not a valid {number_type}.": "“{value}”不是数字（{number_type}）。",
    "{name} {filename!r} does not exist.": "{name}“{filename}”不存在。",
    "{name} {filename!r} is a file.": "{name}“{filename}”是文件，不是目录。",
    "{name} {filename!r} is a directory.": "{name}“{filename}”是目录，不是文件。",
    "{name} {filename!r} is not readable.": "{name}“{filename}”不能读取。",
    "{name} {filename!r} is not writable.": "{name}“{filename}”不能写入。",
    "{name} {filename!r} is not executable.": "{name}“{filename}”不能执行。",
    "file": "文件",
    "directory": "目录",
    "path": "路径",
    "Do you want to continue?": "是否继续？",
    "Confirm the action without prompting.": "不再询问。",
    "Repeat for confirmation": "再输一遍",
    "Error: The two entered values do not match.": "错误：两次输入不一致。",
    "Error: invalid input": "错误：输入不正确",
}


def speak() -> None:
    """Give click its words; once for the program."""
    for module in modules():
        module._ = word  # type: ignore[attr-defined]
        if hasattr(module, "ngettext"):
            module.ngettext = counted  # type: ignore[attr-defined]


def modules() -> Iterator[ModuleType]:
    """Those of click's modules that a person at the command line hears."""
    for name in ("core", "decorators", "exceptions", "formatting", "parser", "termui", "types"):
        yield getattr(click, name)


def word(text: str) -> str:
    """The Chinese of one of click's texts."""
    return WORDS.get(text, text)


def counted(one: str, many: str, number: int) -> str:
    """The Chinese of a text that English tells by number."""
    return word(one if number == 1 else many)
