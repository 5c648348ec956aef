"""Somebody of the public at the portal: by phone, with or without scripts."""

from typing import Final

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.browser.desk import PATIENCE, PHONE

PORTAL: Final = "/public"


class Citizen:
    """One browser of the portal; logs in by the unified identity."""

    def __init__(self, browser: Browser, base: str, *, scripts: bool = True) -> None:
        self.base = base
        self.context: BrowserContext = browser.new_context(
            viewport=PHONE,  # type: ignore[arg-type]
            locale="zh-CN",
            java_script_enabled=scripts,
            accept_downloads=True,
        )
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    def open(self, path: str) -> None:
        """Open a page of the portal."""
        self.page.goto(self.base + PORTAL + path)

    def log_in(self, name: str) -> None:
        """From the log-in page to the unified identity, where a person is chosen, and back."""
        self.page.get_by_role("link", name="统一身份认证登录").click()
        self.page.get_by_role("button", name=name).click()

    def go_on(self) -> None:
        """The next step of a form."""
        self.page.get_by_role("button", name="下一步").click()
