# SPDX-License-Identifier: AGPL-3.0-or-later
"""Clips that wait to be cut: in order, bounded, and never in the way of the patrol."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from structlog.testing import capture_logs

from curbwatch import cutting
from curbwatch.cutting import ClipCutter
from curbwatch.spool import Spool
from detector.sites import Site, State
from streams.coded import Coded, Track

NOW = datetime(2026, 11, 22, tzinfo=UTC)
BOX = (0.1, 0.1, 0.2, 0.2)
SITE = Site("cam-1/a", "cam-1", "gate", BOX, BOX, State.CONFIRMED, NOW, NOW, scores=(("stall", 1.0),))


def packets(size: int) -> list[Coded]:
    return [Coded(bytes(size), Track("h264", 64, 48), key=True, pts_s=0.0, dts_s=0.0, at=NOW, mono=0.0)]


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    kept = Spool(tmp_path / "spool.db")
    yield kept
    kept.close()


def test_more_clips_than_there_is_room_for_are_left_out_and_said_so(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = Event()

    def slow(_: Site, found: list[Coded]) -> bytes:
        assert go_on.wait(30)
        return found[0].data

    monkeypatch.setattr(cutting, "_clip", slow)
    cutter = ClipCutter(spool, on_clip=lambda: None, most_waiting=100)
    with capture_logs() as said:
        ordered = [cutter.order(SITE, packets(size)) for size in (60, 30, 30, 10)]
    assert ordered == [True, True, False, True]
    assert [line["event"] for line in said] == ["case without a clip"]
    go_on.set()
    cutter.finish()
    assert [len(spool.attachment(message)) for message in spool.waiting()] == [60, 30, 10]


def test_room_comes_back_when_a_clip_is_done_or_lost_and_one_larger_than_all_room_is_cut_alone(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = Event()

    def lost(_: Site, __: list[Coded]) -> bytes:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(cutting, "_clip", lost)
    cutter = ClipCutter(spool, on_clip=lambda: None, most_waiting=100)
    with capture_logs():
        assert cutter.order(SITE, packets(500))
        cutter._pool.submit(done.set)
        assert done.wait(30)
    assert cutter.order(SITE, packets(100))
    cutter.finish()
    assert spool.count() == (0, 0)


def test_a_clip_has_the_date_of_its_first_picture(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "_clip", lambda _, found: found[0].data)
    cutter = ClipCutter(spool, on_clip=lambda: None)
    (last,) = packets(10)
    cutter.order(SITE, [replace(last, at=NOW - timedelta(seconds=15)), last])
    cutter.finish()
    (message,) = spool.waiting()
    assert json.loads(message.body) == {"kind": "clip", "taken_at": "2026-11-21T23:59:45.000Z"}
