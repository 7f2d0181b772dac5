# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stories on real streets: things planted behind the walkers of a clip, for the same model, chain and scoring."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.scenarios.backdrop import Backdrop, Spot, Unfit, backdrop, clips, order
from benchmarks.scenarios.graft import box_on, grafted, planted
from benchmarks.scenarios.pixel import DAY, Reel
from benchmarks.scenarios.planting import people, spots, watched
from benchmarks.scenarios.scenes import Scene, Thing
from benchmarks.scenarios.stage import at_step
from benchmarks.scenarios.stage_draw import Drawn, Shot
from benchmarks.scenarios.stage_pack import Pack
from benchmarks.scenarios.stories import Plant, Story
from detector.boxes import Box, joined
from detector.model import Model
from detector.zones import Point, Zone
from streams.errors import StreamError

INTERVAL_S = 10.0
LENGTH_S = 420.0


def backgrounds(pack: Pack, folder: Path, model: Model, stories: Sequence[Story]) -> tuple[list[Reel], list[str]]:
    """Every story on every clip of a folder, and for each clip that cannot serve why; Unfit where none can."""
    reels: list[Reel] = []
    refused: list[str] = []
    for path in clips(folder):
        try:
            reels += reels_of(pack, backdrop(path), model, stories)
        except (Unfit, StreamError) as error:
            refused.append(str(error))
    if not reels:
        raise Unfit("; ".join(refused))
    return reels, refused


def reels_of(pack: Pack, scene: Backdrop, model: Model, stories: Sequence[Story]) -> list[Reel]:
    """Every story on one clip."""
    walkers = people(scene, model)
    chosen = spots(scene, walkers)
    polygon = watched(scene, walkers, chosen)
    return [reel_on(pack, scene, story, chosen, polygon) for story in stories]


def reel_on(pack: Pack, scene: Backdrop, story: Story, chosen: Sequence[Spot], polygon: tuple[Point, ...]) -> Reel:
    """One story on one clip, things on the chosen spots, the polygon watched."""
    size = scene.plate.shape[1], scene.plate.shape[0]
    at_s = np.arange(0.0, LENGTH_S, INTERVAL_S)

    @cache
    def drawn(number: int, name: str) -> Drawn:
        return grafted(pack, name, chosen[story.plants[number].spot], size, prop=number)

    def shots() -> Iterator[Shot]:
        for look, second in zip(order(len(scene.moments), len(at_s)), at_s.tolist(), strict=True):
            now = [(n, at_step(plant.steps, second)) for n, plant in enumerate(story.plants)]
            places = [drawn(n, name or _first(story.plants[n])) for n, name in now]
            things = [place for place, (_, name) in zip(places, now, strict=True) if name]
            yield planted(scene.moments[look], things, places)

    judged = tuple(n for n, plant in enumerate(story.plants) if plant.class_name)
    things = tuple(_thing(story.plants[n], [drawn(n, name) for name in _names(story.plants[n])], size) for n in judged)
    zone = Zone("pavement", polygon)
    name = f"{scene.name}: {story.name}"
    world = Scene(name, INTERVAL_S, LENGTH_S / 3600, (zone,), {zone.name: ()}, (), things)
    told = (pack.digest, scene.digest, asdict(story), chosen, polygon)
    return Reel(world, at_s, DAY, judged, told, shots)


def _names(plant: Plant) -> list[str]:
    return sorted({name for _, name in plant.steps if name})


def _first(plant: Plant) -> str:
    return next(name for _, name in plant.steps if name)


def _thing(plant: Plant, shapes: Sequence[Drawn], size: tuple[int, int]) -> Thing:
    box = _whole([box_on(shape, size) for shape in shapes])
    begin_s = next(at for at, name in plant.steps if name)
    end_s = next((at for at, name in plant.steps if not name and at > begin_s), LENGTH_S + 1)
    return Thing("stand", plant.class_name, "pavement", box, begin_s, end_s)


def _whole(boxes: Sequence[Box]) -> Box:
    whole = boxes[0]
    for box in boxes[1:]:
        whole = joined(whole, box)
    return whole
