# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signing in, languages and the picture for README, in a real browser."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from support import page_picture
from support.chromium import AWAY, PageMaker, sign_in
from support.city import City


def test_a_token_in_the_fragment_signs_in_and_leaves_the_address_bar(new_page: PageMaker, town: City) -> None:
    page = new_page(role=None)
    page.goto(f"{town.url}/cameras")

    page.evaluate("token => { location.hash = `token=${token}`; location.reload(); }", town.key("operator"))
    expect(page.locator(".who-name")).to_be_visible()

    assert page.url == f"{town.url}/cameras"
    assert page.evaluate("document.cookie") == ""
    page.go_back()
    assert town.key("operator") not in page.url


def test_a_link_signs_in_where_the_sign_in_page_stands_already(new_page: PageMaker, town: City) -> None:
    page = new_page(role=None)
    page.goto(f"{town.url}/login")
    page.wait_for_load_state("networkidle")

    page.goto(f"{town.url}/login#token={town.key('operator')}")

    expect(page.locator(".who-name")).to_be_visible()
    assert page.url == f"{town.url}/"
    page.go_back()
    assert town.key("operator") not in page.url


def test_name_and_password_sign_in_and_a_wrong_one_is_told(new_page: PageMaker, town: City, excused: list[str]) -> None:
    excused.append("401")
    town.add_user("李明", "a street of lanterns", "operator")
    page = new_page(role=None)
    page.goto(f"{town.url}/cameras")

    page.get_by_label("Name").fill("李明")
    page.get_by_label("Password").fill("a street of candles")
    page.get_by_role("button", name="Sign in").first.click()
    expect(page.get_by_role("alert")).to_contain_text("Sign-in refused")
    page.get_by_label("Password").fill("a street of lanterns")
    page.get_by_role("button", name="Sign in").first.click()

    expect(page).to_have_url(f"{town.url}/cameras")
    expect(page.locator(".who-name")).to_contain_text("李明")


def test_signing_out_elsewhere_leads_to_the_sign_in_page(wall: Page, town: City) -> None:
    other = wall.context.new_page()
    other.goto(f"{town.url}/cameras")
    other.get_by_role("button", name="Sign out").click()
    expect(other).to_have_url(f"{town.url}/login")

    expect(wall).to_have_url(re.compile(r"/login\?next="))


def test_pages_that_hear_no_news_ask_when_they_are_seen_again(wall: Page, town: City) -> None:
    pages = [wall.context.new_page() for _ in range(2)]
    for page, path in zip(pages, ("/report", "/cameras/cam-01/why"), strict=True):
        page.goto(f"{town.url}{path}")
    wall.get_by_role("button", name="Sign out").click()
    expect(wall).to_have_url(f"{town.url}/login")

    for page in pages:
        page.evaluate("dispatchEvent(new Event('focus'))")
        expect(page).to_have_url(re.compile(r"/login\?next="))


def test_a_session_that_ended_while_the_server_was_away_leads_to_the_sign_in_page(
    wall: Page, town: City, excused: list[str]
) -> None:
    excused += [*AWAY, "401"]
    town.stop()
    expect(wall.locator("#lamp")).to_have_text("Not connected, retrying")
    wall.context.clear_cookies()
    town.start()

    expect(wall).to_have_url(re.compile(r"/login\?next="))


def test_signing_in_on_another_screen_reaches_all_pages(wall: Page, town: City) -> None:
    case_id = town.case("stall", evidence=False)
    case, cameras, other = (wall.context.new_page() for _ in range(3))
    case.goto(f"{town.url}/cases/{case_id}")
    case.get_by_label("Note (kept in the history)").fill("a note that stays")
    cameras.goto(f"{town.url}/cameras")
    tokens = [page.locator("[name=csrf_token]") for page in (wall, case, cameras)]
    old = [token.input_value() for token in tokens]

    sign_in(other, town.url, town.key("operator"))

    for token, ended in zip(tokens, old, strict=True):
        expect(token).not_to_have_value(ended)
    case.get_by_role("button", name="Confirm", exact=True).click()
    expect(case.locator(".history")).to_contain_text("a note that stays")

    other.goto("about:blank")  # a browser has six connections to a server
    sign_in(other, town.url, town.key("admin"))

    for page in (wall, case, cameras):
        expect(page.locator(".who-name")).to_contain_text("administrator")


def test_a_sign_in_page_goes_on_once_somebody_has_signed_in_on_another_screen(new_page: PageMaker, town: City) -> None:
    page = new_page(role=None)
    page.goto(f"{town.url}/cameras")
    sign_in(page.context.new_page(), town.url, town.key("operator"))

    page.evaluate("dispatchEvent(new Event('focus'))")

    expect(page).to_have_url(f"{town.url}/cameras")


def test_the_browsers_language_is_spoken_and_another_is_remembered(new_page: PageMaker, town: City) -> None:
    page = new_page(locale="zh-CN")
    town.case("stall", evidence=False)
    expect(page.locator(".card h3")).to_have_text("占道经营")
    expect(page.locator(".card .status")).to_have_text("待核实")
    expect(page.locator("#lamp")).to_have_text("实时连接")

    page.get_by_role("link", name="Switch to English").click()

    expect(page.locator(".card h3")).to_have_text("Stall")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto(f"{town.url}/cameras")
    expect(page.get_by_role("heading", name="Cameras")).to_be_visible()


def test_the_picture_for_readme_is_small_enough(browser: Browser, town: City, tmp_path: Path) -> None:
    town.case("stall", camera_id="cam-01")
    town.case("debris", camera_id="cam-02", seed=2)

    page_picture.take(browser, town.url, town.key("operator"), tmp_path / "page.png")

    assert 50_000 < (tmp_path / "page.png").stat().st_size <= page_picture.MOST_BYTES
