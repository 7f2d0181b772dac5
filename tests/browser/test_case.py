# SPDX-License-Identifier: AGPL-3.0-or-later
"""One case in a real browser: evidence, decisions, and other people's decisions."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, Route, expect

from support import drawn_street
from support.chromium import AWAY, PageMaker, press, sign_in
from support.city import City

NOTE = "Note (kept in the history)"


@pytest.fixture
def case_id(town: City) -> str:
    """A case with pictures and a clip."""
    return town.case("stall")


@pytest.fixture
def case(wall: Page, town: City, case_id: str) -> Page:
    """Its page."""
    wall.goto(f"{town.url}/cases/{case_id}")
    wall.locator("#lamp[data-state=live]").wait_for()
    return wall


def _lose_the_answer(route: Route) -> None:
    """Lets a write reach the server and its answer be lost; nothing else of the page reaches it."""
    if route.request.method == "POST":
        route.fetch()
    route.abort("connectionreset")


def test_the_evidence_picture_loads_and_the_clip_plays(case: Page) -> None:
    assert case.locator("[data-stage]:visible img").evaluate("image => image.naturalWidth") == 1280

    case.get_by_role("button", name="Clip").click()

    case.wait_for_function("() => document.querySelector('video').readyState >= 2")
    case.wait_for_function("() => document.querySelector('video').currentTime > 0.3")


def test_a_paused_clip_stays_paused_and_p_is_for_the_clip_that_is_shown(case: Page, town: City, case_id: str) -> None:
    playing = "video => new Promise((done) => video.addEventListener('timeupdate', () => video.paused || done()))"
    first, newest = case.locator("video").first, case.locator("video").nth(1)
    town.evidence(case_id, "clip", datetime.now(UTC), drawn_street.clip("stall", seed=2), "video/mp4")
    expect(newest).to_be_attached()

    press(case, "p")
    expect(newest).to_be_visible()
    newest.evaluate(playing)
    press(case, "p")
    town.ask("POST", f"/cases/{case_id}/transitions", role="admin", json={"to": "confirmed"})
    expect(case.locator(".case-head .status")).to_have_text("Confirmed")
    assert newest.evaluate("video => video.paused")

    case.get_by_role("button", name="Clip").first.click()
    first.evaluate(playing)
    press(case, "p")
    assert first.is_visible()
    assert first.evaluate("video => video.paused")


def test_confirming_changes_page_and_api(case: Page, town: City, case_id: str) -> None:
    case.get_by_label(NOTE).fill("stall on the footway")
    case.get_by_role("button", name="Confirm", exact=True).click()

    expect(case.locator(".case-head .status")).to_have_text("Confirmed")
    expect(case.locator(".history")).to_contain_text("stall on the footway")
    expect(case.get_by_label(NOTE)).to_have_value("")
    assert town.status(case_id) == "confirmed"


def test_the_whole_way_to_closed_by_keyboard(case: Page, town: City, case_id: str) -> None:
    for key, status in (("c", "Confirmed"), ("d", "Dispatched"), ("h", "Handled"), ("x", "Closed")):
        press(case, key)
        expect(case.locator(".case-head .status")).to_have_text(status)

    expect(case.get_by_text("the case opens again by itself")).to_be_visible()
    assert town.status(case_id) == "closed"


def test_a_false_alarm_can_be_undone(case: Page, town: City, case_id: str) -> None:
    press(case, "f")
    expect(case.locator(".case-head .status")).to_have_text("False alarm")
    assert town.status(case_id) == "false_alarm"

    press(case, "u")
    expect(case.locator(".case-head .status")).to_have_text("New")


def test_letters_in_a_note_decide_nothing(case: Page, town: City, case_id: str) -> None:
    press(case, "E")  # caps lock is on
    case.keyboard.type("cfdhx")

    expect(case.get_by_label(NOTE)).to_have_value("cfdhx")
    assert town.status(case_id) == "new"


def test_two_people_deciding_at_once_are_told(case: Page, town: City, case_id: str, excused: list[str]) -> None:
    excused.append("409")

    def overtaken(route: Route) -> None:
        town.ask("POST", f"/cases/{case_id}/transitions", role="admin", json={"to": "false_alarm"})
        route.continue_()

    case.route("**/transitions", overtaken)
    case.get_by_role("button", name="Confirm", exact=True).click()

    expect(case.get_by_role("alert")).to_contain_text("This case has changed meanwhile")
    expect(case.locator(".case-head .status")).to_have_text("False alarm")
    assert town.status(case_id) == "false_alarm"


def test_whoever_goes_on_at_once_waits_for_the_answer(case: Page, town: City, case_id: str, excused: list[str]) -> None:
    excused.append("409")
    other = town.case("debris", evidence=False)
    expect(case.get_by_role("link", name="Next new case")).to_have_attribute("href", f"/cases/{other}")
    asked: list[Route] = []

    def unanswered(route: Route) -> None:
        asked.append(route)

    case.route("**/transitions", unanswered)

    with case.expect_request("**/transitions"):
        press(case, "c", "n")
    case.wait_for_timeout(300)
    while not asked:
        case.wait_for_timeout(50)
    town.ask("POST", f"/cases/{case_id}/transitions", role="admin", json={"to": "false_alarm"})
    asked.pop().continue_()
    expect(case.get_by_role("alert")).to_contain_text("This case has changed meanwhile")
    expect(case.locator(".case-head .status")).to_have_text("False alarm")

    with case.expect_request("**/transitions"):
        press(case, "u", "n")
    case.wait_for_timeout(300)
    while not asked:
        case.wait_for_timeout(50)
    asked.pop().continue_()
    expect(case).to_have_url(f"{town.url}/cases/{other}")
    assert town.status(case_id) == "new"


def test_why_a_case_cannot_be_opened_again_is_told_in_chinese(
    new_page: PageMaker, town: City, excused: list[str]
) -> None:
    excused.append("409")
    old = town.case("stall", evidence=False, key="gate")
    town.ask("POST", f"/cases/{old}/transitions", role="operator", json={"to": "false_alarm"})
    standing = town.case("stall", evidence=False, key="gate")
    page = new_page(locale="zh-CN")
    page.goto(f"{town.url}/cases/{old}")

    page.get_by_role("button", name="撤销误报").click()

    expect(page.get_by_role("alert")).to_contain_text(f"该地点已有未结案件 {standing}")


def test_a_note_is_added_without_a_move_on_a_closed_case_too(case: Page, town: City, case_id: str) -> None:
    note, add = case.get_by_label(NOTE), case.get_by_role("button", name="Add note")
    add.click()
    expect(note).to_be_focused()  # there is nothing to add yet
    for words, status in (("crew delayed", "new"), ("the owner paid", "closed")):
        if status == "closed":
            for to in ("confirmed", "dispatched", "handled", "closed"):
                town.ask("POST", f"/cases/{case_id}/transitions", role="operator", json={"to": to})
            expect(case.locator(".case-head .status")).to_have_text("Closed")
        note.fill(words)
        add.click()
        expect(case.locator(".history")).to_contain_text(words)
        expect(note).to_have_value("")
        assert town.status(case_id) == status


def test_another_persons_decision_shows_without_losing_the_note(case: Page, town: City, case_id: str) -> None:
    case.get_by_label(NOTE).fill("half a sentence")

    town.ask("POST", f"/cases/{case_id}/transitions", role="admin", json={"to": "confirmed"})

    expect(case.locator(".case-head .status")).to_have_text("Confirmed")
    expect(case.get_by_role("button", name="Dispatch")).to_be_visible()
    expect(case.get_by_label(NOTE)).to_have_value("half a sentence")


def test_a_note_whose_answer_is_lost_is_kept_once(case: Page, town: City, case_id: str, excused: list[str]) -> None:
    excused.extend(AWAY)
    note, add = case.get_by_label(NOTE), case.get_by_role("button", name="Add note")
    case.route("**/cases/**", _lose_the_answer)
    note.fill("the owner\nhas left")
    add.click()
    expect(case.get_by_role("alert").filter(has_text="not known whether this was done")).to_be_visible()
    expect(note).to_have_value("the owner\nhas left")
    add.click()  # nobody knows yet
    expect(add).to_be_enabled()

    case.unroute("**/cases/**")

    expect(note).to_have_value("")
    expect(case.locator("#decide-error")).to_be_hidden()
    assert case.locator(".history p").inner_text() == "the owner\nhas left"
    assert [row["note"] for row in town.history(case_id)] == [None, "the owner\nhas left"]


def test_ones_own_move_whose_answer_is_lost_is_nobody_elses(
    case: Page, town: City, case_id: str, excused: list[str]
) -> None:
    excused.extend(AWAY)
    note = case.get_by_label(NOTE)
    note.fill("two tricycles")
    case.route("**/cases/**", _lose_the_answer)
    case.get_by_role("button", name="Confirm", exact=True).click()
    expect(case.locator("#decide-error")).to_contain_text("not known")
    expect(case.locator("#add-note")).to_be_enabled()
    case.unroute("**/cases/**")
    case.reload()  # what is not answered is remembered

    expect(case.locator(".case-head .status")).to_have_text("Confirmed")
    expect(note).to_have_value("")
    press(case, "d")
    expect(case.locator(".case-head .status")).to_have_text("Dispatched")
    assert [row["note"] for row in town.history(case_id)] == [None, "two tricycles", None]


def test_a_move_pressed_again_after_its_answer_was_lost_is_done_once(
    case: Page, town: City, case_id: str, excused: list[str]
) -> None:
    excused.extend(AWAY)
    confirm = case.get_by_role("button", name="Confirm", exact=True)
    case.route("**/cases/**", _lose_the_answer)
    confirm.click()
    expect(case.locator("#decide-error")).to_contain_text("not known")
    expect(confirm).to_be_enabled()
    case.unroute("**/cases/**")
    # the page does not know yet, the API can be reached
    case.route("**/cases/C*", lambda route: route.abort("connectionreset"))

    confirm.click()

    expect(case.locator("#decide-error")).to_be_hidden()
    assert [row["to"] for row in town.history(case_id)] == ["new", "confirmed"]


def test_the_same_note_can_be_kept_twice_on_purpose(case: Page, town: City, case_id: str) -> None:
    for times in (1, 2):
        case.get_by_label(NOTE).fill("called again")
        case.get_by_role("button", name="Add note").click()
        expect(case.locator(".history p")).to_have_count(times)
    assert [row["note"] for row in town.history(case_id)] == [None, "called again", "called again"]


def test_what_is_typed_while_a_move_is_on_its_way_stays(case: Page, town: City, case_id: str) -> None:
    note = case.get_by_label(NOTE)

    def typed(route: Route) -> None:
        note.fill("two tricycles, a grill")
        route.continue_()

    case.route("**/transitions", typed)
    note.fill("two tricycles")
    case.get_by_role("button", name="Confirm", exact=True).click()

    expect(case.locator(".history")).to_contain_text("two tricycles")
    expect(case.locator("#add-note")).to_be_enabled()
    expect(note).to_have_value("two tricycles, a grill")


def test_a_note_survives_leaving_and_signing_in_anew_for_its_writer_only(
    new_page: PageMaker, town: City, case_id: str, excused: list[str]
) -> None:
    excused.extend(("401", "403", "ERR_"))
    page = new_page(role="operator")
    page.goto(f"{town.url}/cases/{case_id}")
    note = page.locator("#note")
    note.fill("waiting for help")
    note.press("Escape")
    press(page, "Escape")
    expect(page).to_have_url(f"{town.url}/")
    page.goto(f"{town.url}/cases/{case_id}")
    expect(note).to_have_value("waiting for help")
    page.locator("a.language").click()
    expect(page.get_by_text("备注（写入案件记录）")).to_be_visible()
    expect(note).to_have_value("waiting for help")

    page.context.clear_cookies(name="curbwatch_session")
    expect(page).to_have_url(re.compile("/login"))
    for role, kept in (("admin", ""), ("operator", "waiting for help")):
        page.context.clear_cookies(name="curbwatch_session")
        sign_in(page, town.url, town.key(role))
        page.goto(f"{town.url}/cases/{case_id}")
        expect(note).to_have_value(kept)


def test_a_note_that_is_too_long_is_not_cut_and_control_characters_are_taken_out(
    case: Page, town: City, case_id: str
) -> None:
    note, add = case.get_by_label(NOTE), case.get_by_role("button", name="Add note")
    note.fill("备" * 1995)
    expect(case.locator("#note-room")).to_have_text("5 letters left")
    note.fill("备" * 2005)
    expect(case.locator("#note-room")).to_have_text("5 letters too many: shorten the note to 2,000")
    add.click()
    expect(note).to_be_focused()
    assert len(note.input_value()) == 2005

    note.fill("the owner\vhas left")
    expect(case.locator("#note-room")).to_be_empty()
    add.click()

    expect(note).to_have_value("")
    assert town.history(case_id)[-1]["note"] == "the owner has left"


def test_a_note_that_is_refused_is_told_in_chinese(
    new_page: PageMaker, town: City, case_id: str, excused: list[str]
) -> None:
    excused.append("422")
    page = new_page(locale="zh-CN")
    page.goto(f"{town.url}/cases/{case_id}")
    page.route("**/notes", lambda route: route.continue_(post_data='{"note": "\\u000b"}'))
    page.locator("#note").fill("摊主")
    page.locator("#add-note").click()

    expect(page.locator("#decide-error")).to_have_text("操作未执行：备注中有无法保存的字符，请删去后再试。")


def test_a_clearing_that_comes_first_is_not_called_somebody_elses_doing(
    case: Page, town: City, case_id: str, excused: list[str]
) -> None:
    excused.append("409")

    def overtaken(route: Route) -> None:
        at = datetime.now(UTC).isoformat()
        town.ask("POST", f"/cases/{case_id}/observations", json={"kind": "cleared", "at": at})
        route.continue_()

    case.route("**/transitions", overtaken)
    case.get_by_role("button", name="Confirm", exact=True).click()

    expect(case.locator("#decide-error")).to_contain_text("by a person or by the camera")


def test_a_cleared_case_shows_before_and_after_side_by_side(case: Page, town: City, case_id: str) -> None:
    now = datetime.now(UTC)
    town.ask("POST", f"/cases/{case_id}/observations", json={"kind": "cleared", "at": now.isoformat()})
    town.evidence(case_id, "after", now, drawn_street.jpeg("nothing"))

    expect(case.locator(".standing[data-cleared]")).to_be_visible()
    expect(case.locator("#picture-pair img")).to_have_count(2)


def test_the_trace_is_told_look_by_look(case: Page) -> None:
    expect(case.get_by_text("40 looks: 34 saw it, 2 did not, 4 were neither")).to_be_visible()

    case.get_by_text("Look by look").click()

    expect(case.locator("tbody tr")).to_have_count(40)
    expect(case.locator("tbody tr").first).to_contain_text("seen")


def test_the_box_can_be_taken_off(case: Page) -> None:
    marks = case.locator("[data-stage]:visible .marks")
    expect(marks).to_be_visible()

    press(case, "b")

    expect(marks).to_be_hidden()


def test_n_leads_to_the_next_new_case(case: Page, town: City) -> None:
    other = town.case("debris", evidence=False)
    expect(case.get_by_role("link", name="Next new case")).to_have_attribute("href", f"/cases/{other}")

    press(case, "n")

    expect(case).to_have_url(f"{town.url}/cases/{other}")


def test_the_walls_filter_is_kept_on_the_way_through_its_cases(wall: Page, town: City) -> None:
    first, second = (town.case("debris", evidence=False) for _ in range(2))
    town.case("stall", evidence=False)
    query = "?status=all&class=debris"
    wall.goto(f"{town.url}/{query}")
    wall.locator("#lamp[data-state=live]").wait_for()
    press(wall, "j", "j", "Enter")
    expect(wall).to_have_url(f"{town.url}/cases/{first}{query}")
    wall.locator("#lamp[data-state=live]").wait_for()

    press(wall, "c")  # reads the page anew
    expect(wall.locator(".case-head .status")).to_have_text("Confirmed")
    press(wall, "n")
    expect(wall).to_have_url(f"{town.url}/cases/{second}{query}")
    press(wall, "Escape")

    expect(wall).to_have_url(f"{town.url}/{query}")


def test_a_case_listens_only_while_it_is_seen(wall: Page, town: City, case_id: str) -> None:
    page = wall.context.new_page()
    page.clock.install()
    page.add_init_script("Object.defineProperty(document, 'hidden', { get: () => !window.inFront })")
    streams: list[str] = []
    page.on("request", lambda request: streams.append(request.url) if request.url.endswith("/events") else None)

    def show(front: str) -> None:
        page.evaluate(f"window.inFront = {front}; document.dispatchEvent(new Event('visibilitychange'))")

    page.goto(f"{town.url}/cases/{case_id}")
    page.wait_for_load_state("networkidle")
    assert streams == []

    page.route("**/events", lambda _: None, times=1)  # this one is never answered
    with page.expect_request("**/events"):  # given up before it leaves, it would leave the silence to the next one
        show("true")
    show("false")
    show("true")
    expect(page.locator("#lamp")).to_have_text("Live")
    page.clock.fast_forward(9000)  # by then the first stream would have been given up
    assert len(streams) == 2
    assert page.locator("#banner").is_hidden()


def test_a_viewer_sees_no_buttons(new_page: PageMaker, town: City, case_id: str) -> None:
    page = new_page(role="viewer")
    page.goto(f"{town.url}/cases/{case_id}")

    expect(page.get_by_text("may look but not move cases")).to_be_visible()
    expect(page.locator(".move")).to_have_count(0)
