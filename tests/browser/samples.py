"""Where each page of the application is seen: by whom, at which address, with which real data."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bpmn.property import story
from tests.browser import licence
from tests.browser.conftest import People
from tests.browser.desk import Desk
from web import create_app
from web.config import Settings

# what a browser is given that is no page: files, data for scripts, probes, a redirect
NO_PAGES: Final = frozenset({
    "static", "assets.script", "home.index", "files.show", "business.record_file", "registers.record_file", "cases.document", "cases.material", "cases.diagram", "cases.printed",
    "portal.document", "analyst.diagram", "analyst.key", "operations.token_counts", "releases.diagram", "api_docs.openapi",
    "health.live", "health.ready", "listing.counted", "task.following", "foresight.why", "intake.template", "interfaces.probe",
    "country.bar", "interfaces.specification_file",
})  # fmt: skip

# pages of one message, job or package on its way; tests/web/test_interfaces.py looks at them
ON_THE_WAY: Final = frozenset({
    "interfaces.event", "interfaces.job", "interfaces.package", "interfaces.download",
})  # fmt: skip

# endpoint → who looks, and the address with the names of samples in it
PAGES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "auth.login": ("", ("/login",)),
    "home.browsers": ("", ("/browsers",)),
    "auth.password": ("unit_clerk", ("/password",)),
    "portal.index": ("", ("/portal",)),
    "portal.track": ("", ("/portal/track",)),
    "verification.index": ("", ("/verify",)),
    "verification.show": ("", ("/verify/NOSUCHCODE234567",)),
    "api_docs.page": ("", ("/api/docs",)),
    "portal.mine": ("applicant", ("/portal/mine",)),
    "portal.apply": (
        "applicant",
        ("/portal/apply/yacht_licence_issue", "/portal/apply/common_consultation"),
    ),
    "portal.case": ("applicant", ("{portal_case}",)),
    "portal.action": ("applicant", ("{action}",)),
    "home.notices": ("acceptor", ("/notices",)),
    "home.ways": ("acceptor", ("/notices/ways",)),
    "worklist.inbox": (
        "acceptor",
        ("/inbox", "/inbox?box=done", "/inbox?box=mine&q=none", "/inbox?box=followed"),
    ),
    "worklist.drafts": ("acceptor", ("/inbox/drafts",)),
    "supervision.index": ("manager", ("/supervision",)),
    "platform.urging": ("manager", ("/platform/urging",)),
    "platform.letters": ("manager", ("/platform/letters",)),
    "statistics.index": ("expl_institution", ("/statistics",)),
    "statistics.page": ("expl_institution", ("/statistics/stat_todo",)),
    "business.index": ("expl_ministry", ("/business",)),
    "business.records": ("expl_ministry", ("/business/lists/expl_enterprises",)),
    "business.record": ("expl_ministry", ("{listed}",)),
    "intake.index": ("admin", ("/import",)),
    "intake.page": ("admin", ("/import/ledger.course",)),
    "maintenance.new": ("admin", ("/registers/exam_site/new",)),
    "maintenance.edit": ("admin", ("{kept}/edit",)),
    "migrations.page": ("releaser", ("/releases/yacht_licence_issue/migration",)),
    "cases.search": ("acceptor", ("/cases", "/cases?q={number}")),
    "cases.page": ("acceptor", ("{case}", "{case}#diagram", "{case}#letters")),
    "counter.apply": ("acceptor", ("/counter/yacht_licence_issue",)),
    "counter.action": ("prop_window", ("{counter_action}",)),
    "task.page": ("reviewer", ("{task}",)),
    "moving.choose": ("reviewer", ("{task}/return",)),
    "backentry.page": ("manager", ("{task}/backentry",)),
    "moving.manage": ("manager", ("{case}/move",)),
    "planning.page": ("manager", ("{case}/plan", "{case}/plan?activity=approve")),
    "signature.page": ("reviewer", ("/signature",)),
    "phrases.page": ("manager", ("/phrases",)),
    "agents.mine": ("reviewer", ("/agents",)),
    "agents.of_area": ("admin", ("/admin/agents",)),
    "circulating.box": ("manager", ("/inbox/copies",)),
    "inquiring.box": ("acceptor", ("/inbox/questions",)),
    "inquiring.page": ("acceptor", ("{question}",)),
    "handover.start": ("reviewer", ("/handover",)),
    "handover.start_for": ("admin", ("{user}/handover",)),
    "registers.index": ("stock_keeper", ("/registers",)),
    "registers.browse": ("stock_keeper", ("/registers/blank_item",)),
    "registers.record": ("stock_keeper", ("{record}",)),
    "people.users": ("admin", ("/admin/users",)),
    "people.user": ("admin", ("{user}",)),
    "people.new_user": ("admin", ("/admin/users/new",)),
    "people.orgs": ("admin", ("/admin/organisations",)),
    "people.role_list": ("admin", ("/admin/roles",)),
    "organisations.edit": ("admin", ("/admin/organisations/370001",)),
    "organisations.new": ("admin", ("/admin/organisations/new",)),
    "calendar.year": ("hq_admin", ("/admin/calendar",)),
    "grants.index": ("hq_admin", ("/admin/grants",)),
    "grants.new": ("hq_admin", ("/admin/grants/new",)),
    "grants.show": ("hq_admin", ("{grant}",)),
    "interfaces.index": ("admin", ("/operations/interfaces",)),
    "interfaces.one": ("admin", ("{interface}",)),
    "interfaces.entry": ("admin", ("{entry}",)),
    "interfaces.contract": ("admin", ("{interface}/contract",)),
    "restoration.page": ("admin", ("/operations/restoration",)),
    "audits.index": ("auditor", ("/audit", "/audit?agency=&what=login.accepted")),
    "audits.entry": ("auditor", ("{audited}",)),
    "operations.index": ("hq_admin", ("/operations",)),
    "operations.jobs": ("hq_admin", ("/operations/jobs",)),
    "operations.services": ("hq_admin", ("/operations/services",)),
    "operations.standards": ("hq_admin", ("/operations/standards",)),
    "operations.tokens": ("hq_admin", ("{tokens}",)),
    "analyst.library": ("analyst", ("/analyst",)),
    "analyst.process": ("analyst", ("/analyst/processes/yacht_licence_issue",)),
    "analyst.modelling.page": ("analyst", ("{draft}",)),
    "analyst.trial.page": ("analyst", ("{draft}/trial",)),
    "releases.index": ("releaser", ("/releases",)),
    "releases.versions": ("releaser", ("/releases/yacht_licence_issue",)),
    "releases.draft": ("releaser", ("{release}",)),
}
# what goes wrong has its page as well: not found, not allowed, done by somebody else
ERRORS: Final = (
    ("acceptor", "/cases/4611686018427387904"),
    ("acceptor", "/nowhere"),
    ("acceptor", "/admin/users"),
    ("acceptor", "{done}"),
)
DRAFTED: Final = "common_notify"


@dataclass(frozen=True)
class Visit:
    """One look at one page."""

    reader: str
    path: str

    def __str__(self) -> str:
        return f"{self.reader or 'stranger'} {self.path}"


def readable(folder: Path) -> dict[str, str]:
    """What a browser may ask the application for: endpoint → address."""
    app = create_app(
        Settings(
            profile="test",
            home=folder,
            secret_key="k" * 40,
            database_url=f"sqlite:///{folder / 'banli.db'}",
        )
    )
    return {
        rule.endpoint: rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
    }


def visits(samples: Mapping[str, str]) -> list[Visit]:
    """Every page with its samples filled in, each reader's pages together."""
    seen = [(who, path) for who, paths in PAGES.values() for path in paths]
    return [Visit(who, path.format_map(samples)) for who, path in sorted([*seen, *ERRORS])]


def make(people: People) -> dict[str, str]:
    """A case under review, one to accept, a draft, one handed in, and the first of each list."""
    applicant, acceptor, reviewer = (people(x) for x in ("applicant", "acceptor", "reviewer"))
    licence.fill_in(applicant)
    number = licence.hand_in(applicant)
    found = {"number": number, "portal_case": path_of(applicant)}
    acceptor.open_task(number)
    found["done"] = path_of(acceptor)
    licence.accept(acceptor, number)
    reviewer.open_task(number)
    found["task"] = path_of(reviewer)
    found["question"] = asked(reviewer, acceptor)
    applicant.open(found["portal_case"])
    applicant.until("撤回申请")
    found["action"] = first(applicant, "a[href*='/actions/']")
    acceptor.open(f"/cases?q={number}")
    found["case"] = first(acceptor, "main a[href*='/cases/']")
    licence.fill_in(applicant, licence_class="A2E")
    licence.hand_in(applicant)
    for name, login, page, link in (
        ("record", "stock_keeper", "/registers/blank_item", "main a[href*='/blank_item/']"),
        ("user", "admin", "/admin/users", "main table a"),
        ("kept", "admin", "/registers/exam_site", "main table a[href*='/exam_site/']"),
        ("listed", "expl_ministry", "/business/lists/expl_enterprises", "main table a"),
        ("grant", "hq_admin", "/admin/grants", "main table a"),
        ("audited", "auditor", "/audit", "main table a"),
        ("interface", "admin", "/operations/interfaces", "main a[href$='/tax_prov']"),
        ("entry", "admin", "/operations/interfaces/tax_prov", "main a[href*='/entries/']"),
        ("tokens", "hq_admin", "/releases/yacht_licence_issue", "main a[href*='/definitions/']"),
    ):
        desk = people(login)
        desk.open(page)
        found[name] = first(desk, link)
    found["counter_action"] = at_the_counter(people("prop_window"))
    found["draft"] = drafted(people("analyst"), "yacht_licence_issue")
    found["release"] = handed_in(people, drafted(people("analyst"), DRAFTED))
    return found


def at_the_counter(desk: Desk) -> str:
    """What may be sent for the applicant of a case that the clerk filed: the withdrawal of a sale."""
    desk.open("/notices")
    told = desk.page.evaluate(
        """async (filed) => {
        const answer = await fetch("/api/v1/cases", {
            method: "POST", body: JSON.stringify(filed),
            headers: { "Content-Type": "application/json",
                "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content } });
        return [answer.status, await answer.text()]; }""",
        {"process": story.WINDOW, "answers": story.sale()},
    )
    assert told[0] == 201, told
    desk.open(f"/cases/{json.loads(told[1])['id']}")
    desk.until("代申请人：撤回申请")
    return first(desk, "main a[href*='/counter/cases/']")


def asked(holder: Desk, colleague: Desk) -> str:
    """A question about the task that the holder has open, on its reader's page."""
    holder.page.get_by_text("更多", exact=True).click()
    holder.page.get_by_role("button", name="征询", exact=True).click()
    dialog = holder.page.locator("#inquire")
    dialog.get_by_label("受理人", exact=True).check()
    dialog.get_by_label("问题").fill("体检证明是否在有效期内？")
    dialog.get_by_role("button", name="征询", exact=True).click()
    holder.until("已征询")
    colleague.open("/inbox/questions")
    return first(colleague, "main table a")


def path_of(desk: Desk) -> str:
    return desk.page.url.removeprefix(desk.base).partition("?")[0]


def first(desk: Desk, link: str) -> str:
    """Where the first link of a list leads."""
    href = desk.page.locator(link).first.get_attribute("href")
    assert href, link
    return href


def drafted(desk: Desk, key: str) -> str:
    """The analyst's draft of a process."""
    desk.open("/analyst")
    row = desk.page.locator("tr", has=desk.page.get_by_text(key, exact=True))
    row.get_by_role("button", name=re.compile("修改")).click()
    desk.page.wait_for_url(re.compile(r"/analyst/drafts/\d+"))
    return path_of(desk)


def handed_in(people: People, draft: str) -> str:
    """The page on which the second person looks at a draft that was handed in."""
    status = people("analyst").page.evaluate(
        """async () => {
        const data = JSON.parse(document.getElementById("draft-data").textContent);
        const answer = await fetch(document.querySelector("[data-workspace]").dataset.submit, {
            method: "POST", body: JSON.stringify({ revision: data.revision, note: "受理" }),
            headers: { "Content-Type": "application/json", Accept: "application/json",
                "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content } });
        return answer.status; }"""
    )
    assert status == 200, status
    releaser = people("releaser")
    releaser.open("/releases")
    return first(releaser, f"main a[href$='/drafts/{draft.rpartition('/')[2]}']")


Look = Callable[[Desk, Visit], list[str]]


def walk(people: People, samples: Mapping[str, str], look: Look) -> dict[str, list[str]]:
    """What a look finds wrong, page by page."""
    strangers: list[Desk] = []
    found: dict[str, list[str]] = {}
    for visit in visits(samples):
        if not visit.reader and not strangers:
            strangers.append(people.another())
        desk = people(visit.reader) if visit.reader else strangers[0]
        if problems := look(desk, visit):
            found[str(visit)] = problems
    return found
