# SPDX-License-Identifier: AGPL-3.0-or-later
"""The whole chain over a recording, faster than real time and without a database."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from curbwatch.messages import told
from curbwatch.progress import progress
from curbwatch.settings import CameraSettings, Settings
from detector.closeups import look_closer
from detector.model import Model
from detector.observe import Memory, observe
from detector.watch import Event, Kind, Watch, watch
from streams.files import read_frames
from streams.frame import Frame

BATCH = 4


def replay_recording(
    recording: str, settings: Settings, camera: CameraSettings, model: Model, *, start_at: datetime
) -> dict[str, Any]:
    """Every event that the recording would have caused, with its reason and its second of the recording."""
    state, memory = Watch(camera.id), Memory()
    rules, watching = settings.rules(camera), settings.watching(camera)
    events: list[dict[str, Any]] = []
    looks = 0
    frames = read_frames(recording, camera_id=camera.id, every_s=camera.every_s, start_at=start_at)
    with progress("replaying", None) as step:
        for batch in _batches(frames):
            for frame, whole in zip(batch, model.detect([f.picture for f in batch], weak=True), strict=True):
                seen, _, _ = look_closer(model, frame, whole, memory, rules)
                memory, look = observe(memory, seen, watching)
                state, news = watch(state, look, rules)
                events.extend(_event(event, start_at) for event in news)
                looks += 1
                step()
    waiting = [
        {"site": s.key, "class": s.class_name, "zone": s.zone, "stood_s": round(s.stood_s, 1)}
        for s in state.sites
        if s.state == "candidate"
    ]
    opened = sum(event["event"] == Kind.OPENED for event in events)
    return {"camera": camera.id, "looks": looks, "cases": opened, "events": events, "still_waiting": waiting}


def _batches(frames: Iterator[Frame]) -> Iterator[list[Frame]]:
    while batch := list(islice(frames, BATCH)):
        yield batch


def _event(event: Event, start_at: datetime) -> dict[str, Any]:
    site = event.site
    return {
        "second": round((event.at - start_at).total_seconds(), 1),
        "event": event.kind.value,
        "class": site.class_name,
        "zone": site.zone,
        "site": site.key,
        "confidence": round(site.confidence, 3),
        "box": [round(v, 4) for v in site.box],
        **told(event.reason),
    }
