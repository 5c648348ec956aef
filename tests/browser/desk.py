"""A person at a browser: logs in, opens tasks, fills in forms by field name, takes pictures."""

import io
import shutil
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

PASSWORD = "banli-demo"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",  # what draws is no program of its own: a tenth less for each page
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
WIDE = {"width": 1366, "height": 768}
LARGE = {"width": 1920, "height": 1080}
PHONE = {"width": 390, "height": 844}
# opening a page that the server has to draw while the other tests run
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)


def chromium() -> str:
    """Where Debian's Chromium is."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "tests/system-packages installs Chromium"
    return found


def photo() -> bytes:
    """A portrait of 35:45 that shows nobody."""
    image = Image.new("RGB", (350, 450), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((115, 90, 235, 240), fill="#c9d3e0")
    draw.rectangle((80, 270, 270, 450), fill="#c9d3e0")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def scan(title: str) -> bytes:
    """A scanned paper."""
    image = Image.new("RGB", (600, 800), "white")
    ImageDraw.Draw(image).text((40, 40), title, fill="black")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


class Desk:
    """One person's browser."""

    def __init__(
        self, browser: Browser, base: str, login: str = "", *, view: dict[str, int] = WIDE
    ) -> None:
        self.base = base
        self.context: BrowserContext = browser.new_context(
            viewport=view,  # type: ignore[arg-type]
            locale="zh-CN",
            reduced_motion="reduce",  # whoever waits at a diagram would draw it sixty times a second
            accept_downloads=True,
        )
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._heard)
        if login:
            self.open("/login")
            self.log_in(login)

    def _heard(self, message: ConsoleMessage) -> None:
        # the browser reports every answer of 4xx here; those are the test's business
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    def log_in(self, login: str) -> None:
        """On the log-in page."""
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)

    def close(self) -> None:
        """Leave; nothing may have gone wrong in the pages' scripts."""
        self.context.close()
        assert not self.errors, self.errors

    def open(self, path: str) -> Page:
        self.page.goto(self.base + path)
        return self.page

    def picture(self, path: Path, *, whole: bool = False) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path, full_page=whole)

    def find_task(self, reference: str, step: str = "") -> Page:
        """From the to-do box to the page of a task of a work order; it may have to arrive yet."""
        row = self.page.locator("tr", has_text=reference).filter(has_text=step)
        for _ in range(60):
            self.open(f"/inbox?box=todo&q={reference}")
            link = row.locator("a[href*='/tasks/']").first
            if link.count():
                link.click()
                self.page.wait_for_url("**/tasks/*")
                return self.page
            self.page.wait_for_timeout(500)  # the worker is on its way
        raise AssertionError(f"no task {step} of {reference} in the to-do box")

    def open_task(self, reference: str, step: str = "") -> Page:
        """The same, and take it."""
        self.find_task(reference, step)
        if not self.page.locator("#taskform[data-form]").count():
            self.press("签收办理")
        expect(self.page.locator("form[data-form]#taskform")).to_be_visible()
        return self.page

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def fill(self, **answers: Any) -> None:
        """Fill in fields by name; a list fills the rows of a table, a tuple is a file."""
        for name, value in answers.items():
            if isinstance(value, list):
                self._fill_rows(name, value)
            else:
                self._fill(name, value)

    def _fill_rows(self, name: str, rows: list[dict[str, Any]]) -> None:
        for index, row in enumerate(rows):
            cells = self.page.locator(f"[name^='{name}.{index}.']")
            if not cells.count():
                self.page.locator(f"[data-path='{name}'] [data-add-row]").click()
            for column, cell in row.items():
                self._fill(f"{name}.{index}.{column}", cell)

    def _fill(self, name: str, value: Any) -> None:
        fields = self.page.locator(f"[name='{name}']:not([type=hidden])")
        first = fields.first
        kind = first.evaluate("e => e.tagName === 'INPUT' ? e.type : e.tagName.toLowerCase()")
        if kind == "radio":
            chosen = str(value).lower() if isinstance(value, bool) else value
            self.page.locator(f"[name='{name}'][value='{chosen}']").check()
        elif kind == "checkbox":
            wanted = value if isinstance(value, str) else "true"
            self.page.locator(f"[type=checkbox][name='{name}'][value='{wanted}']").set_checked(
                bool(value)
            )
        elif kind == "select":
            first.select_option(str(value))
        elif kind == "file":
            self._upload(name, value)
        else:
            first.fill(str(value))

    def _upload(self, name: str, value: tuple[bytes, str, str]) -> None:
        content, mime, file = value
        box = self.page.locator(f"[data-upload][data-field='{name}']")
        box.locator("input[type=file]").set_input_files(
            {"name": file, "mimeType": mime, "buffer": content}
        )
        expect(box.locator("[data-files] li", has_text=file)).to_be_visible()

    def submit(self) -> None:
        """Hand in the task; the list or the next task follows."""
        with self.page.expect_navigation():
            self.press("提交")
        refused = "/complete" in self.page.url
        assert not refused, self.page.locator("[role=alert], h1").all_inner_texts()

    def sees(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.locator("body")).to_contain_text(text, timeout=PATIENCE)

    def until(self, text: str) -> None:
        """Load the page again until it shows a text: something works in the background."""
        for _ in range(60):
            if self.page.get_by_text(text).count():
                return
            self.page.wait_for_timeout(500)
            self.page.reload()
        raise AssertionError(f"{text} does not appear: {self.page.locator('main').inner_text()}")
