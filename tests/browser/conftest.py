# SPDX-License-Identifier: AGPL-3.0-or-later
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from support.chromium import HEARS_KEYS, NoChromium, PageMaker, chromium, sign_in
from support.city import City, city

PATIENCE_MS = 60_000  # nothing waits longer than what it waits for: only a busy machine comes near
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium for all browser tests; without it they fail and say how to get it."""
    with ExitStack() as stack:
        try:
            started = stack.enter_context(chromium())
        except NoChromium as error:
            pytest.fail(str(error), pytrace=False)
        yield started


@pytest.fixture
def town(tmp_path: Path) -> Iterator[City]:
    """A city with two cameras and no case."""
    with city(tmp_path) as made:
        made.camera("cam-01", "人民路口东", seed=1)
        made.camera("cam-02", "Market Street", seed=2)
        yield made


@pytest.fixture
def excused() -> list[str]:
    """Pieces of console messages that a test provokes on purpose."""
    return []


@pytest.fixture
def new_page(browser: Browser, town: City, excused: list[str]) -> Iterator[PageMaker]:
    """Makes pages; at the end none of them has asked another host for anything or complained."""
    asked: list[str] = []
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    with ExitStack() as stack:

        def make(*, locale: str = "en-GB", role: str | None = "operator") -> Page:
            context = browser.new_context(locale=locale, viewport={"width": 1366, "height": 768})
            stack.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            context.add_init_script(HEARS_KEYS)
            context.on("request", lambda request: asked.append(request.url))
            context.on("console", complain)
            context.on("weberror", lambda error: complaints.append(str(error.error)))
            page = context.new_page()
            if role is not None:
                sign_in(page, town.url, town.key(role))
            return page

        yield make
    hosts = {urlsplit(url).netloc for url in asked if not url.startswith("data:")}
    assert hosts <= {f"127.0.0.1:{town.port}"}
    assert [text for text in complaints if not any(piece in text for piece in excused)] == []


@pytest.fixture
def wall(new_page: PageMaker) -> Page:
    """The case wall as an operator sees it, in English."""
    return new_page()
