# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pixel level: scenario videos through the real model and the real chain, judged as the logic level is."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.scenarios.clockwork import Clockwork, Floats
from benchmarks.scenarios.film import HIDDEN, Film, Stand
from benchmarks.scenarios.pixel_cache import Seconds, Small, kept, remember
from benchmarks.scenarios.scenes import Scene, Spans, Thing
from benchmarks.scenarios.stage import Script, traffic
from benchmarks.scenarios.stage_draw import Shot, box_of, shot
from benchmarks.scenarios.stage_pack import Pack
from detector import background, closeups, health, registration, thumbnail
from detector import observe as observe_module
from detector.closeups import look_closer
from detector.look import Look
from detector.model import Model
from detector.observe import Memory, observe
from detector.reading import Seen, weakest
from detector.rules import rules_for
from detector.zones import Zone
from streams.frame import Frame

DAY = datetime(2026, 6, 1, tzinfo=UTC)
KEPT_WIDTH = 240  # what health and background look at
SIGHT = (background, closeups, health, observe_module, registration, thumbnail)  # by these close-ups are chosen
WATCHED = ((0.0, 0.3), (1.0, 0.3), (1.0, 0.85), (0.0, 0.85))


def times(script: Script) -> Floats:
    """The seconds at which a scenario is looked at."""
    return np.arange(0.0, script.minutes * 60, script.interval_s)


def scene_of(pack: Pack, script: Script) -> Scene:
    """A scenario as the scoring knows scenes; a licensed pitch makes its things none of the watched ground's."""
    x0, y0, x1, y1 = _flipped(script.licence) if script.mirrored else script.licence
    pitch = Zone("licensed", ((x0, y0), (x1, y0), (x1, y1), (x0, y1)), kind="permitted", classes=("stall",))
    watched = Zone("pavement", WATCHED, windows=script.windows)
    start_s, length_s = script.start_minute * 60, script.minutes * 60
    spans: Spans = tuple(
        (max(0.0, w.from_min * 60.0 - start_s), min(length_s, w.to_min * 60.0 - start_s)) for w in script.windows
    )
    things = tuple(_things(pack, script))
    permits = {watched.name: spans, pitch.name: ()}
    return Scene(script.name, script.interval_s, script.minutes / 60, (watched, pitch), permits, (), things)


def _things(pack: Pack, script: Script) -> Iterator[Thing]:
    for prop in script.props:
        if prop.class_name:
            box = box_of(pack, prop)
            here = [at for at, name in prop.steps if name]
            end_s = next((at for at, name in prop.steps if not name and at > here[0]), script.minutes * 60 + 1)
            zone = "" if prop.licensed else "pavement"
            yield Thing("stand", prop.class_name, zone, _flipped(box) if script.mirrored else box, here[0], end_s)


def _flipped(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    return 1 - box[2], box[1], 1 - box[0], box[3]


@dataclass(frozen=True, slots=True, eq=False)
class Reel:
    """A scenario ready to be watched: its scene, when it is looked at from `start` on, and the looks themselves.

    judged: for each thing of the scene its place in the `covered` of a shot. told: all that the pictures depend on.
    """

    scene: Scene
    at_s: Floats
    start: datetime
    judged: tuple[int, ...]
    told: tuple[object, ...]
    shots: Callable[[], Iterator[Shot]]


def reel_of(pack: Pack, script: Script) -> Reel:
    """A scenario on the pack's street."""
    at_s = times(script)
    judged = tuple(n for n, prop in enumerate(script.props) if prop.class_name)
    start = DAY + timedelta(minutes=script.start_minute)

    def shots() -> Iterator[Shot]:
        ways = traffic(script)
        yield from (shot(pack, script, second, ways) for second in at_s.tolist())

    return Reel(scene_of(pack, script), at_s, start, judged, (pack.digest, asdict(script)), shots)


def film_of(reel: Reel, model: Model, *, cache: Path | None, on_done: Callable[[], None]) -> Film:
    """A scenario as the engine gets it: drawn, looked at by the model, and observed, look by look."""
    known = kept(cache, _key(reel, model))
    if known is None:
        known = Seconds(tuple(_seen(reel, model, on_done)))
        remember(cache, _key(reel, model), known)
    world, at_s = reel.scene, reel.at_s
    quiet = np.zeros(len(at_s), np.bool_)
    clock = Clockwork(at_s, np.zeros(len(at_s)), quiet, quiet, quiet)
    covered = np.array([share for _, _, share in known.rows]).reshape(len(at_s), -1)
    stands = tuple(
        Stand(thing, covered[:, n] < HIDDEN) for n, thing in zip(reel.judged, world.things, strict=True) if thing.zone
    )
    return Film(world, clock, _looks(reel, known), stands)


def _key(reel: Reel, model: Model) -> str:
    digest, *rest = reel.told
    manifest = model.manifest
    shares = {name: weakest(name) for name in manifest.by_class}  # what is weaker is not kept
    read_as = [manifest.sha256, manifest.input_size, manifest.iou, manifest.classes, manifest.by_class]
    chosen_by = [hashlib.sha256(Path(str(module.__file__)).read_bytes()).hexdigest() for module in SIGHT]
    told = [shares, chosen_by, digest, read_as, model.engine, *rest]
    return hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode()).hexdigest()[:24]


def _seen(reel: Reel, model: Model, on_done: Callable[[], None]) -> Iterator[tuple[Small, Look, tuple[float, ...]]]:
    """Per look the small picture, what the model said of it, close up too, and what was covered."""
    memory, rules = Memory(), rules_for(reel.scene.zones)
    for number, (second, drawn) in enumerate(zip(reel.at_s.tolist(), reel.shots(), strict=True)):
        taken_at = reel.start + timedelta(seconds=second)
        frame = Frame(reel.scene.camera_id, drawn.picture, taken_at, number)
        (found,) = model.detect([drawn.picture], weak=True)
        seen, _, _ = look_closer(model, frame, found, memory, rules)
        small = frame.small(KEPT_WIDTH)
        memory, _ = observe(memory, Seen(replace(frame, pixels=small), seen.look, ()))
        yield small, seen.look, drawn.covered
        on_done()


def _looks(reel: Reel, known: Seconds) -> tuple[Look, ...]:
    """Health and background on top: the same chain as the patrol's and the replay's."""
    memory, out = Memory(), []
    for number, (small, look) in enumerate((small, look) for small, look, _ in known.rows):
        frame = Frame(reel.scene.camera_id, small, look.taken_at, number)
        memory, whole = observe(memory, Seen(frame, look, ()))
        out.append(whole)
    return tuple(out)
