# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page without a browser: who gets in, what headers guard it, what it makes of odd data."""

import itertools
import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from api import accounts
from api.camera_schemas import CAMERA_IN
from api.ledger_schemas import ENTRY_IN
from api.page import assets, rendering
from api.page.views import Chosen
from api.roles import OWN_PATROL, Role
from support.trial import Trial, trial

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
CASE: dict[str, Any] = {
    "key": "cam-1/1",
    "class": "stall",
    "camera_id": "cam-1",
    "zone": "gate",
    "confidence": 0.9,
    "box": [0.1, 0.2, 0.3, 0.4],
    "first_seen_at": "2026-11-21T05:00:00Z",
    "confirmed_at": "2026-11-21T05:05:00Z",
    "last_seen_at": "2026-11-21T05:05:00Z",
    "model": "street-1",
}
PAGES = ("/", "/cameras", "/cards", "/tiles", "/report")


@pytest.fixture
def made(tmp_path: Path) -> Trial:
    return trial(tmp_path, change=lambda c: replace(c, source_url="https://city.example/source"), clock=lambda: NOW)


@pytest.fixture
def client(made: Trial) -> Iterator[TestClient]:
    with TestClient(made.app, follow_redirects=False, headers={"Accept": "text/html"}) as started:
        yield started


def report(client: TestClient, made: Trial, **changes: Any) -> str:
    headers = made.headers("patrol") | {"Idempotency-Key": uuid.uuid4().hex}
    return str(client.post("/api/v1/cases", json=CASE | changes, headers=headers).json()["id"])


@pytest.mark.parametrize("path", [*PAGES, "/cases/C20261121-0001", "/?status=all&class=stall"])
def test_nothing_is_shown_before_signing_in(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=%2F")


def test_an_address_too_long_to_come_back_to_leads_to_the_sign_in_all_the_same(client: TestClient) -> None:
    answer = client.get(client.get("/?status=all&x=" + "a" * 600).headers["location"])

    assert answer.status_code == 200
    assert answer.text.count('name="next" value="/"') == 2


@pytest.mark.parametrize("path", PAGES)
def test_pages_carry_the_headers_that_keep_foreign_things_out(client: TestClient, made: Trial, path: str) -> None:
    answer = client.get(path, headers=made.headers("viewer"))

    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/cameras", "/login"])
def test_pages_hold_no_inline_script_or_style_and_name_only_own_addresses(
    client: TestClient, made: Trial, path: str
) -> None:
    report(client, made)
    html = client.get(path, headers=made.headers("viewer")).text

    assert re.findall(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|<style", html) == []
    addresses = re.findall(r'(?:src|href|action)="([^"]*)"', html)
    foreign = [a for a in addresses if not a.startswith(("/", "#")) and a != made.config.source_url]
    assert foreign == []


def test_every_file_a_page_or_file_names_is_served(client: TestClient, made: Trial) -> None:
    pages = ("/", "/cameras", f"/cases/{report(client, made)}")
    html = client.get("/login").text + "".join(client.get(path, headers=made.headers("viewer")).text for path in pages)
    wanted = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', html))
    seen: set[str] = set()
    while wanted - seen:
        address = (wanted - seen).pop()
        seen.add(address)
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["cache-control"]
        folder = address.rpartition("/")[0]
        wanted |= {f"{folder}/{name}" for name in re.findall(r'from "\./([\w.]+)"', answer.text)}
        wanted |= {f"{folder}/{name}" for name in re.findall(r'@import url\("([\w.]+)"\)', answer.text)}

    assert len(seen) == len(assets.ASSETS)


def test_files_of_another_edition_are_not_kept_and_unknown_ones_are_not_there(client: TestClient) -> None:
    assert client.get("/static/older/page.css").headers["cache-control"] == "no-cache"
    assert client.get("/static/older/../../app.py").status_code == 404
    assert client.get("/static/older/nothing.js").status_code == 404


def test_a_case_that_does_not_exist_is_told_in_html(client: TestClient, made: Trial) -> None:
    answer = client.get("/cases/C20261121-0009", headers=made.headers("viewer") | {"Accept-Language": "en"})

    assert answer.status_code == 404
    assert "No such page or case" in answer.text


def test_a_patrol_may_not_look_at_the_page_and_can_sign_in_as_somebody_else(client: TestClient, made: Trial) -> None:
    client.post("/login", data={"token": made.keys[Role.PATROL]})
    answer = client.get("/", headers={"Accept-Language": "en"})

    assert answer.status_code == 403
    assert "Sign in as an operator" in answer.text
    assert '<a class="button" href="/login">' in answer.text
    assert client.get("/login/known").json() == {"known": False}


@pytest.mark.parametrize(
    "query",
    [
        "?status=nonsense",
        "?class=&camera=",
        "?before=0",
        "?status=all&class=x",
        "?q=&since=&until=",
        "?q=%25&since=x&until=99999",
    ],
)
def test_odd_filters_show_a_wall(client: TestClient, made: Trial, query: str) -> None:
    assert client.get(f"/{query}", headers=made.headers("viewer")).status_code == 200


def test_the_wall_finds_cases_by_number_by_name_and_by_day(client: TestClient, made: Trial) -> None:
    for camera_id, name in (("cam-1", "人民路东口"), ("cam-2", "市场街")):
        client.put(f"/api/v1/cameras/{camera_id}", headers=made.headers("patrol"), json={"name": name})
    gate, market = report(client, made), report(client, made, key="b", camera_id="cam-2")

    def found(query: str) -> list[str]:
        html = client.get(f"/?{query}", headers=made.headers("viewer")).text
        ids = re.findall(r'id="case-([^"]+)"', html)
        assert f'data-status="open" data-count="{len(ids)}"' in html
        return ids

    assert found(f"q={market}") == found("q=市场") == [market]
    assert found("q=gate") == found("since=2026-11-21&until=2026-11-21") == [market, gate]
    assert found("since=2026-11-22") == found("until=2026-11-20") == found("q=market%25") == []


def test_the_days_of_the_wall_are_the_citys(client: TestClient, made: Trial) -> None:
    chosen = Chosen(since=date(2026, 11, 21), until=date(2026, 11, 21))
    wanted = chosen.filter(ZoneInfo("Asia/Shanghai"))

    assert (wanted.since, wanted.until) == (
        datetime(2026, 11, 20, 16, tzinfo=UTC),
        datetime(2026, 11, 21, 16, tzinfo=UTC),
    )
    assert chosen.address(status="all") == "/?status=all&since=2026-11-21&until=2026-11-21"


def test_a_card_counts_on_only_while_its_camera_watches(client: TestClient, made: Trial) -> None:
    report(client, made)
    patrol, viewer = made.headers("patrol"), made.headers("viewer") | {"Accept-Language": "en"}
    client.put("/api/v1/cameras/cam-1", headers=patrol, json={"name": "Gate"})

    for status, counts in (("live", True), ("retrying", False)):
        state = {"status": status, "at": NOW.isoformat()}
        client.put("/api/v1/cameras/cam-1/state", headers=patrol, json=state).raise_for_status()
        html = client.get("/", headers=viewer).text
        assert ('class="span" data-since' in html) == counts
        assert ('no picture, last seen</span><time class="ago" data-ago="2026-11-21T05:05:00.000Z"' in html) != counts


def test_numbers_of_zones_do_not_cover_each_other() -> None:
    watched = [(0.02, 0.5), (0.9, 0.5), (0.9, 0.9), (0.02, 0.9)]
    pitch = [(0.03, 0.52), (0.2, 0.52), (0.2, 0.6), (0.03, 0.6)]
    edge = [(0.97, 0.9), (1.0, 0.9), (1.0, 1.0), (0.97, 1.0)]

    spots = rendering.number_spots([watched, *[pitch] * 3, *[edge] * 3])

    assert spots[0] == (0.045, 0.55)
    assert all(0 < x <= 0.96 and 0 < y <= 0.96 for x, y in spots)
    for (x, y), (other_x, other_y) in itertools.combinations(spots, 2):
        assert abs(x - other_x) > 0.044 or abs(y - other_y) > 0.079


def test_as_many_zones_as_a_camera_may_have_get_their_numbers_though_there_is_no_room_for_them() -> None:
    zone = [(0.03, 0.55), (0.2, 0.55), (0.2, 0.6), (0.03, 0.6)]
    assert len(rendering.number_spots([zone] * 100)) == 100


def test_only_cases_that_belong_on_the_wall_come_for_their_ids(client: TestClient, made: Trial) -> None:
    stall = report(client, made, key="a")
    debris = report(client, made, key="b", **{"class": "debris"})

    html = client.get(f"/cards?class=debris&ids={stall},{debris},C20200101-0001", headers=made.headers("viewer")).text

    assert re.findall(r'id="case-([^"]+)"', html) == [debris]


def test_cards_for_their_ids_take_no_more_statements_than_a_page_of_them(client: TestClient, made: Trial) -> None:
    ids = [report(client, made, key=f"k{n}") for n in range(5)]

    def statements(path: str) -> int:
        asked = list[str]()

        def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            asked.append(statement)

        sa.event.listen(sa.Engine, "before_cursor_execute", count)
        try:
            html = client.get(path, headers=made.headers("viewer")).text
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", count)
        assert re.findall(r'id="case-(C[^"]+)"', html) == ids[::-1]
        return len(asked)

    assert statements("/cards") >= statements(f"/cards?ids={','.join(ids)}")


def test_a_case_leads_back_to_the_walls_choices_and_on_to_the_next_within_them(client: TestClient, made: Trial) -> None:
    viewer = made.headers("viewer") | {"Accept-Language": "en"}
    other, debris, stall = [
        report(client, made, key=key, **{"class": name})
        for key, name in (("a", "debris"), ("b", "debris"), ("c", "stall"))
    ]
    query = "?status=all&amp;class=debris"

    wall = client.get("/?status=all&class=debris", headers=viewer).text
    case = client.get(f"/cases/{debris}?status=all&class=debris", headers=viewer).text
    alone = client.get(f"/cases/{stall}?class=stall&camera=cam-1", headers=viewer).text

    assert f'href="/cases/{debris}{query}"' in wall
    assert re.findall(r'href="([^"]*)" data-shortcut="(\w+)"', case) == [
        (f"/{query}", "Escape"),
        (f"/cases/{other}{query}", "n"),
    ]
    assert "No other new case in this filter" in alone


@pytest.mark.parametrize("query", ["?status=//evil.example", "?from=//evil.example&status=open", ""])
def test_a_case_leads_back_to_nothing_but_the_wall(client: TestClient, made: Trial, query: str) -> None:
    html = client.get(f"/cases/{report(client, made)}{query}", headers=made.headers("viewer")).text
    assert 'href="/" data-shortcut="Escape"' in html


@pytest.mark.parametrize(
    "trace",
    [
        [],
        [{"at": "2026-11-21T05:00:00Z", "verdict": "hit", "confidence": 0.8, "why": "box 0.8"}],
        [{"at": "0001-01-01T00:00:00+14:00"}, {"at": "9999-12-31T23:59:59Z"}, {"at": "0002-01-01T00:00:00+14:00"}],
        ["a line", 3, None, {"verdict": "blurred"}, {"at": "yesterday"}, {"confidence": "high"}, [1]],
    ],
)
def test_whatever_trace_a_patrol_sends_is_shown(client: TestClient, made: Trial, trace: list[Any]) -> None:
    case_id = report(client, made, trace=trace, rule={"reason": "stood <b>", "hit_ratio": "high", "grade": {"a": [1]}})

    answer = client.get(f"/cases/{case_id}", headers=made.headers("operator"))

    assert answer.status_code == 200
    assert "stood &lt;b&gt;" in answer.text


RULE: dict[str, Any] = {
    "zone": "gate",
    "grade": "strict",
    "reason": {"code": "stood", "values": {"stood_s": 130, "dwell_s": 120, "hit_ratio": 0.9, "least": 0.6}},
    "text": {"en": "stood 130 s ≥ 120 s", "zh": "停留 130 秒 ≥ 120 秒"},
    "hit_ratio": 0.9,
}


@pytest.mark.parametrize(
    ("language", "said", "unsaid"), [("zh", "停留 130 秒", "stood 130"), ("en", "stood 130", "停留")]
)
def test_a_case_speaks_the_readers_language(
    client: TestClient, made: Trial, language: str, said: str, unsaid: str
) -> None:
    client.cookies.set("curbwatch_language", language)
    other = report(client, made, camera_id="cam-2", key="cam-2/1", ground=[10, 20])
    case_id = report(client, made, rule=RULE, ground=[11, 20], history_of="cam-0/9")
    headers = made.headers("patrol") | {"Idempotency-Key": uuid.uuid4().hex}
    text = {"en": "place seen empty", "zh": "原处无物"}
    body = {"kind": "cleared", "at": "2026-11-21T05:30:00Z", "note": text["en"], "text": text}
    client.post(f"/api/v1/cases/{case_id}/observations", json=body, headers=headers).raise_for_status()
    html = client.get(f"/cases/{case_id}", headers=made.headers("viewer")).text

    assert said in html
    assert unsaid not in html
    assert (
        "已清除：原处已空（原处无物）" if language == "zh" else "cleared: the place is free (place seen empty)"
    ) in html
    assert ("警告：该地点首次成案" if language == "zh" else "warn: first case at this place") in html
    assert f'<a href="/cases/{other}">{other}</a>' in html


def test_a_case_leads_to_the_ones_before_it_not_to_those_after_it(client: TestClient, made: Trial) -> None:
    def shown(case_id: str) -> set[str]:
        html = client.get(f"/cases/{case_id}", headers=made.headers("viewer")).text
        return set(re.findall(r'<dd><a href="/cases/(C[^"]+)"', html))

    earlier, chased = report(client, made, key="a"), report(client, made, key="b")
    case_id = report(client, made, key="c", history_of="a", chased_from="b")
    assert shown(case_id) == {earlier, chased}
    for before in (earlier, chased):
        told = client.post(
            f"/api/v1/cases/{before}/transitions", json={"to": "false_alarm"}, headers=made.headers("operator")
        )
        told.raise_for_status()
    report(client, made, key="a")
    report(client, made, key="b")
    assert shown(case_id) == {earlier, chased}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"reason": "stood for 95 s"}, "stood for 95 s"),
        ({"reason": {"code": "left", "values": {"stood_s": 40}}}, "停留 40 秒后离开"),
        ({"reason": {"code": "left", "values": {"years": 40}}}, "left"),
        ({"reason": {"code": "new_in_a_later_version", "values": {}}}, "new_in_a_later_version"),
        ({"grade": "unheard of", "dwell_s": 120}, "unheard of"),
        ({"dwell_s": "two minutes"}, "two minutes"),
    ],
)
def test_rules_of_other_versions_stay_readable(
    client: TestClient, made: Trial, rule: dict[str, Any], said: str
) -> None:
    case_id = report(client, made, rule=rule)
    assert said in client.get(f"/cases/{case_id}", headers=made.headers("viewer")).text


def test_a_camera_tells_why_there_was_no_case(client: TestClient, made: Trial) -> None:
    patrol, viewer = made.headers("patrol"), made.headers("viewer")
    state = {"status": "live", "at": "2026-11-21T06:00:00Z"}
    covered = {"state": "covered", "since": "2026-11-21T05:50:00Z", "text": {"en": "covered", "zh": "镜头被<遮挡>"}}
    client.put("/api/v1/cameras/cam-1", json={"name": "北门"}, headers=patrol)
    client.put("/api/v1/cameras/cam-1/state", json=state | {"health": covered}, headers=patrol).raise_for_status()
    entry = ENTRY_IN | {"camera_id": "cam-1", "first_seen_at": "2026-11-21T05:02:00Z"}
    client.post("/api/v1/ledger", json=entry | {"given_up_at": "2026-11-21T05:04:00Z"}, headers=patrol)
    cameras = client.get("/cameras", headers=viewer).text
    asked = client.get("/cameras/cam-1/why", params={"at": "2026-11-21T13:03:00"}, headers=viewer).text

    assert "镜头被&lt;遮挡&gt;" in cameras
    assert 'href="/cameras/cam-1/why"' in cameras
    assert "13:03:00 cam-1 未立案：“gate”内的占道经营，停留 40 秒后离开（立案需停留 120 秒）" in asked
    assert asked.count('class="entry"') == 1
    assert client.get("/cameras/cam-1/why", params={"at": "never"}, headers=viewer).status_code == 200
    assert client.get("/cameras/cam-9/why", headers=viewer).status_code == 404


def test_why_links_all_cases_that_stood_then(client: TestClient, made: Trial) -> None:
    client.put("/api/v1/cameras/cam-1", json={"name": "北门"}, headers=made.headers("patrol"))
    both = [report(client, made, key=key) for key in "ab"]
    asked = client.get("/cameras/cam-1/why", params={"at": "2026-11-21T13:10"}, headers=made.headers("viewer")).text
    assert [f'href="/cases/{case_id}"' in asked for case_id in both] == [True, True]


@pytest.mark.parametrize(("language", "refused"), [("zh", "有 2 条消息被拒收"), ("en", "Refused messages: 2.")])
def test_messages_that_did_not_arrive_stand_at_their_camera_which_comes_first(
    client: TestClient, made: Trial, language: str, refused: str
) -> None:
    patrol, viewer = made.headers("patrol"), made.headers("viewer")
    client.cookies.set("curbwatch_language", language)
    for number, counts in ((1, {}), (2, {"messages_waiting": 7, "messages_refused": 2})):
        client.put(f"/api/v1/cameras/cam-{number}", json={"name": "北门"}, headers=patrol)
        state = {"status": "live", "at": "2026-11-21T06:00:00Z"} | counts
        client.put(f"/api/v1/cameras/cam-{number}/state", json=state, headers=patrol).raise_for_status()

    for html in (client.get(path, headers=viewer).text for path in ("/", "/tiles", "/cameras")):
        second, first = html.index('data-key="cam-1"'), html.index('data-key="cam-2"')
        assert first < html.index(refused) < second
        assert first < html.index("7 条消息尚未送达" if language == "zh" else "not arrived yet: 7;") < second
        assert html.count("curbwatch refused") == 1


def test_what_came_back_has_been_standing_since_then(client: TestClient, made: Trial) -> None:
    case_id = report(client, made)
    for kind, at in (("cleared", "2026-11-21T05:20:00Z"), ("relapsed", "2026-11-21T05:58:00Z")):
        body, headers = {"kind": kind, "at": at}, made.headers("patrol") | {"Idempotency-Key": kind}
        client.post(f"/api/v1/cases/{case_id}/observations", json=body, headers=headers).raise_for_status()

    for path in ("/", f"/cases/{case_id}"):
        html = client.get(path, headers=made.headers("viewer")).text
        (since,) = re.findall(r'<p class="standing".*?data-since="([^"]+)"', html, re.DOTALL)
        assert since.startswith("2026-11-21T05:58:00"), path


def test_what_became_new_last_comes_first_though_its_number_is_old(client: TestClient, made: Trial) -> None:
    operator = made.headers("operator")
    back, undone, *newer = [report(client, made, key=f"k{n}") for n in range(33)]
    for case_id, statuses in (
        (back, ("confirmed", "dispatched", "handled", "closed")),
        (undone, ("false_alarm", "new")),
    ):
        for to in statuses:
            client.post(f"/api/v1/cases/{case_id}/transitions", json={"to": to}, headers=operator).raise_for_status()
    body, headers = (
        {"kind": "relapsed", "at": "2026-11-21T05:58:00Z"},
        made.headers("patrol") | {"Idempotency-Key": "r"},
    )
    client.post(f"/api/v1/cases/{back}/observations", json=body, headers=headers).raise_for_status()

    shown, path = list[str](), "/"
    while path:
        html = client.get(path, headers=operator).text
        shown += re.findall(r'id="case-(C[^"]+)"', html)
        path = "".join(re.findall(r'id="older" href="([^"]+)" >', html))
    assert shown == [back, undone, *reversed(newer)]
    assert f'href="/cases/{undone}"' in client.get(f"/cases/{back}", headers=operator).text  # the next new one
    those = client.get(f"/cards?ids={newer[0]},{undone},{back}", headers=operator).text
    assert re.findall(r'id="case-(C[^"]+)"', those) == [back, undone, newer[0]]
    listed = client.get("/api/v1/cases?limit=1", headers=operator).json()["items"]
    assert [case["id"] for case in listed] == [newer[-1]]  # whoever pages through all of them misses none


def test_a_case_names_street_and_number_of_its_camera(client: TestClient, made: Trial) -> None:
    case_id = report(client, made)
    about = {"name": "人民路东口", "place": "人民路 12 号"}
    client.put("/api/v1/cameras/cam-1", json=about, headers=made.headers("patrol")).raise_for_status()
    assert "人民路 12 号" in client.get(f"/cases/{case_id}", headers=made.headers("viewer")).text


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"status": "live"}, []),
        (
            {
                "status": "retrying",
                "error": "no keyframe for 8 s from 北门: set a shorter keyframe interval in the camera",
            },
            ["重连中", "北门 已 8 秒没有关键帧"],
        ),
        ({"status": "live", "health": {"state": "covered", "since": "2026-11-21T00:00:00Z"}}, ["设备工单", "covered"]),
    ],
)
def test_a_case_tells_when_its_camera_cannot_see_and_when_it_last_did(
    client: TestClient, made: Trial, state: dict[str, Any], said: list[str]
) -> None:
    patrol, viewer = made.headers("patrol"), made.headers("viewer") | {"Accept-Language": "zh"}
    client.put("/api/v1/cameras/cam-1", json={"name": "北门"}, headers=patrol).raise_for_status()
    body = {"at": "2026-11-21T06:00:00Z"} | state
    client.put("/api/v1/cameras/cam-1/state", json=body, headers=patrol).raise_for_status()
    long_ago, just_now = report(client, made), report(client, made, key="b", last_seen_at="2026-11-21T05:58:00Z")

    heads = [_head(client.get(f"/cases/{case_id}", headers=viewer).text) for case_id in (long_ago, just_now)]
    client.post(f"/api/v1/cases/{long_ago}/transitions", json={"to": "false_alarm"}, headers=made.headers("operator"))
    done = _head(client.get(f"/cases/{long_ago}", headers=viewer).text)

    assert [words for words in said if words not in heads[0]] == []
    assert ["warning" in done, *('class="error' in head for head in heads)] == [False, bool(said), bool(said)]
    assert [re.findall(r'data-ago="([^"]+)"', head) for head in (*heads, done)] == [
        ["2026-11-21T05:05:00.000Z"],
        [],
        [],
    ]


def _head(html: str) -> str:
    return html[html.index('<header class="case-head"') : html.index("</header>", html.index("case-head"))]


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "<small>立案停留</small> 60 秒"), ("en", "<small>dwell</small> 60 s<")]
)
def test_the_dwell_of_a_rule_has_a_name(client: TestClient, made: Trial, language: str, said: str) -> None:
    case_id = report(client, made, rule={"dwell_s": 60.0, "hit_ratio": 0.9})
    html = client.get(f"/cases/{case_id}", headers=made.headers("viewer") | {"Accept-Language": language}).text
    assert said in html
    assert "dwell_s" not in html


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "zh",
            (
                "路段等级 严控 · 停留 120 秒立案",
                "允许时段 17:00–22:00 · 周五 周六",
                "节假日也适用",
                "许可时段 06:00–10:00",
            ),
        ),
        ("en", ("road grade controlled · a case after 120 s", "may stand 17:00–22:00 · Fri Sat", "on holidays too")),
    ],
)
def test_the_cameras_page_tells_by_which_rules_a_zone_is_judged(
    client: TestClient, made: Trial, language: str, said: tuple[str, ...]
) -> None:
    client.cookies.set("curbwatch_language", language)
    pitch = CAMERA_IN["zones"][0] | {"name": "pitch", "kind": "permitted"}
    hours = {
        "hours": "06:00–10:00",
        "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        "last": "2026-10-07",
    }
    zones = [*CAMERA_IN["zones"], {name: pitch[name] for name in ("name", "polygon", "classes", "kind")}]
    body = CAMERA_IN | {"zones": [zones[0], zones[1] | {"windows": [hours]}]}
    client.put("/api/v1/cameras/cam-1", json=body, headers=made.headers("patrol")).raise_for_status()
    html = client.get("/cameras", headers=made.headers("viewer")).text
    assert [words for words in said if words not in html] == []
    assert ("至 2026-10-07" if language == "zh" else "until 2026-10-07") in html
    assert html.count("周" if language == "zh" else "Mon") == (2 if language == "zh" else 0)  # every day is no word


@pytest.mark.parametrize(
    ("language", "key", "told"),
    [("zh", "API 密钥 patrol-1", "本机巡查"), ("en", "API key patrol-1", "this service&#39;s patrol")],
)
def test_the_history_names_who_did_it_in_words(
    client: TestClient, made: Trial, language: str, key: str, told: str
) -> None:
    client.cookies.set("curbwatch_language", language)
    case_id = report(client, made)
    own = accounts.add_key(made.app.state.services.store, OWN_PATROL, Role.PATROL)
    headers = {"Authorization": f"Bearer {own}", "Idempotency-Key": "own"}
    body = {"kind": "cleared", "at": "2026-11-21T05:30:00Z"}
    client.post(f"/api/v1/cases/{case_id}/observations", json=body, headers=headers).raise_for_status()
    html = client.get(f"/cases/{case_id}", headers=made.headers("viewer")).text
    assert f"<small>{told}</small>" in html
    assert f"<small>{key}</small>" in html
    assert "<small>key:" not in html


def test_whoever_closes_is_told_that_the_camera_has_not_seen_the_place_free(client: TestClient, made: Trial) -> None:
    case_id, operator = report(client, made), made.headers("operator") | {"Accept-Language": "en"}
    warned = []
    for to in ("confirmed", "dispatched", "handled"):
        client.post(f"/api/v1/cases/{case_id}/transitions", json={"to": to}, headers=operator).raise_for_status()
        warned.append("has not seen the place free" in client.get(f"/cases/{case_id}", headers=operator).text)
    body, headers = {"kind": "cleared", "at": "2026-11-21T05:30:00Z"}, made.headers("patrol") | {"Idempotency-Key": "c"}
    client.post(f"/api/v1/cases/{case_id}/observations", json=body, headers=headers).raise_for_status()
    assert warned == [False, False, True]
    assert "has not seen the place free" not in client.get(f"/cases/{case_id}", headers=operator).text


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/camera", "text/html,*/*", "text/html"),
        ("/camera", "application/json", "application/problem+json"),
        ("/api/v1/camera", "text/html,*/*", "application/problem+json"),
    ],
)
def test_a_mistyped_address_is_told_to_people_as_a_page(
    client: TestClient, made: Trial, path: str, accept: str, kind: str
) -> None:
    answer = client.get(path, headers=made.headers("viewer") | {"Accept": accept, "Accept-Language": "zh"})
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (404, kind)
    assert ("没有这个页面或案件" in answer.text) == (kind == "text/html")


def test_the_report_tells_how_the_city_did_in_the_readers_language(client: TestClient, made: Trial) -> None:
    true = report(client, made)
    report(client, made, key="cam-1/2", **{"class": "debris"})
    headers = made.headers("operator") | {"Idempotency-Key": "move"}
    client.post(f"/api/v1/cases/{true}/transitions", json={"to": "confirmed"}, headers=headers).raise_for_status()
    told = {}
    for language in ("en", "zh"):
        page = client.get("/report?days=7", headers=made.headers("viewer") | {"Accept-Language": language}).text
        rows = [re.sub(r"<[^>]+>|\s+", " ", row).split() for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL)]
        told[language] = rows[1:]
    assert told["en"] == [
        ["all", "2", "1", "100", "%", "1/1", "0", "0", "s", "–", "–", "–", "–"],
        ["Debris", "1", "1", "–", "0", "–", "–", "–", "–", "–"],
        ["Stall", "1", "0", "100", "%", "1/1", "0", "0", "s", "–", "–", "–", "–"],
        ["cam-1", "2", "1", "100", "%", "1/1", "0", "0", "s", "–", "–", "–", "–"],
    ]
    assert told["zh"][0][0] == "全部"
    assert "0 秒" in " ".join(told["zh"][0])
    assert client.get("/report?days=0", headers=made.headers("viewer")).status_code == 404


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"), (9000, "2.5 h"), (200_000, "2.3 d")],
)
def test_a_span_is_told_in_the_largest_unit_of_which_it_has_two(seconds: float, said: str) -> None:
    template = rendering._templates.from_string("{{ seconds | lasted }}")
    assert template.render(seconds=seconds, language="en") == said


def test_times_are_told_in_the_citys_zone(client: TestClient, made: Trial) -> None:
    case_id = report(client, made)

    assert "2026-11-21 13:05:00" in client.get(f"/cases/{case_id}", headers=made.headers("viewer")).text


@pytest.mark.parametrize("next_page", ["//evil.example", "https://evil.example", "/\\evil.example", "evil"])
def test_languages_and_sign_in_lead_nowhere_else(client: TestClient, next_page: str) -> None:
    assert client.get("/language", params={"to": "en", "next": next_page}).headers["location"] == "/"
    assert client.get("/login", params={"next": next_page}).text.count('name="next" value="/"') == 2


def test_a_chosen_language_is_remembered(client: TestClient) -> None:
    client.get("/language", params={"to": "en"})

    assert 'lang="en"' in client.get("/login", headers={"Accept-Language": "zh"}).text


def test_a_refused_sign_in_without_script_is_told(client: TestClient) -> None:
    client.cookies.set("curbwatch_language", "en")
    answer = client.post("/login", data={"token": "cw_wrong", "next": "/cameras"})

    shown = client.get(answer.headers["location"]).text

    assert "Sign-in refused" in shown
    assert 'value="/cameras"' in shown


def test_only_whoever_is_signed_in_is_known(client: TestClient, made: Trial) -> None:
    assert client.get("/login/known").json() == {"known": False}
    client.post("/login", data={"token": made.keys[Role.OPERATOR]})
    assert client.get("/login/known").json() == {"known": True}


def test_the_footer_names_licence_source_and_the_version_of_the_api(client: TestClient, made: Trial) -> None:
    made.app.version = "7.8.9"
    html = client.get("/login", headers={"Accept-Language": "en"}).text

    assert "GNU Affero General Public License, version 3" in html
    assert f'href="{made.config.source_url}"' in html
    assert "Version 7.8.9" in html


def test_a_removed_camera_leaves_the_wall_and_stands_below_the_others_with_its_cases(
    client: TestClient, made: Trial
) -> None:
    case_id = report(client, made)
    for camera_id, name in (("cam-1", "Old gate"), ("cam-2", "New gate")):
        client.put(f"/api/v1/cameras/{camera_id}", headers=made.headers("patrol"), json={"name": name})
    client.delete("/api/v1/cameras/cam-1", headers=made.headers("patrol"))
    viewer = made.headers("viewer") | {"Accept-Language": "en"}
    assert "Old gate" not in client.get("/tiles", headers=viewer).text
    cameras = client.get("/cameras", headers=viewer).text
    assert cameras.index("New gate") < cameras.index("Removed cameras") < cameras.index("Old gate")
    assert '<li class="camera" id="camera-cam-1"' not in cameras
    chosen = client.get("/?status=all&camera=cam-1", headers=viewer).text
    assert '<option value="cam-1" selected>Old gate</option>' in chosen
    assert f'data-key="{case_id}"' in chosen
    case = client.get(f"/cases/{case_id}", headers=viewer).text
    assert "Old gate" in case
    assert "Removed, no longer watched" in case
    assert client.get("/cameras/cam-1/why", headers=viewer).status_code == 200
