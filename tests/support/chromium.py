# SPDX-License-Identifier: AGPL-3.0-or-later
"""Debian's Chromium, driven by playwright; nothing it does by itself leaves this machine."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Error, Page, sync_playwright

PageMaker = Callable[..., Page]  # of a locale and a role
# what a console says while the server is away
AWAY = ("ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "ERR_INCOMPLETE_CHUNKED_ENCODING")
# given to a context as its initial script, for press()
HEARS_KEYS = "addEventListener('keydown', () => { window.keysHeard = (window.keysHeard ?? 0) + 1; }, true);"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class NoChromium(Exception):
    """There is no Chromium on this machine."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser; raises NoChromium with the command that installs it."""
    program = shutil.which("chromium")
    if program is None:
        raise NoChromium("the browser tests need Chromium: run `apt-get install --yes chromium`, then test again")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def sign_in(page: Page, url: str, token: str) -> None:
    """Signs in with a token in the address's fragment and waits for the case wall to be live."""
    page.goto(f"{url}/login#token={token}", wait_until="commit")
    page.locator("#lamp[data-state=live]").wait_for()


def press(page: Page, *keys: str) -> None:
    """Presses keys, each until the page hears it: on a busy machine Chromium was seen to swallow one."""
    for key in keys:
        before = _heard(page)
        while _heard(page) == before:
            page.keyboard.press(key)


def _heard(page: Page) -> tuple[str, int]:
    """Which document the page shows, and how many keys it has heard."""
    while True:
        try:
            began, heard = page.evaluate("[performance.timeOrigin, window.keysHeard ?? 0]")
        except Error as error:
            if "navigation" not in str(error):
                raise
        else:
            return str(began), int(heard)
