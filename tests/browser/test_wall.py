# SPDX-License-Identifier: AGPL-3.0-or-later
"""The case wall in a real browser, over a real server."""

import re
from datetime import UTC, datetime

from playwright.sync_api import Locator, Page, Route, expect

from support import drawn_street
from support.chromium import AWAY, PageMaker, press
from support.city import City

LOADED = "image => image.decode().then(() => image.naturalWidth)"


def picture_of(town: City, wall: Page, case_id: str) -> Locator:
    """A card's picture once it is the one that stays: the card comes first, its pictures one by one."""
    picture = wall.locator(f"#case-{case_id} img")
    expect(picture).to_have_attribute("src", town.picture(case_id))
    assert picture.evaluate(LOADED) == 1280
    return picture


def test_an_empty_wall_says_how_many_cameras_watch(wall: Page) -> None:
    expect(wall.get_by_text("No open case")).to_be_visible()
    expect(wall.get_by_text("2 cameras watched.")).to_be_visible()


def test_a_camera_that_goes_down_stays_told_on_an_empty_wall(town: City, wall: Page) -> None:
    told = wall.get_by_text("Only 1 of 2 cameras live")
    town.state("cam-02", "retrying", "no picture for 8 s from cam-02: check power and network")
    expect(told).to_be_visible()

    case_id = town.case("stall", evidence=False)
    expect(told).to_be_hidden()
    town.ask("POST", f"/cases/{case_id}/transitions", role="operator", json={"to": "false_alarm"})

    expect(told).to_be_visible()


def test_a_case_appears_without_reload_with_its_picture(town: City, wall: Page) -> None:
    wall.evaluate("window.notReloaded = true")

    case_id = town.case("stall", camera_id="cam-02", standing_s=95)

    card = wall.locator(f"#case-{case_id}")
    expect(card).to_be_visible()
    expect(card).to_contain_text("Market Street")
    expect(card.locator("h3")).to_have_text("Stall")
    expect(card.locator(".status")).to_have_text("New")
    expect(wall.locator(".chip[data-status=new] strong")).to_have_text("1")
    expect(wall.locator("#announce")).to_contain_text("New case: Stall, Market Street")
    expect(wall.get_by_text("No open case")).to_be_hidden()
    picture_of(town, wall, case_id)
    assert wall.evaluate("window.notReloaded")


def test_the_box_lies_over_the_thing_whatever_the_shape_of_card_and_picture(town: City, wall: Page) -> None:
    case_id = town.case("stall")

    picture = picture_of(town, wall, case_id).bounding_box()
    box = wall.locator(f"#case-{case_id} rect.box").last.bounding_box()

    assert picture is not None
    assert box is not None
    assert abs((box["x"] - picture["x"]) / picture["width"] - 0.52) < 0.02
    assert abs((box["y"] - picture["y"]) / picture["height"] - 0.40) < 0.03


def test_time_standing_ticks(town: City, wall: Page) -> None:
    case_id = town.case("stall", standing_s=3597, evidence=False)

    expect(wall.locator(f"#case-{case_id} .span")).to_have_text(re.compile(r"1:00:0\d"))


def test_a_decision_elsewhere_changes_the_card_and_a_done_case_leaves(town: City, wall: Page) -> None:
    case_id = town.case("debris", evidence=False)
    card = wall.locator(f"#case-{case_id}")
    expect(card.locator(".status")).to_have_text("New")

    town.ask("POST", f"/cases/{case_id}/transitions", role="operator", json={"to": "confirmed"})
    expect(card.locator(".status")).to_have_text("Confirmed")

    town.ask("POST", f"/cases/{case_id}/transitions", role="operator", json={"to": "false_alarm"})
    expect(card).to_have_count(0)
    expect(wall.get_by_text("No open case")).to_be_visible()


def test_filters_hold_for_what_arrives(town: City, wall: Page) -> None:
    wall.get_by_label("Class").select_option("debris")
    expect(wall).to_have_url(f"{town.url}/?class=debris")
    wall.locator("#lamp[data-state=live]").wait_for()

    stall = town.case("stall", evidence=False)
    debris = town.case("debris", evidence=False)

    expect(wall.locator(f"#case-{debris}")).to_be_visible()
    expect(wall.locator(f"#case-{stall}")).to_have_count(0)
    expect(wall.locator(".chip[data-status=new] strong")).to_have_text("1")


def test_the_filters_say_what_the_wall_shows_after_going_back(town: City, wall: Page) -> None:
    wall.get_by_label("Class").select_option("debris")
    wall.wait_for_url("**class=debris")
    wall.locator("select[name=camera]").select_option("cam-02")
    wall.wait_for_url("**camera=cam-02")

    wall.go_back()
    wall.wait_for_url("**class=debris")
    expect(wall.get_by_label("Class")).to_have_value("debris")
    expect(wall.locator("select[name=camera]")).to_have_value("")
    wall.go_back()
    wall.wait_for_url(f"{town.url}/")
    expect(wall.get_by_label("Class")).to_have_value("")


def test_a_camera_is_chosen_by_keys_with_enter_and_keeps_the_focus(town: City, wall: Page) -> None:
    box = wall.locator("select[name=camera]")
    assert box.locator("option").all_inner_texts() == ["All cameras", "Market Street", "人民路口东"]

    box.focus()
    press(wall, "ArrowDown", "ArrowDown")
    expect(box).to_have_value("cam-01")
    expect(wall).to_have_url(f"{town.url}/")
    press(wall, "Enter")

    expect(wall).to_have_url(f"{town.url}/?camera=cam-01")
    expect(box).to_be_focused()


def test_a_case_is_found_by_its_number_and_what_arrives_is_held_against_it(town: City, wall: Page) -> None:
    wanted, other = town.case("stall", evidence=False), town.case("debris", evidence=False)
    wall.get_by_label("Find").click()
    field = wall.get_by_placeholder("Number, camera, place or zone")
    field.fill(f" {wanted} ")
    field.press("Enter")

    wall.wait_for_url(f"**/?q=*{wanted}*")
    wall.locator("#lamp[data-state=live]").wait_for()
    expect(wall.locator(".card")).to_have_count(1)
    expect(field).to_have_value(wanted)
    town.ask("POST", f"/cases/{other}/transitions", role="operator", json={"to": "confirmed"})
    town.ask("POST", f"/cases/{wanted}/transitions", role="operator", json={"to": "confirmed"})
    expect(wall.locator(f"#case-{wanted} .status")).to_have_text("Confirmed")
    expect(wall.locator(".card")).to_have_count(1)


def test_going_back_from_a_case_leads_to_its_card_in_a_long_list(
    town: City, new_page: PageMaker, excused: list[str]
) -> None:
    excused += AWAY
    ids = [town.case("stall", evidence=False) for _ in range(70)]
    wall = new_page()
    for shown in (60, 70):
        wall.locator(".card").last.scroll_into_view_if_needed()
        expect(wall.locator(".card")).to_have_count(shown)
    link = wall.locator(f"#case-{ids[5]} a")
    link.click()
    wall.wait_for_url(f"**/cases/{ids[5]}")

    wall.go_back()
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()

    town.stop()
    expect(wall.locator("#lamp")).to_have_text("Not connected, retrying")
    town.start()
    expect(wall.locator("#lamp")).to_have_text("Live")
    expect(wall.locator(".card")).to_have_count(70)
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()


def test_older_cases_come_while_scrolling(town: City, new_page: PageMaker) -> None:
    for _ in range(33):
        town.case("stall", evidence=False)
    wall = new_page()

    wall.mouse.wheel(0, 20_000)

    expect(wall.locator(".card")).to_have_count(33)
    expect(wall.locator("#older")).to_be_hidden()
    numbers = wall.locator(".card").evaluate_all("cards => cards.map(card => card.dataset.key)")
    assert numbers == sorted(numbers, reverse=True)


def test_a_server_that_comes_back_is_caught_up_with(town: City, wall: Page, excused: list[str]) -> None:
    excused += AWAY
    wall.evaluate("window.notReloaded = true")

    town.stop()
    expect(wall.locator("#lamp")).to_have_text("Not connected, retrying")
    expect(wall.locator("#banner")).to_contain_text("Not connected to the server")
    town.start()
    case_id = town.case("debris", evidence=False)

    expect(wall.locator("#lamp")).to_have_text("Live", timeout=20_000)
    expect(wall.locator(f"#case-{case_id}")).to_be_visible()
    expect(wall.locator("#banner")).to_be_hidden()
    assert wall.evaluate("window.notReloaded")


def test_a_relapse_during_a_reconnect_is_told_as_new(town: City, wall: Page, excused: list[str]) -> None:
    excused += [*AWAY, "ERR_FAILED"]
    case_id = town.case("stall", evidence=False)
    newer = town.case("debris", evidence=False)
    for status in ("confirmed", "dispatched", "handled", "closed"):
        town.ask("POST", f"/cases/{case_id}/transitions", role="operator", json={"to": status})
    expect(wall.locator(f"#case-{newer}")).to_be_visible()
    expect(wall.locator(f"#case-{case_id}")).to_have_count(0)
    wall.locator("#announce").evaluate("region => region.replaceChildren()")

    wall.route("**/events", lambda route: route.abort())
    town.stop()
    town.start()
    expect(wall.locator("#lamp")).to_have_text("Not connected, retrying")
    again = {"kind": "relapsed", "at": datetime.now(UTC).isoformat()}
    town.ask("POST", f"/cases/{case_id}/observations", json=again)
    wall.unroute("**/events")

    expect(wall.locator("#announce")).to_contain_text("Connected again")
    expect(wall.locator("#announce")).to_contain_text("New case: Stall")
    expect(wall.locator("#announce")).not_to_contain_text("Debris")
    expect(wall.locator(".card.arrived")).to_have_count(1)


def test_a_case_that_is_new_again_moves_to_the_front(town: City, wall: Page) -> None:
    wall.goto(f"{town.url}/?status=all")
    wall.locator("#lamp[data-state=live]").wait_for()
    back, newer = town.case("stall", evidence=False), town.case("debris", evidence=False)
    cards = wall.locator(".card")
    expect(cards).to_have_count(2)
    assert cards.evaluate_all("cards => cards.map(card => card.dataset.key)") == [newer, back]

    for status in ("false_alarm", "new"):
        town.ask("POST", f"/cases/{back}/transitions", role="operator", json={"to": status})

    expect(cards.first).to_have_id(f"case-{back}")
    expect(cards).to_have_count(2)


def test_camera_tiles_tell_state_error_and_show_the_last_picture(town: City, wall: Page) -> None:
    tile = wall.locator(".tile[data-key=cam-02]")
    expect(tile.locator(".camera-status")).to_have_text("Live")
    assert tile.locator("img").evaluate(LOADED) == 1280

    town.state("cam-02", "retrying", "no picture for 8 s from cam-02: check power and network; retrying in 4 s")

    expect(tile.locator(".camera-status")).to_have_text("Retrying")
    expect(tile.locator(".error")).to_contain_text("check power and network")


def test_new_snapshots_take_their_places_together_without_a_black_moment(town: City, wall: Page) -> None:
    wall.evaluate("""() => {
      window.blank = window.decoding = window.atOnce = 0;
      const decode = HTMLImageElement.prototype.decode;
      HTMLImageElement.prototype.decode = function () {
        window.atOnce = Math.max(window.atOnce, (window.decoding += 1));
        return decode.call(this).finally(() => (window.decoding -= 1));
      };
      const look = () => {
        const image = document.querySelector(".tile[data-key=cam-01] img");
        if (!image || !image.complete || !image.naturalWidth) window.blank += 1;
        requestAnimationFrame(look);
      };
      look();
    }""")
    before = wall.locator(".tile[data-key=cam-01] img").get_attribute("src")

    def both_anew(route: Route) -> None:
        for camera_id in ("cam-01", "cam-02"):
            town.snapshot(camera_id, drawn_street.jpeg("nothing", seed=5))
        route.continue_()

    wall.route("**/tiles", both_anew, times=1)

    expect(wall.locator(".tile[data-key=cam-01] img")).not_to_have_attribute("src", before or "", timeout=15_000)
    assert wall.evaluate("window.blank") == 0
    assert wall.evaluate("window.atOnce") == 2


def test_a_new_snapshot_moves_neither_zones_nor_focus(town: City, wall: Page) -> None:
    town.snapshot("cam-01", drawn_street.jpeg("nothing", size=(960, 720)))
    wall.goto(f"{town.url}/cameras")
    picture, marks = (wall.locator(f"#camera-cam-01 {part}") for part in ("img", ".marks"))
    expect(marks).to_have_attribute("viewBox", "0 0 1600 1200")
    link = wall.locator("#camera-cam-01").get_by_role("link", name="Why not?")
    link.focus()
    before = picture.get_attribute("src")

    town.snapshot("cam-01", drawn_street.jpeg("nothing", seed=5, size=(960, 720)))

    expect(picture).not_to_have_attribute("src", before or "")
    assert marks.get_attribute("viewBox") == "0 0 1600 1200"
    assert link.evaluate("link => link === document.activeElement")


def test_pictures_that_stay_are_kept_as_they_are(town: City, wall: Page) -> None:
    case_id = town.case("stall")
    picture = picture_of(town, wall, case_id)
    picture.evaluate("image => { image.kept = true }")

    town.ask("POST", f"/cases/{case_id}/transitions", role="operator", json={"to": "confirmed"})

    expect(wall.locator(f"#case-{case_id} .status")).to_have_text("Confirmed")
    assert picture.evaluate("image => image.kept")


def test_the_cameras_page_draws_zones_over_the_picture(town: City, wall: Page) -> None:
    wall.get_by_role("link", name="Cameras").click()

    camera = wall.locator("#camera-cam-01")
    expect(camera.locator("polygon.zone")).to_have_count(2)
    expect(camera.locator(".zones")).to_contain_text("便民摊点 market permitted")


def test_sound_is_off_until_switched_on_and_then_rings_on_the_next_page_too(town: City, wall: Page) -> None:
    wall.add_init_script("""
      window.tones = 0;
      const start = OscillatorNode.prototype.start;
      OscillatorNode.prototype.start = function (at) { window.tones += 1; start.call(this, at); };
    """)
    button = wall.get_by_role("button", name="Sound for new cases")
    expect(button).to_have_attribute("aria-pressed", "false")

    button.click()
    with wall.expect_navigation():
        wall.get_by_role("link", name="Cases", exact=True).click()

    expect(button).to_have_attribute("aria-pressed", "true")
    wall.locator("#lamp[data-state=live]").wait_for()
    town.case("stall", evidence=False)
    wall.wait_for_function("() => window.tones === 2")


def test_cases_are_reached_by_keyboard(town: City, wall: Page) -> None:
    older, newer = town.case("stall", evidence=False), town.case("debris", evidence=False)
    expect(wall.locator(f"#case-{newer}")).to_be_visible()

    press(wall, "j", "j", "Enter")

    expect(wall).to_have_url(f"{town.url}/cases/{older}")


def test_the_next_card_has_the_focus_when_one_leaves(town: City, wall: Page) -> None:
    ids = [town.case("stall", evidence=False) for _ in range(4)]
    expect(wall.locator(".card")).to_have_count(4)
    for _ in range(2):
        press(wall, "j")
    expect(wall.locator(f"#case-{ids[2]} a")).to_be_focused()

    town.ask("POST", f"/cases/{ids[2]}/transitions", role="operator", json={"to": "false_alarm"})
    expect(wall.locator(f"#case-{ids[1]} a")).to_be_focused()
    press(wall, "j")
    expect(wall.locator(f"#case-{ids[0]} a")).to_be_focused()

    town.ask("POST", f"/cases/{ids[0]}/transitions", role="operator", json={"to": "false_alarm"})
    expect(wall.locator(f"#case-{ids[1]} a")).to_be_focused()


def test_a_card_stops_counting_while_its_camera_is_down(town: City, wall: Page) -> None:
    card = wall.locator(f"#case-{town.case('stall', evidence=False)}")
    expect(card.locator(".standing")).to_contain_text("standing")

    town.state("cam-01", "retrying", "no picture for 8 s from cam-01: check power and network")
    expect(card.locator(".standing")).to_have_text(re.compile("no picture, last seen.*ago"))
    town.state("cam-01", "live")
    expect(card.locator(".standing")).to_contain_text("standing")


def test_on_a_small_screen_the_cameras_are_summed_up_above_the_cards(town: City, wall: Page) -> None:
    online = wall.get_by_role("link", name="2/2 cameras live")
    expect(online).to_be_hidden()
    wall.set_viewport_size({"width": 390, "height": 844})
    expect(online).to_be_in_viewport()

    town.state("cam-02", "retrying", "no picture for 8 s from cam-02: check power and network")
    wall.get_by_role("link", name="1/2 cameras live").click()
    expect(wall).to_have_url(f"{town.url}/cameras")


def test_a_long_camera_name_leaves_the_report_readable_and_printable(town: City, wall: Page) -> None:
    town.camera("cam-09", "街" * 58)
    town.case("stall", camera_id="cam-09", evidence=False)
    wall.goto(f"{town.url}/report")

    def overflow() -> int:
        return int(wall.locator(".report").evaluate("box => box.scrollWidth - box.clientWidth"))

    assert overflow() == 0
    wall.set_viewport_size({"width": 700, "height": 1000})  # A4 without its margins
    wall.emulate_media(media="print")
    assert overflow() == 0
    expect(wall.locator(".periods .button").first).to_be_hidden()
    assert wall.locator(".report td").first.evaluate("cell => getComputedStyle(cell).color") == "rgb(0, 0, 0)"


def test_what_others_wrote_stays_text(town: City, wall: Page) -> None:
    name = '<img src=x onerror="document.title=1">'
    town.camera("cam-09", name)
    case_id = town.case("stall", camera_id="cam-09", zone="</p><script>alert(1)</script>", evidence=False)

    card = wall.locator(f"#case-{case_id}")

    expect(card.locator(".camera-name")).to_have_text(name)
    expect(card.locator(".zone-name")).to_have_text("</p><script>alert(1)</script>")
