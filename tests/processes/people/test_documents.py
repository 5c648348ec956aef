import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from pypdf import PdfReader
from sqlalchemy.orm import Session

from engine.errors import DeploymentRejected, NotFound
from processes.casework import functions
from processes.documents import documents, files
from processes.identity import numbers, organisations
from processes.letters import LetterInvalid, Template, fonts, paper, read
from processes.letters.filling import chinese_date, formal_date

BPMN = Path(__file__).parents[3] / "bpmn"
ACCEPTANCE = BPMN / "common/common_acceptance/letters/letter_acceptance.yaml"
CARD = BPMN / "yacht/yacht_card_production/letters/letter_licence_card.yaml"


def template(body: str, **more: str) -> Template:
    rest = "".join(f"{key}: {value}\n" for key, value in more.items())
    return read(f"letter: t\ntitle: 通知\n{rest}body:\n  - text: '{body}'\n".encode(), "t.yaml")


def acceptance() -> Template:
    return read(ACCEPTANCE.read_bytes(), ACCEPTANCE.name)


def values(**more: Any) -> dict[str, Any]:
    return {
        "applicant": {"name": "申领人"},
        "case_title": "游艇驾驶证办理（初次申领）",
        "work_order_no": "Y3700002013102800001I",
        "accepted_on": date(2026, 11, 23),
        "deemed": None,
        "decide_days": 20,
        "materials": [{"title": "申请表", "state": "ok"}, {"title": "考试成绩", "state": "exempt"}],
        **more,
    }


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def photo() -> bytes:
    picture = Image.new("RGB", (350, 450), "white")
    ImageDraw.Draw(picture).ellipse((100, 80, 250, 260), fill="#d8b090")
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=b"Exif\x00\x00hidden-in-the-picture")
    return out.getvalue()


def licence(**more: Any) -> dict[str, Any]:
    return {
        "holder_name": "申领人",
        "sex": "male",
        "nationality": "CHN",
        "birth_date": date(1990, 1, 2),
        "licence_no": "3700002026000001K",
        "licence_class": "A1F",
        "issued_on": date(2026, 11, 23),
        "expires_on": date(2031, 11, 22),
        "issued_by_name": "中华人民共和国山东海事局",
        "signing_officer": "审批人",
        "blank_serial": "YT000001",
        "work_order_no": "Y3700002013102800001I",
        "verification_url": "https://banli.example/verify/ABCD2345EFGH6789",
        **more,
    }


def issue(session: Session, used: Template, given: dict[str, Any]) -> documents.Document:
    return documents.issue(session, case_id=5, template=used, values=given, by=1, org="370001")


def test_a_notice_is_numbered_kept_and_holds_what_was_written(session: Session) -> None:
    document = issue(session, acceptance(), values())
    assert document.number == "鲁海事受〔2026〕第00001号" or document.number
    pdf = documents.content(session, document)
    text = text_of(pdf).replace("\n", "")
    for words in (
        "山东海事局",
        document.number,
        "受理通知书",
        "申领人：",
        "2026年11月23日起予以受理",
    ):
        assert words in text
    assert text_of(pdf).count("免提交") == 1
    assert document.pages == len(PdfReader(io.BytesIO(pdf)).pages)


def test_folded_lines_of_a_template_leave_no_space_in_chinese(session: Session) -> None:
    document = issue(session, acceptance(), values())
    assert "， 申请" not in text_of(documents.content(session, document))


def test_deemed_acceptance_has_its_own_words() -> None:
    normal = text_of(
        documents.render(
            acceptance(), values(issued_on=date(2026, 11, 23), org_name="局", verification_url="x")
        )
    )
    deemed = text_of(
        documents.render(
            acceptance(),
            values(deemed=True, issued_on=date(2026, 11, 23), org_name="局", verification_url="x"),
        )
    )
    assert "第（五）项" in normal.replace("\n", "")
    assert "第（四）项" in deemed.replace("\n", "")


def test_letters_are_numbered_without_gaps_also_when_one_fails(session: Session) -> None:
    first = issue(session, acceptance(), values())
    session.commit()
    with pytest.raises(LetterInvalid, match="applicant"):
        issue(session, acceptance(), values(applicant=None))
    session.rollback()
    second = issue(session, acceptance(), values())
    assert [one.number[-6:-1] for one in (first, second) if one.number] == ["00001", "00002"]
    assert numbers.last(session, "letter:370001:受", year=first.issued_at.year) == 2


@pytest.mark.parametrize(
    "hostile",
    [
        "<b>粗</b>",
        "<img src='file:///etc/passwd'/>",
        "a & b < c",
        "</para><para>",
        '<a href="http://example.invalid">x</a>',
        "{{ applicant }}",
    ],
)
def test_a_value_is_text_and_never_markup(hostile: str) -> None:
    pdf = documents.render(template("申请人：{{ name }}。"), {"name": hostile})
    assert "".join(hostile.split()) in "".join(text_of(pdf).split())
    assert b"/URI" not in pdf


def test_rare_names_are_drawn_and_can_be_read_back() -> None:
    pdf = documents.render(template("姓名：{{ name }}。"), {"name": "𠮷䶮镕㛃"})
    assert "𠮷䶮镕㛃" in text_of(pdf)


def test_many_characters_of_one_font_can_all_be_read_back() -> None:
    many = "".join(chr(0x4E00 + 7 * step) for step in range(600))
    pdf = documents.render(template("{{ text }}"), {"text": many})
    assert many in text_of(pdf).replace("\n", "").replace("—1—", "").replace("— 1 —", "")


def test_a_character_without_a_glyph_stops_the_letter() -> None:
    with pytest.raises(LetterInvalid, match=r"U\+1F600"):
        documents.render(template("{{ name }}"), {"name": "😀"})
    assert fonts.missing("甲😀乙") == "😀"


def test_invisible_and_turning_characters_are_dropped() -> None:
    pdf = documents.render(template("甲{{ name }}乙"), {"name": "A\u202eB\u200b\x07C"})
    assert "甲ABC乙" in text_of(pdf)


def test_all_fonts_are_embedded() -> None:
    reader = PdfReader(
        io.BytesIO(
            documents.render(
                acceptance(),
                values(issued_on=date(2026, 11, 23), org_name="局", verification_url="x"),
            )
        )
    )
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            assert "/FontFile2" in font["/FontDescriptor"], font["/BaseFont"]


def test_a_place_without_a_value_is_named() -> None:
    with pytest.raises(LetterInvalid, match="reason"):
        documents.render(template("理由：{{ reason }}"), {})


def test_what_is_missing_is_told_with_the_letter_the_person_and_the_words_around() -> None:
    """A clerk who reads the incident knows what to add."""
    with pytest.raises(LetterInvalid, match="“经审查，不予许可。理由：”之后"):
        documents.render(template("经审查，不予许可。理由：{{ reason }}"), {})
    with pytest.raises(LetterInvalid, match="“受理通知”之前"):
        documents.render(template("{{ org }}受理通知"), {})


def test_a_card_names_what_it_lacks_as_it_is_printed_and_whose_it_is(session: Session) -> None:
    used = read(CARD.read_bytes(), CARD.name)
    kept = files.store(session, photo(), by=1)
    told = r"《.+》（申领人）不能制发：证件缺少『签发官员』"
    with pytest.raises(LetterInvalid, match=told):
        issue(session, used, licence(photo={"file": kept.sha256}, signing_officer=None))


def test_the_same_values_give_the_same_bytes() -> None:
    used = template("甲{{ name }}")
    assert documents.render(used, {"name": "乙"}) == documents.render(used, {"name": "乙"})


def test_a_long_letter_goes_over_several_pages(session: Session) -> None:
    rows = [{"title": f"材料{number}" * 6, "state": "ok"} for number in range(60)]
    document = issue(session, acceptance(), values(materials=rows))
    assert document.pages >= 3


def no_images(digest: str) -> bytes:
    raise AssertionError(f"this letter shows no picture, not even {digest}")


def test_agency_date_and_seal_never_stand_on_a_page_alone() -> None:
    """GB/T 9704-2012, 7.3.5.5: however long the letter, words of its body are above them."""
    for count in range(8, 24):
        paragraphs = "\n\n".join(f"第{one}段。" for one in range(count))
        used = template(paragraphs, signature="山东海事局", seal="true")
        drawn = paper.draw(used, {"issued_on": date(2026, 11, 23)}, images=no_images).content
        pages = PdfReader(io.BytesIO(drawn)).pages
        last = pages[-1].extract_text()
        assert "山东海事局" in last
        assert f"第{count - 1}段" in last
    assert len(pages) == 2


def test_a_letter_that_ends_with_a_table_gives_its_last_row_to_the_page_of_the_signature() -> None:
    """GB/T 9704-2012, 7.3.5.5: not even below a table; its head stands above the row again."""
    used = read(
        "letter: t\ntitle: 清单\nsignature: 山东海事局\nbody:\n  - text: 如下：\n  - table:\n"
        "      rows: rows\n      columns:\n"
        "        - {title: 内容, width: 80, value: '{{ row.title }}'}\n".encode(),
        "t.yaml",
    )
    counts = set()
    for count in range(1, 64):
        told = {
            "issued_on": date(2026, 11, 23),
            "rows": [{"title": f"第{n}行"} for n in range(count)],
        }
        pages = PdfReader(io.BytesIO(paper.draw(used, told, images=no_images).content)).pages
        texts = [page.extract_text() for page in pages]
        assert "山东海事局" in texts[-1]
        assert all("内容" in text for text in texts)
        assert f"第{count - 1}行" in texts[-1]
        assert all("".join(texts).count(f"第{n}行") == 1 for n in range(count))
        counts.add(len(pages))
    assert counts == {1, 2, 3}


def test_the_card_has_two_sides_of_the_size_of_a_card(session: Session) -> None:
    stored = files.store(session, photo(), by=1)
    used = read(CARD.read_bytes(), CARD.name)
    document = issue(session, used, licence(photo={"file": stored.sha256}))
    pdf = documents.content(session, document)
    reader = PdfReader(io.BytesIO(pdf))
    assert document.pages == len(reader.pages) == 2
    width, height = (float(side) / 72 * 25.4 for side in reader.pages[0].mediabox[2:])
    assert (round(width, 1), round(height, 1)) == (85.6, 54.0)
    text = text_of(pdf)
    for words in ("申领人", "3700002026000001K", "A1F", "2031年11月22日", "YT000001", "海上水域"):
        assert words in text
    assert document.number is None
    assert len(reader.pages[0].images) == 1
    assert b"hidden-in-the-picture" not in pdf


def test_a_card_without_a_usable_photo_is_not_made(session: Session) -> None:
    used = read(CARD.read_bytes(), CARD.name)
    with pytest.raises(LetterInvalid, match="缺少照片"):
        issue(session, used, licence(photo=None))
    broken = files.store(session, photo()[:200], by=1)
    with pytest.raises(LetterInvalid, match="无法使用"):
        issue(session, used, licence(photo={"file": broken.sha256}))


def test_a_text_too_long_for_its_place_is_refused(session: Session) -> None:
    stored = files.store(session, photo(), by=1)
    used = read(CARD.read_bytes(), CARD.name)
    with pytest.raises(LetterInvalid, match="放不下"):
        issue(session, used, licence(photo={"file": stored.sha256}, holder_name="很长的名字" * 12))


def test_the_verification_code_finds_the_document(session: Session) -> None:
    document = issue(session, acceptance(), values())
    code = document.verification_code
    assert documents.verify(session, f" {code[:4].lower()}-{code[4:]} ").id == document.id
    with pytest.raises(NotFound):
        documents.verify(session, "AAAA")


def test_the_applicant_gets_the_public_documents_alone(session: Session) -> None:
    stored = files.store(session, photo(), by=1)
    notice = issue(session, acceptance(), values())
    issue(session, read(CARD.read_bytes(), "c"), licence(photo={"file": stored.sha256}))
    assert len(documents.issued(session, 5)) == 2
    assert [one.id for one in documents.issued(session, 5, public_only=True)] == [notice.id]


def test_what_was_written_is_sealed_in_the_database(session: Session) -> None:
    issue(session, acceptance(), values(applicant={"name": "申领人甲乙丙"}))
    raw = session.connection().exec_driver_sql('select "values" from document').scalar_one()
    assert "申领人甲乙丙".encode() not in raw


def test_a_letter_names_an_agency_that_its_values_give_by_code(session: Session) -> None:
    used = template("发证机构：{{ issuing_org_name }}")
    document = issue(session, used, {"issuing_org": "370001", "other_org": "nowhere"})
    found = text_of(files.read(session, document.sha256))
    assert "发证机构：山东海事局" in found
    assert "370001" not in found
    with pytest.raises(LetterInvalid):
        issue(session, template("{{ other_org_name }}"), {"other_org": "nowhere"})


def test_the_head_takes_the_agency_s_name(session: Session) -> None:
    organisations.get(
        session, "370001"
    ).name = "中华人民共和国山东海事局（青岛、烟台、威海联合办理窗口）"
    document = issue(session, acceptance(), values())
    assert "联合办理窗口" in text_of(documents.content(session, document))


@pytest.mark.parametrize(
    ("yaml", "words"),
    [
        ("letter: t\ntitle: 甲\nbody:\n  - text: '{{ 1 + }}'\n", "有误"),
        ("letter: t\ntitle: 甲\n", "缺少正文"),
        ("letter: t\ntitle: 甲\nbody:\n  - script: x\n", "应为"),
        ("letter: t\ntitle: 甲\nsurprise: 1\nbody:\n  - text: x\n", "未知的键『surprise』"),
        ("letter: t\ntitle: 甲\nkind: poster\n", "未知的文书种类"),
        ("letter: t\ntitle: 甲\nkind: card\nsides:\n  - - {video: x}\n", "不可用"),
        ("letter: [", "不是有效的 YAML"),
        ("letter: t\ntitle: 甲\nbody:\n  - table: {rows: x}\n", "缺少行或列"),
    ],
)
def test_a_wrong_template_is_refused_in_words(yaml: str, words: str) -> None:
    with pytest.raises(DeploymentRejected) as refused:
        read(yaml.encode(), "t.yaml")
    assert any(words in finding.message for finding in refused.value.findings)


def test_dates_are_written_as_officials_write_them() -> None:
    assert chinese_date(date(2026, 1, 2)) == "2026年1月2日"
    assert formal_date(date(2026, 11, 20)) == "二〇二六年十一月二十日"
    assert formal_date(date(2010, 10, 31)) == "二〇一〇年十月三十一日"


def test_every_template_of_the_folder_reads_without_findings() -> None:
    functions.register()
    for path in BPMN.rglob("letters/*.yaml"):
        assert read(path.read_bytes(), path.name).id == path.stem
