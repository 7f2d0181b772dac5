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
    spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = Event()

    def slow(_: Site, found: list[Coded], __: Path) -> bytes:
        assert go_on.wait(30)
        return found[0].data

    monkeypatch.setattr(cutting, "_clip", slow)
    cutter = ClipCutter(spool, tmp_path / "cutting", on_clip=lambda: None, most_waiting=100)
    with capture_logs() as said:
        ordered = [cutter.order(SITE, packets(size)) for size in (60, 30, 30, 10)]
    assert ordered == [True, True, False, True]
    assert [line["event"] for line in said] == ["case without a clip"]
    go_on.set()
    cutter.finish()
    assert [len(spool.attachment(message)) for message in spool.waiting()] == [60, 30, 10]


def test_room_comes_back_when_a_clip_is_done_or_lost_and_one_larger_than_all_room_is_cut_alone(
    spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = Event()

    def lost(_: Site, __: list[Coded], ___: Path) -> bytes:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(cutting, "_clip", lost)
    cutter = ClipCutter(spool, tmp_path / "cutting", on_clip=lambda: None, most_waiting=100)
    with capture_logs():
        assert cutter.order(SITE, packets(500))
        cutter._pool.submit(done.set)
        assert done.wait(30)
    assert cutter.order(SITE, packets(100))
    cutter.finish()
    assert spool.count() == (0, 0)


def test_what_a_killed_patrol_left_of_a_clip_goes_at_the_next_start(
    spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []

    def write(path: Path, found: list[Coded]) -> bool:
        written.append(path)
        return bool(path.write_bytes(found[0].data))

    monkeypatch.setattr(cutting, "write_clip", write)
    folder = tmp_path / "cutting"
    folder.mkdir()
    (folder / "clip.mp4.part").write_bytes(b"a street with its people")
    cutter = ClipCutter(spool, folder, on_clip=lambda: None)
    assert not folder.exists()
    assert cutter.order(SITE, packets(30))
    cutter.finish()
    assert [len(spool.attachment(message)) for message in spool.waiting()] == [30]
    assert written == [folder / "clip.mp4"]
    assert (list(folder.iterdir()), folder.stat().st_mode & 0o777) == ([], 0o700)


def test_a_clip_has_the_date_of_its_first_picture(
    spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting, "_clip", lambda _, found, __: found[0].data)
    cutter = ClipCutter(spool, tmp_path / "cutting", on_clip=lambda: None)
    (last,) = packets(10)
    cutter.order(SITE, [replace(last, at=NOW - timedelta(seconds=15)), last])
    cutter.finish()
    (message,) = spool.waiting()
    assert json.loads(message.body) == {"kind": "clip", "taken_at": "2026-11-21T23:59:45.000Z"}
