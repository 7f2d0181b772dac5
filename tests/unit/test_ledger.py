# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the patrol tells of candidates that did not become cases: as the API takes it, and not too often."""

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from api.ledger_schemas import EntryIn
from curbwatch.ledger import BURST, Ledger
from curbwatch.looks_book import LooksBook, new_if_damaged
from curbwatch.spool import MOST_LEDGER, Spool
from detector.evidence import jpeg
from detector.look import Change, Look, Sighting, Trace
from detector.reasons import because
from detector.rules import rules_for
from detector.sites import Site, State
from detector.watch import Event, Kind, Watch
from detector.zones import Zone

NOW = datetime(2026, 11, 22, 6, 4, 0, 500_000, tzinfo=UTC)
BOX = (0.2, 0.2, 0.4, 0.7)
SITE = Site(
    key="cam-1/20261122T060230/300-200-700",
    camera_id="cam-1",
    zone="gate",
    origin=BOX,
    box=BOX,
    state=State.CANDIDATE,
    first_seen_at=NOW - timedelta(seconds=90),
    last_seen_at=NOW - timedelta(seconds=50),
    scores=(("stall", 8.0),),
    stood_s=90,
    hits=20,
    confidence=0.8,
    trace=(Trace(NOW, "miss", 0.0),),
)
RULES = rules_for([Zone("gate", ((0, 0), (1, 0), (1, 1), (0, 1)), grade="strict", dwell_s=90)])
SIGHT = jpeg(np.full((1080, 1920, 3), 128, np.uint8))


def given_up(*, after_s: float = 0, hits: int = 20, kind: Kind = Kind.GIVEN_UP) -> Event:
    at = NOW + timedelta(seconds=after_s)
    return Event(kind, replace(SITE, hits=hits), at, because("left", stood_s=40))


def test_an_entry_is_what_the_api_takes_with_a_small_framed_picture() -> None:
    (message,) = Ledger("tiny").messages([given_up()], RULES, {SITE.key: SIGHT})
    entry = EntryIn.model_validate_json(message.body)
    assert (message.kind, entry.key, entry.zone, entry.class_name) == ("ledger", SITE.key, "gate", "stall")
    assert (entry.reason.code, entry.text.en, entry.text.zh) == ("left", "moved on after 40 s", "停留 40 秒后离开")
    assert entry.rule == {"grade": "strict", "dwell_s": 90, "hit_ratio": RULES.zones[0].hit_ratio}
    assert (entry.given_up_at, entry.last_seen_at, entry.stood_s) == (NOW, NOW - timedelta(seconds=50), 90)
    picture = cv2.imdecode(np.frombuffer(message.attachment or b"", np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (450, 800, 3)
    assert np.ptp(picture) > 50, "the place is not framed"


def test_an_entry_outside_all_zones_and_without_a_picture_is_taken_too() -> None:
    event = given_up()
    event = replace(event, site=replace(event.site, zone=""), reason=because("outside"))
    (message,) = Ledger("tiny").messages([event], RULES, {})
    assert (message.attachment, EntryIn.model_validate_json(message.body).zone) == (None, "")


def test_what_a_zone_permits_is_told_as_of_that_zone() -> None:
    event = given_up()
    why = because("hours", zone="market", hours="17:00–22:00")
    event = replace(event, site=replace(event.site, zone=""), reason=why)
    (message,) = Ledger("tiny").messages([event], RULES, {})
    entry = EntryIn.model_validate_json(message.body)
    assert (entry.zone, entry.rule) == ("market", {})


def test_what_became_a_case_is_no_entry() -> None:
    assert Ledger("tiny").messages([given_up(kind=Kind.OPENED)], RULES, {}) == []


def test_too_many_entries_are_counted_instead_and_noise_goes_first() -> None:
    ledger = Ledger("tiny")
    noise = [given_up(after_s=n / 10, hits=1) for n in range(50)]
    written = ledger.messages(noise, RULES, {})
    assert len(written) == 1 + BURST / 2
    (true,) = ledger.messages([given_up(after_s=6)], RULES, {})
    assert json.loads(true.body)["skipped"] == 50 - len(written)
    (later,) = ledger.messages([given_up(after_s=4000, hits=1)], RULES, {})
    assert json.loads(later.body)["skipped"] == 0


def test_entries_that_could_not_be_kept_are_not_spent() -> None:
    ledger = Ledger("tiny")
    for _ in range(3 * int(BURST)):
        before = ledger.allowance(SITE.camera_id)
        assert len(ledger.messages([given_up()], RULES, {})) == 1
        ledger.put_back(SITE.camera_id, before)


def test_a_clock_that_steps_back_earns_nothing_and_costs_nothing() -> None:
    ledger = Ledger("tiny")
    back = [given_up(after_s=-100.0 * n) for n in range(200)]
    assert len(ledger.messages(back, RULES, {})) == BURST


def test_a_quiet_day_saves_up_one_burst_and_a_busy_one_has_an_entry_a_minute() -> None:
    ledger = Ledger("tiny")
    ledger.messages([given_up()], RULES, {})
    crowd = [given_up(after_s=86_400 + n / 1000) for n in range(100)]
    assert len(ledger.messages(crowd, RULES, {})) == BURST
    hour = [given_up(after_s=90_000 + n) for n in range(3600)]
    assert len(ledger.messages(hour, RULES, {})) == pytest.approx(BURST + 60, abs=1)


def test_entries_wait_behind_cases_and_the_oldest_make_room(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db")
    (one,) = Ledger("tiny").messages([given_up()], RULES, {})
    many = [replace(one, site_key=str(n)) for n in range(MOST_LEDGER + 3)]
    spool.put(Watch("cam-1"), [*many, replace(one, site_key="case", kind="case")])
    assert [message.site_key for message in spool.waiting(most=3)] == ["case", "3", "4"]
    assert spool.count() == (MOST_LEDGER + 1, 0)
    spool.close()


def test_entries_that_make_room_take_no_case_with_them(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db")
    (one,) = Ledger("tiny").messages([given_up()], RULES, {})
    spool.put(Watch("cam-1"), [replace(one, site_key="case", kind="case")])
    spool.put(Watch("cam-1"), [replace(one, site_key=str(n)) for n in range(MOST_LEDGER + 3)])
    assert [message.site_key for message in spool.waiting(most=2)] == ["case", "3"]
    spool.close()


def look(second: float, *, camera_id: str = "cam-1") -> Look:
    """A look whose numbers survive the book's rounding."""
    return Look(
        camera_id,
        NOW + timedelta(seconds=second),
        (Sighting("stall", 0.812, (0.1, 0.2, 0.3, 0.4), (0.6, 0.8), weak=True), Sighting("debris", 0.5, BOX)),
        (BOX,),
        (Change(BOX, NOW, 0.25),),
        because("camera_covered", share=0.9),
        (1920, 1080),
    )


def test_looks_come_back_as_they_were(tmp_path: Path) -> None:
    book = LooksBook(tmp_path / "looks.db")
    kept = [look(n) for n in range(150)] + [Look("cam-1", NOW + timedelta(seconds=150), ())]
    for one in kept:
        book.add(one)
        book.add(replace(one, camera_id="cam-2"))
    book.close()
    again = LooksBook(tmp_path / "looks.db")
    assert again.cameras() == ["cam-1", "cam-2"]
    assert list(again.looks("cam-1", since=NOW, until=NOW + timedelta(hours=1))) == kept
    part = again.looks("cam-2", since=NOW + timedelta(seconds=10), until=NOW + timedelta(seconds=90))
    assert [one.taken_at for one in part] == [one.taken_at for one in kept[10:90]]
    again.close()


@pytest.mark.parametrize(("limit", "left"), [({"days": 1.0}, 1), ({"most_bytes": 1}, 0)])
def test_the_book_forgets_what_is_old_or_too_much(tmp_path: Path, limit: dict[str, float], left: int) -> None:
    book = LooksBook(tmp_path / "looks.db", **limit)  # type: ignore[arg-type]  # one limit or the other
    book.add(look(0))
    book.flush(now=NOW)
    later = NOW + timedelta(days=2)
    book.add(replace(look(0), taken_at=later))
    book.flush(now=later)
    book.flush(now=later)
    found = list(book.looks("cam-1", since=NOW, until=later + timedelta(days=1)))
    assert [one.taken_at for one in found] == [later] * left
    book.close()


def test_a_book_on_a_full_disk_ends_in_order(tmp_path: Path) -> None:
    book = LooksBook(tmp_path / "looks.db")
    book.add(look(0))
    book._db.execute("PRAGMA query_only = 1")  # every write fails, as on a full disk
    book.close()
    again = LooksBook(tmp_path / "looks.db")
    assert again.cameras() == []
    again.close()


def test_a_damaged_book_is_set_aside_and_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "looks.db"
    for damage in (b"something else entirely" * 100, b"and once more" * 100):
        path.write_bytes(damage)
        Path(f"{path}-wal").write_bytes(b"what belongs to it")
        with closing(new_if_damaged(path, days=7.0)) as book:
            book.add(look(0))
        assert Path(f"{path}.bad").read_bytes() == damage
    with closing(new_if_damaged(path, days=7.0)) as again:
        assert again.cameras() == ["cam-1"]


def test_a_minute_of_a_hundred_cameras_is_small_and_written_at_once(tmp_path: Path) -> None:
    book = LooksBook(tmp_path / "looks.db")
    for second in range(0, 62, 2):
        for camera in range(100):
            book.add(replace(look(second), camera_id=f"cam-{camera}"))
    rows, size = book._db.execute("SELECT COUNT(*), SUM(LENGTH(data)) FROM batches").fetchone()
    assert rows == 100
    assert size < 100 * 1500, "more than 50 bytes a look"
    book.close()
