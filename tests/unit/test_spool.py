# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is in the spool stays in the spool, whoever is killed and whatever fills up."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from curbwatch.errors import SpoolError
from curbwatch.patrol_metrics import PatrolMetrics
from curbwatch.spool import Message, Spool, Undelivered
from detector.chases import former_of
from detector.look import Trace
from detector.sites import Site, State
from detector.watch import Watch

NOW = datetime(2026, 11, 21, 8, 0, 0, 123456, tzinfo=UTC)
CASE = Message("cam-1/site", "case", '{"key": "cam-1/site"}')
PICTURE = Message("cam-1/site", "evidence", '{"kind": "during"}', b"\xff\xd8\x00", "image/jpeg")


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "state" / "spool.db")
    yield spool
    spool.close()


def watched(key: str = "cam-1/site", repeats: int = 0) -> Watch:
    box = (0.1, 1 / 3, 0.2, 0.4)
    scores = (("stall", 0.1 + 0.2),)
    trace = (Trace(NOW, "hit", 0.7),)
    state = State.CLEARING
    site = Site(key, "cam-1", "gate", box, box, state, NOW, NOW, scores, repeats=repeats, trace=trace)
    return Watch("cam-1", (site,))


def test_sites_come_back_as_they_were_written(spool: Spool) -> None:
    spool.put(watched())
    assert spool.watch("cam-1") == watched()
    assert spool.watch("cam-2") == Watch("cam-2")


def test_sites_that_the_version_before_wrote_are_kept(spool: Spool) -> None:
    known = replace(watched(), past=(former_of(watched().sites[0]),))
    spool.put(known)
    since_then = "'$.sighted_at', '$.sites[0].mean', '$.past[0].came_from'"
    spool._db.execute(f"UPDATE watches SET state = json_remove(state, {since_then})")  # noqa: S608 - our own words
    assert spool.watch("cam-1") == known


def test_a_camera_that_the_patrol_had_is_taken_leave_of_once_for_it_may_be_anothers_now(spool: Spool) -> None:
    spool.put(Watch("cam-1"))
    spool.put_all([Watch("cam-1"), Watch("cam-2")])
    assert spool.former(["cam-1", "cam-3"]) == {"cam-2"}
    spool.leave("cam-2")
    assert spool.former(["cam-1"]) == set()
    assert spool.former(["cam-1", "cam-2"]) == set(), "it came back"
    assert spool.former(["cam-1"]) == {"cam-2"}, "and went once more"


def test_sites_of_another_version_are_forgotten_and_told_not_fatal(spool: Spool) -> None:
    spool.put(watched())
    spool._db.execute("""UPDATE watches SET state = '{"camera_id": "cam-1", "sites": [{"key": 7}]}'""")
    with capture_logs() as told:
        assert spool.watch("cam-1") == Watch("cam-1")
    assert [(line["camera"], line["log_level"]) for line in told] == [("cam-1", "warning")]


def test_messages_wait_in_order_with_keys_of_their_own(spool: Spool) -> None:
    spool.put(watched(), [CASE, PICTURE])
    spool.add(PICTURE)
    waiting = spool.waiting()
    assert [message.kind for message in waiting] == ["case", "evidence", "evidence"]
    assert len({message.idempotency_key for message in waiting}) == 3
    assert spool.attachment(waiting[1]) == b"\xff\xd8\x00"
    assert spool.attachment(waiting[0]) == b""


def test_keys_stay_the_same_after_a_restart_and_are_never_used_again(spool: Spool, tmp_path: Path) -> None:
    spool.put(watched(), [CASE])
    (before,) = spool.waiting()
    again = Spool(tmp_path / "state" / "spool.db")
    assert again.waiting()[0].idempotency_key == before.idempotency_key
    again.accepted(before)
    again.put(watched(), [CASE])
    assert again.waiting()[0].idempotency_key != before.idempotency_key
    again.close()


def test_a_restored_spool_uses_no_key_for_another_message(spool: Spool, tmp_path: Path) -> None:
    spool.put(watched(), [CASE])
    spool._db.execute("VACUUM INTO ?", (str(tmp_path / "backup.db"),))
    spool.add(PICTURE)
    restored = Spool(tmp_path / "backup.db")
    restored.add(Message("cam-1/other", "case", "{}"))
    same, other = ([each.waiting(most=9)[n] for each in (spool, restored)] for n in (0, 1))
    assert {message.id for message in other} == {2}
    assert len({message.idempotency_key for message in same}) == 1
    assert len({message.idempotency_key for message in other}) == 2
    restored.close()


def test_two_spools_never_share_a_key(spool: Spool, tmp_path: Path) -> None:
    other = Spool(tmp_path / "other.db")
    for each in (spool, other):
        each.put(watched(), [CASE])
    assert spool.waiting()[0].idempotency_key != other.waiting()[0].idempotency_key
    other.close()


def test_what_is_accepted_is_gone_and_its_number_known(spool: Spool) -> None:
    spool.put(watched(), [CASE])
    spool.accepted(spool.waiting()[0], case_id="C20261121-0001")
    assert spool.count() == (0, 0)
    assert spool.case_id("cam-1/site") == "C20261121-0001"


def test_what_was_written_outlives_a_power_cut(spool: Spool) -> None:
    assert spool._db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL: each write is on the disk


def test_a_case_of_a_new_number_is_told_the_rest_of_its_story(spool: Spool) -> None:
    for case_id in ("old", "new"):
        spool.put(watched(), [CASE])
        spool.accepted(spool.waiting()[0], case_id=case_id)
    assert spool.case_id("cam-1/site") == "new"


def test_what_is_refused_waits_no_more_but_is_kept(spool: Spool) -> None:
    spool.put(watched(), [CASE])
    spool.refused(spool.waiting()[0], "the API answered 422")
    assert spool.waiting() == []
    assert spool.count() == (0, 1)


def test_of_what_is_refused_the_oldest_goes_first(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curbwatch.spool.MOST_REFUSED", 2)
    spool.put(watched(), [CASE] * 4)
    messages = spool.waiting()
    assert [spool.refused(message, "no") for message in messages[1:]] == [0, 0, 1]
    assert spool.count() == (1, 2)
    assert spool.waiting() == messages[:1]


def test_what_waits_and_what_was_refused_stands_in_the_metrics(spool: Spool) -> None:
    metrics = PatrolMetrics()
    spool.put(watched(), [CASE] * 3)
    spool.refused(spool.waiting()[0], "no")
    with metrics.spooled(spool.count):
        asked = metrics.registry.get_sample_value
        assert (asked("curbwatch_messages_waiting"), asked("curbwatch_messages_refused")) == (2, 1)
    assert asked("curbwatch_messages_waiting") is None


def test_what_did_not_arrive_is_known_of_each_camera(spool: Spool) -> None:
    spool.put(watched(), [CASE, PICTURE])
    key = frozenset({CASE.site_key})
    assert spool.undelivered() == {"cam-1": Undelivered(0, 0, key)}  # nobody has tried yet
    spool.failed(spool.waiting()[0])
    spool.add(Message("cam-2/site", "case", "{}"))
    spool.add(Message("cam-10/site", "case", "{}"))
    spool.refused(spool.waiting()[-2], "no")
    under_way = Undelivered(0, 0, frozenset({"cam-2/site"}))
    told = {"cam-1": Undelivered(2, 0, key), "cam-2": under_way, "cam-10": Undelivered(0, 1)}
    assert spool.undelivered() == told
    for message in spool.waiting():
        spool.accepted(message)
    assert spool.undelivered() == {"cam-10": Undelivered(0, 1)}


def test_what_was_refused_is_sent_once_more_or_forgotten(spool: Spool) -> None:
    spool.put(watched(), [CASE, PICTURE])
    first = spool.waiting()
    for message in first:
        spool.failed(message)
        spool.refused(message, "the class is unknown")
    assert [(message.kind, why) for message, why in spool.refusals()] == [
        ("case", "the class is unknown"),
        ("evidence", "the class is unknown"),
    ]
    spool.retry_refused()
    assert spool.waiting() == first
    assert spool.undelivered()["cam-1"].messages_waiting == 0, "told as stuck before it was tried again"
    spool.refused(first[0], "no")
    spool.forget_refused()
    assert (spool.refusals(), spool.waiting()) == ([], first[1:])


def test_a_message_that_cannot_be_written_takes_its_sites_with_it(spool: Spool) -> None:
    spool.put(watched())
    broken = Message("cam-1/site", "case", None)  # type: ignore[arg-type]
    with pytest.raises(sqlite3.IntegrityError):
        spool.put(watched(repeats=1), [CASE, broken])
    assert spool.watch("cam-1") == watched()
    assert spool.count() == (0, 0)


def test_a_full_disk_loses_nothing_and_a_later_try_works(spool: Spool) -> None:
    spool.put(watched(), [CASE])
    pages = spool._db.execute("PRAGMA page_count").fetchone()[0]
    spool._db.execute(f"PRAGMA max_page_count = {pages}")
    clip = Message("cam-1/site", "evidence", "{}", bytes(1_000_000), "video/mp4")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        spool.put(watched(repeats=1), [CASE, clip])
    assert spool.watch("cam-1") == watched()
    assert spool.count() == (1, 0)
    spool._db.execute("PRAGMA max_page_count = 100000")
    spool.put(watched(repeats=1), [CASE, clip])
    assert spool.watch("cam-1") == watched(repeats=1)
    assert [spool.attachment(message) for message in spool.waiting()][-1] == bytes(1_000_000)


def test_a_spool_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(SpoolError, match=r"cannot open the spool .*check the folder's rights and space"):
        Spool(tmp_path / "state" / "spool.db")


def test_a_file_that_is_no_spool_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "spool.db").write_bytes(b"something else entirely" * 100)
    with pytest.raises(SpoolError, match=r"not a database; put back a copy, or move it away .*not delivered are lost"):
        Spool(tmp_path / "spool.db")
    assert (tmp_path / "spool.db").read_bytes() == b"something else entirely" * 100


def test_attachments_are_not_printed() -> None:
    assert "xff" not in repr(PICTURE)


PATROL = """
import sys
from pathlib import Path
from curbwatch.patrol_metrics import PatrolMetrics
from curbwatch.spool import Message, Spool
from detector.watch import Watch
sys.path.insert(0, str(Path(sys.argv[2]).parent))
from test_spool import watched

spool = Spool(Path(sys.argv[1]))
for n in range(100_000):
    spool.put(watched(repeats=n), [Message(str(n), "case", "{}"), Message(str(n), "evidence", "{}", bytes(20_000))])
    print(n, flush=True)
"""


@pytest.mark.parametrize("after", [1, 5, 20])
def test_a_patrol_killed_between_many_puts_has_each_event_once_and_whole(tmp_path: Path, after: int) -> None:
    path = tmp_path / "spool.db"
    command = [sys.executable, "-c", PATROL, str(path), __file__]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as patrol:
        assert patrol.stdout
        told = [int(patrol.stdout.readline()) for _ in range(after)]
        time.sleep(0.001 * after)  # into the middle of a later put
        patrol.send_signal(signal.SIGKILL)
        told += [int(line) for line in patrol.stdout if line.endswith("\n")]
    spool = Spool(path)
    waiting = sorted(spool.waiting(most=1000), key=lambda message: message.id)
    spool.close()
    last = waiting[-1]
    assert int(last.site_key) - told[-1] in (0, 1)  # killed after the commit, before it could say so
    events = range(int(last.site_key) + 1)
    assert [(int(m.site_key), m.kind) for m in waiting] == [(n, kind) for n in events for kind in ("case", "evidence")]
    assert repeats(path) == events[-1]


def repeats(path: Path) -> int:
    with sqlite3.connect(path) as db:
        (state,) = db.execute("SELECT state FROM watches").fetchone()
    db.close()
    return int(json.loads(state)["sites"][0]["repeats"])
