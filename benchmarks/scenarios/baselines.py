# SPDX-License-Identifier: AGPL-3.0-or-later
"""What else people do with a detector's boxes: three common ways to raise alarms, on the same looks as the engine.

They know the zones, pitches and permitted hours as the engine does, but nothing of restarts -
theirs is a process that never forgets. All of them may use weak sightings.
"""

from collections import deque
from collections.abc import Iterator
from functools import lru_cache

from shapely import Point as Dot
from shapely import Polygon

from benchmarks.scenarios.bytetrack import Tracker, Tuning
from benchmarks.scenarios.claims import Claim, Claims
from benchmarks.scenarios.film import Film
from benchmarks.scenarios.scenes import Scene
from detector.boxes import Box
from detector.look import Sighting
from detector.zones import Point

COOLDOWN_S = 300.0
REARM = 0.5  # an N-of-M window is ready for its next alarm when it has emptied to half of N
Placed = list[tuple[str, Sighting]]


def in_zones(film: Film) -> Iterator[tuple[float, Placed]]:
    """Per look its time by the camera's clock (s) and the sightings that stand in a zone and are not allowed to."""
    now_s = (film.clock.at_s + film.clock.offset_s).tolist()
    for look, at_s in zip(film.looks, now_s, strict=True):
        placed = ((zone_at(film.scene, s.box, s.class_name, at_s), s) for s in look.sightings)
        yield at_s, [(zone, s) for zone, s in placed if zone]


def zone_at(scene: Scene, box: Box, class_name: str, at_s: float) -> str:
    """The name of the zone whose rule a thing breaks if it stays, empty if none."""
    x, y = (box[0] + box[2]) / 2, box[3]
    here = [zone for zone in scene.zones if class_name in zone.classes and _contains(zone.polygon, x, y)]
    if any(zone.kind == "permitted" for zone in here):
        return ""
    free = (z.name for z in here if class_name != "stall" or not any(a <= at_s < b for a, b in scene.permits[z.name]))
    return next(free, "")


def _contains(polygon: tuple[Point, ...], x: float, y: float) -> bool:
    left, top, right, bottom, rectangle = _outline(polygon)
    if not (left <= x <= right and top <= y <= bottom):
        return False
    return rectangle or bool(Polygon(polygon).covers(Dot(x, y)))


@lru_cache(maxsize=256)
def _outline(polygon: tuple[Point, ...]) -> tuple[float, float, float, float, bool]:
    """The box round a polygon, and whether it is that box: the simulated zones are, and need no geometry."""
    shape = Polygon(polygon)
    return (*shape.bounds, shape.equals(shape.envelope))


def cooldown(film: Film, *, confidence: float) -> Claims:
    """An alarm for every sighting of at least this confidence, unless the zone had one for the class in 300 s."""
    told, last = Claims(), dict[tuple[str, str], float]()
    for number, (at_s, placed) in enumerate(in_zones(film)):
        for zone, s in placed:
            key = (zone, s.class_name)
            if s.confidence >= confidence and not 0 <= at_s - last.get(key, -1e9) < COOLDOWN_S:
                last[key] = at_s
                told.raised.append(Claim(number, s.class_name, zone, s.box, f"{zone} {s.class_name} {number}"))
    return told


def n_of_m(film: Film, *, share: float, confidence: float) -> Claims:
    """An alarm for a zone and class when they were seen in `share` of the looks of one dwell."""
    told, windows = Claims(), dict[tuple[str, str], deque[bool]]()
    for zone in (z for z in film.scene.zones if z.kind == "watch"):
        size = max(3, round(zone.dwell_s / film.scene.interval_s))
        windows |= {(zone.name, name): deque([False] * size, maxlen=size) for name in zone.classes}
    raised: dict[tuple[str, str], str] = {}
    for number, (_, placed) in enumerate(in_zones(film)):
        seen = {(zone, s.class_name) for zone, s in placed if s.confidence >= confidence}
        for key, window in windows.items():
            window.append(key in seen)
            filled = sum(window) / len(window)
            if filled >= share and key not in raised:
                raised[key] = f"{key[0]} {key[1]} {number}"
                told.raised.append(Claim(number, key[1], key[0], None, raised[key]))
            elif filled < share * REARM and key in raised:
                told.cleared.append((number, raised.pop(key)))
    return told


def loitering(film: Film, *, dwells: float, tuning: Tuning) -> Claims:
    """An alarm for every track that has been in a zone for `dwells` of its dwells: once per track."""
    told, tracker = Claims(), Tracker(tuning, film.scene.interval_s)
    dwell_s = {zone.name: zone.dwell_s * dwells for zone in film.scene.zones}
    since: dict[tuple[int, str], float] = {}
    raised: dict[int, str] = {}
    for number, (at_s, placed) in enumerate(in_zones(film)):
        for track in tracker.update([s for _, s in placed]):
            zone = zone_at(film.scene, track.last.box, track.last.class_name, at_s)
            began_s = since.setdefault((track.number, zone), at_s)
            if zone and track.number not in raised and at_s - began_s >= dwell_s[zone]:
                raised[track.number] = f"track {track.number}"
                told.raised.append(Claim(number, track.class_name, zone, track.last.box, raised[track.number]))
        told.cleared.extend((number, raised.pop(gone)) for gone in tracker.forgotten if gone in raised)
    return told
