from hypothesis import given, settings
from hypothesis import strategies as st

from processes.letters import fonts
from processes.letters.lines import Style, TextBlock, break_lines

STYLE = Style(size=15, leading=27, align="justify", indent=30)
TEXT = st.text(
    alphabet="海事局办理证书，。、；：？！（）《》“”2026Y37 ab", min_size=1, max_size=200
)


def as_text(text: str, width: float) -> list[str]:
    return ["".join(line.tokens) for line in break_lines(text, STYLE, width)]


@settings(deadline=None, max_examples=40)
@given(text=TEXT)
def test_breaking_loses_nothing_but_spaces(text: str) -> None:
    assert "".join(as_text(text, 200)).replace(" ", "") == text.replace(" ", "")


@settings(deadline=None, max_examples=40)
@given(text=TEXT)
def test_no_line_is_wider_than_its_room(text: str) -> None:
    for line in break_lines(text, STYLE, 200):
        assert fonts.width("".join(line.tokens), STYLE.size) <= line.room + 0.1


def test_no_line_begins_with_a_closing_or_ends_with_an_opening_mark() -> None:
    text = "根据《中华人民共和国行政许可法》第三十二条（五）项，经审查：申请材料“齐全”、有效。" * 6
    for width in range(120, 480, 7):
        lines = as_text(text, width)
        assert not [line for line in lines if line[0] in "，。、：）》”"]
        assert not [line for line in lines[:-1] if line[-1] in "（《“"]


def test_numbers_and_words_are_not_torn() -> None:
    text = "工作单号为Y3700002013102800001I的申请自2026年起" * 4
    for width in range(360, 460, 5):
        for line in as_text(text, width):
            assert line.count("Y37") == line.count("00001I")


def test_a_number_stays_with_its_unit() -> None:
    text = "有效期至2031年11月22日。共3个" * 5
    for width in range(120, 460, 5):
        assert not [line for line in as_text(text, width) if line[0] in "年月日个"]


def test_a_word_longer_than_half_a_line_may_be_torn() -> None:
    assert len(as_text("A" * 300, 200)) > 5


def test_the_first_line_alone_is_indented() -> None:
    first, *rest = break_lines("海" * 60, STYLE, 300)
    assert (first.indent, len(first.tokens)) == (30, 18)
    assert {line.indent for line in rest} == {0.0}


def test_a_text_is_split_over_pages_without_single_lines() -> None:
    block = TextBlock("海" * 100, STYLE)  # six lines
    block.wrap(300, 1000)
    assert len(block.lines) == 6
    assert [len(part.lines) for part in block.split(300, 5.5 * 27)] == [4, 2]
    assert block.split(300, 1.5 * 27) == []
    assert block.split(300, 1000) == [block]
    head, rest = block.split(300, 3 * 27)
    assert sum(part.wrap(300, 1000)[1] for part in (head, rest)) == 6 * 27
