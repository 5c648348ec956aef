"""Kinds of organisation, businesses and roles are data of a domain, refused by name when wrong."""

from pathlib import Path

import pytest

from processes.domains import domains
from processes.domains.domains import DomainRefused
from processes.identity.roles import EXCLUSIVE, ROLES, UNIT_ROLES, Action

_TITLE = "title: 民爆培训\ntitle_en: Explosives training\n"


def _write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name).mkdir()
        (folder / name / "domain.yaml").write_text(_TITLE + text, encoding="utf-8")
    return folder


def _refusal(folder: Path) -> str:
    with pytest.raises(DomainRefused) as refused:
        domains.load(folder)
    return str(refused.value)


def test_a_new_domain_brings_its_kinds_and_roles_without_a_programmer(tmp_path: Path) -> None:
    found = domains.load(
        _write(
            tmp_path,
            common="permission_sets: {look: [case.view], handle: [look, task.claim]}\n",
            explosives="org_kinds: {province: {title: 省级管理部门, title_en: Province}}\n"
            "roles: {province_user: {name: 省工办, name_en: Province, may: [handle]}}\n",
        )
    )
    assert found.org_kinds["province"].title == "省级管理部门"
    assert found.roles["province_user"].may == {"case.view", "task.claim"}


@pytest.mark.parametrize("business", ["yacht", "expl", "prop"])
def test_in_every_business_somebody_may_suspend_move_end_and_void_a_case(business: str) -> None:
    """A.5: the head of an agency, of all that his agency does."""
    managing = {Action.SUSPEND_CASE, Action.JUMP_CASE, Action.TERMINATE_CASE, Action.VOID_CASE}
    told = domains.current().roles["agency_head"]
    assert business in told.sees
    assert managing <= set(told.may)


def test_a_set_of_permissions_that_names_itself_is_opened_once(tmp_path: Path) -> None:
    found = domains.load(
        _write(
            tmp_path,
            one="permission_sets: {one_set: [two_set, case.view], two_set: [one_set]}\n"
            "roles: {looker: {name: 查看人, name_en: Looker, may: [one_set]}}\n",
        )
    )
    assert found.roles["looker"].may == {"case.view"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "roles: {x_user: {name: 甲, name_en: A, colour: red}}",
            "x_user.value.colour：没有这个项目",
        ),
        ("roles: {x_user: {name: 甲}}", "name_en：缺少这个项目"),
        ("roles: {X-User: {name: 甲, name_en: A}}", "代码由小写字母、数字和下划线组成"),
        ("roles: {x_user: {name: 甲, name_en: A, business: exam}}", "业务『exam』没有定义"),
        ("org_kinds: {branch: {title: 分局, title_en: B, below: hq}}", "上级类别『hq』没有定义"),
        ("roles: [1", "不是有效的 YAML"),
    ],
)
def test_a_wrong_domain_file_is_refused_naming_the_place(
    tmp_path: Path, text: str, words: str
) -> None:
    assert words in _refusal(_write(tmp_path, one=text))


def test_what_two_domains_define_is_refused(tmp_path: Path) -> None:
    kind = "org_kinds: {province: {title: 省, title_en: P}}"
    assert "two/domain.yaml：『province』已有定义" in _refusal(_write(tmp_path, one=kind, two=kind))


def test_the_three_administrators_and_the_units_are_told_by_the_domains() -> None:
    assert {"system_admin", "security_admin", "audit_admin"} == EXCLUSIVE
    assert "org_clerk" in UNIT_ROLES
    assert Action.APPLY in ROLES["org_clerk"].actions
