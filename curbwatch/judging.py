# SPDX-License-Identifier: AGPL-3.0-or-later
"""One camera's look, judged: its sites moved on, its events into the spool, its clips cut."""

import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import chain
from pathlib import Path

import structlog

from curbwatch.cutting import ClipCutter
from curbwatch.ledger import Ledger
from curbwatch.looks_book import LooksBook
from curbwatch.memories import Memories
from curbwatch.messages import messages, unmarked
from curbwatch.spool import Message, Spool
from detector.ground import Ground
from detector.look import Look
from detector.observe import Memory, Watching, again, observe, on_picture
from detector.reading import Seen
from detector.reasons import say
from detector.rules import Rules
from detector.watch import Event, Kind, Watch, watch
from streams.frame import reduced
from streams.reader import CameraReader

SAVE_EVERY_S = 10.0  # sites without news are written this often: what a kill can cost in dwell time
REMEMBER_EVERY_S = 600.0  # what is known of a camera's picture, which is larger and changes slowly
OBSERVED_S = 6.0  # of a street where nothing changes the picture itself is taken into account this often
SNAPSHOT_WIDTH = 960  # pixels across of what is kept of a camera's last picture

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Post:
    """One camera as the patrol holds it: its reader, its rules, its sites and what the last look saw."""

    reader: CameraReader
    rules: Rules
    watch: Watch
    watching: Watching = field(default_factory=Watching)
    memory: Memory = field(default_factory=Memory)
    ground: Ground | None = None  # only where its metres are those of the whole city
    remembered_at: float = field(default_factory=time.monotonic)
    last: Seen | None = None
    first_sights: dict[str, bytes] = field(default_factory=dict)


class Judge:
    """Takes looks into account, one at a time.

    model: the name that goes into the cases. cutting: the folder in which clips are cut.
    """

    def __init__(
        self,
        spool: Spool,
        model: str,
        *,
        cutting: Path,
        on_event: Callable[[], None],
        book: LooksBook | None = None,
        memories: Memories | None = None,
    ) -> None:
        self._spool, self._model, self._on_event, self._book = spool, model, on_event, book
        self._memories = memories
        self._ledger = Ledger(model)
        self._clips = ClipCutter(spool, cutting, on_clip=on_event)

    def finish(self) -> None:
        """Let clips under way be finished."""
        self._clips.finish()

    def judge(self, post: Post, seen: Seen, *, gated: bool = False) -> bool:
        """Take a look into account; whether that was done.

        A gated look repeats what the model said of an earlier picture. One from which anything new would follow is
        refused, so that nothing is decided, and no picture kept, without the model having seen that very picture.
        """
        memory, look = _observed(post, seen, gated=gated)
        seen = replace(seen, look=look)
        after, events = watch(post.watch, look, post.rules)
        if gated and (events or _born(after, seen)):
            return False
        if not gated:
            post.last = replace(seen, frame=reduced(seen.frame, SNAPSHOT_WIDTH))
        shown = [_on_picture(event, memory) for event in events]
        news = [event for event in shown if event.kind is not Kind.GIVEN_UP]
        camera_id = seen.frame.camera_id
        allowance = self._ledger.allowance(camera_id)
        entries = self._ledger.messages(shown, post.rules, post.first_sights)
        if (news or entries) and not self._spooled(post, after, news, entries, seen):
            self._ledger.put_back(camera_id, allowance)
            return False  # as if this look had not been: the next one finds the same
        post.watch = after
        _log_health(post.memory, memory, camera_id)
        post.memory = memory
        _remember_first_sights(post, seen)
        _log(events)
        self._keep(look)
        if news or entries:
            self._on_event()
            self._order_clips(post, news)
        return True

    def _keep(self, look: Look) -> None:
        try:
            if self._book:
                self._book.add(look)
        except sqlite3.Error as error:
            log.error("looks not kept", camera=look.camera_id, reason=str(error))

    def _spooled(self, post: Post, after: Watch, news: list[Event], entries: list[Message], seen: Seen) -> bool:
        told = (self._told(post, event, seen) for event in news)
        try:
            self._spool.put(after, [*chain.from_iterable(told), *entries])
        except sqlite3.Error as error:
            log.error("spool not writable", camera=seen.frame.camera_id, reason=str(error))
            return False
        return True

    def _told(self, post: Post, event: Event, seen: Seen) -> tuple[Message, ...]:
        before = post.first_sights.get(event.site.key)
        return messages(event, seen, model=self._model, before=before, ground=post.ground)

    def _order_clips(self, post: Post, news: list[Event]) -> None:
        for event in news:
            since = event.at - timedelta(seconds=post.reader.source.clip_s)
            # taken now: by the time a queue of clips has been encoded the camera keeps later seconds only
            if event.kind is not Kind.CLEARED and (packets := post.reader.packets(since=since, until=event.at)):
                self._clips.order(event.site, packets)

    def save(self, posts: Iterable[Post]) -> None:
        """Write what is known of many cameras' sites, at once: each write waits for the disk."""
        posts = list(posts)
        try:
            self._spool.put_all([post.watch for post in posts])
        except sqlite3.Error as error:
            log.error("sites not saved", reason=str(error))
        self.remember([post for post in posts if time.monotonic() - post.remembered_at >= REMEMBER_EVERY_S])

    def remember(self, posts: Iterable[Post]) -> None:
        """Write what is known of many cameras' pictures."""
        for post in posts:
            if self._memories and (post.memory.health or post.memory.street):
                self._memories.put(post.watch.camera_id, post.memory, post.rules.zones)
            post.remembered_at = time.monotonic()


def _observed(post: Post, seen: Seen, *, gated: bool) -> tuple[Memory, Look]:
    """What the picture says of camera and street: of a gated one, which shows what the last one did, only at times."""
    known = post.memory.at
    if gated and known and 0 <= (seen.frame.taken_at - known).total_seconds() < OBSERVED_S:
        look = again(post.memory, seen)
        if look is not None:
            return post.memory, look
    return observe(post.memory, seen, post.watching)


def _on_picture(event: Event, memory: Memory) -> Event:
    """The event as it is told to people: a camera that was bumped shows the thing elsewhere than the site is."""
    if memory.shift.is_none:
        return event
    return replace(event, site=replace(event.site, box=on_picture(event.site.box, memory)))


def _log_health(before: Memory, after: Memory, camera_id: str) -> None:
    if after.health is None:
        return
    old = before.health.state if before.health else "learning"
    if after.health.state != old:
        told = say(after.health.fault, "en") if after.health.fault else None
        log.info("camera health", camera=camera_id, state=after.health.state, before=old, reason=told)
    if after.shift != before.shift:
        moved = after.shift
        log.info("camera shift", camera=camera_id, dx=moved.dx, dy=moved.dy, degrees=moved.degrees, scale=moved.scale)


def _born(after: Watch, seen: Seen) -> list[str]:
    return [site.key for site in after.sites if site.first_seen_at == seen.frame.taken_at]


def _remember_first_sights(post: Post, seen: Seen) -> None:
    born = _born(post.watch, seen)
    kept = {site.key for site in post.watch.sites if site.confirmed_at is None}
    post.first_sights = {key: picture for key, picture in post.first_sights.items() if key in kept}
    if born:
        picture = unmarked(seen)
        post.first_sights.update(dict.fromkeys(born, picture))


def _log(events: tuple[Event, ...]) -> None:
    for event in events:
        log.info(
            event.kind.value,
            camera=event.site.camera_id,
            zone=event.site.zone,
            what=event.site.class_name,
            site=event.site.key,
            why=say(event.reason, "en"),
        )
