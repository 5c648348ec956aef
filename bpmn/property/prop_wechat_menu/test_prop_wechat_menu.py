"""公众号菜单发布: edited, checked by a second person, published (P-81, P-86)."""

import pytest

from bpmn.property import story
from engine.errors import BanliError
from engine.ports import Work
from engine.variables import Variables
from forms.errors import FormInvalid
from processes.play import Play, PlayedCase

KEY = "prop_wechat_menu"
ITEMS = [{"name": "网上办事", "page": "/public"}, {"name": "我的办件", "page": "/public/mine"}]


class Account:
    """The account, which remembers its menus."""

    topic = "wechat.menu"

    def __init__(self) -> None:
        self.menus: list[list[dict[str, str]]] = []

    def execute(self, work: Work) -> Variables:
        self.menus.append(work.variables["buttons"])
        return {"published_at": "2026-11-29T20:00:00+08:00"}


def edited(play: Play) -> PlayedCase:
    return play.apply(KEY, as_="prop_admin", menu_items=ITEMS)


def test_a_menu_is_checked_by_somebody_else_and_leads_into_the_portal(play: Play) -> None:
    account = Account()
    play.employ(account)
    case = edited(play)
    with pytest.raises(BanliError):
        case.complete("check", as_="prop_admin", decision="agree")
    case.complete("check", as_="prop_admin_two", decision="agree")
    (buttons,) = account.menus
    assert [one["name"] for one in buttons] == ["网上办事", "我的办件"]
    assert buttons[1]["url"].endswith("/public/enter/wechat?next=/public/mine")
    assert (case.ended, case.row.outcome) == ("published", "published")


def test_a_menu_that_is_not_agreed_to_is_not_published(play: Play) -> None:
    case = edited(play)
    case.complete("check", as_="prop_admin_two", decision="refuse", reason="名称不规范")
    assert (case.ended, case.status) == ("refused", "cancelled")
    assert case.row.outcome == "publication_refused"
    (told,) = story.messages_of(play, "prop_admin", "公众号菜单不予发布")
    assert "名称不规范" in told


def test_an_account_that_does_not_answer_is_told_of(play: Play) -> None:
    case = edited(play)
    case.complete("check", as_="prop_admin_two", decision="agree")
    case.passes(minutes=61)
    assert (case.ended, case.row.outcome) == ("not_published", "not_published")


def test_at_most_three_items_with_short_names(play: Play) -> None:
    with pytest.raises(FormInvalid):
        play.apply(KEY, as_="prop_admin", menu_items=ITEMS * 2)
