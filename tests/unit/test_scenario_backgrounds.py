# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.scenarios.backdrop import Backdrop, Moment, Unfit, backdrop, clips, order
from benchmarks.scenarios.baselines import zone_at
from benchmarks.scenarios.graft import box_on, grafted, planted
from benchmarks.scenarios.pixel_backgrounds import reel_on
from benchmarks.scenarios.pixel_report import judge
from benchmarks.scenarios.pixel_write import write
from benchmarks.scenarios.planting import spots, watched
from benchmarks.scenarios.scenes import Scene
from benchmarks.scenarios.stage_pack import Pack, load_pack
from benchmarks.scenarios.stories import FIRST
from curbwatch.commands.bench_pixels import backgrounds_level
from curbwatch.settings import SHIPPED_MODEL
from detector.boxes import Box
from detector.detections import Detections
from detector.manifest import load_manifest
from detector.model import Model
from detector.zones import Zone
from support.detections import NOTHING

Picture = NDArray[np.uint8]
SIZE = WIDTH, HEIGHT = 320, 240
WHOLE = ((0.0, 0.2), (1.0, 0.2), (1.0, 1.0), (0.0, 1.0))
SPOT = (0.5, 0.7, 0.2)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def ground() -> Picture:
    """Paving that is not quite even, with seams and house fronts that tell where the camera looks."""
    picture = np.random.default_rng(1).normal(130, 6, (HEIGHT, WIDTH, 1)).repeat(3, 2).astype(np.uint8)
    for n in range(0, WIDTH, 20):
        cv2.line(picture, (3 * n - WIDTH, HEIGHT), (n, 60), (60, 60, 60), 2)
        cv2.rectangle(picture, (n, 10 + n % 7), (n + 11, 45), (n // 2 + 30, 90, 220 - n // 2), -1)
    return picture


def street(number: int, *, speed: int = 18) -> Picture:
    """A walker far away (feet on row 100) goes left, one near by (feet on row 190) goes right with a shadow."""
    picture = ground()
    far, near = WIDTH - 20 - speed * number, 10 + speed * number
    cv2.rectangle(picture, (far, 70), (far + 9, 99), (40, 40, 200), -1)
    picture[180:190, near + 14 : near + 54] = (picture[180:190, near + 14 : near + 54] * 0.5).astype(np.uint8)
    cv2.rectangle(picture, (near, 130), (near + 13, 189), (200, 60, 30), -1)
    return picture


def filmed(path: Path, pictures: Sequence[Picture]) -> Path:
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=5, options={"crf": "8"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for picture in pictures:
            rgb = np.ascontiguousarray(picture[:, :, ::-1])
            film.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        film.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filmed(tmp_path_factory.mktemp("clips") / "made-up.mp4", [street(n) for n in range(16)])


@pytest.fixture(scope="module")
def scene(clip: Path) -> Backdrop:
    return backdrop(clip)


def walkers() -> list[Box]:
    """People as tall as a fifth of the picture at its foot and a tenth in its middle."""
    feet = [(x, y) for x in (0.1, 0.4, 0.7, 0.9) for y in (0.5, 0.7, 0.95)]
    return [(x - 0.02, y - (0.2 * y), x + 0.02, y) for x, y in feet]


def test_the_plate_is_the_street_without_walkers(scene: Backdrop) -> None:
    other = np.abs(scene.plate.astype(int) - ground()).max(axis=2) > 45  # more than the coder's own doing
    assert other.mean() < 0.002


def test_a_walker_is_marked_with_the_row_of_the_feet_and_the_shadow_is_light_not_body(scene: Backdrop) -> None:
    moment, near = scene.moments[5], 10 + 18 * 5
    assert abs(int(moment.walkers[160, near + 6]) - 190) <= 3
    assert abs(int(moment.walkers[85, WIDTH - 20 - 90 + 4]) - 100) <= 3
    assert moment.walkers[185, near + 35] == 0
    assert 0.35 < moment.light[185, near + 35] < 0.65
    assert moment.light[20, 20] == 1


@pytest.mark.parametrize("count", [8, 24, 47, 48])
def test_every_picture_is_shown_as_often_and_none_resembles_the_last(count: int) -> None:
    shown = order(count, 2 * count)
    assert sorted(shown) == sorted([*range(count), *range(count)])
    assert min(abs(a - b) for a, b in pairwise(shown)) >= count // 4


def test_who_walks_in_front_hides_a_thing_and_who_walks_behind_does_not(pack: Pack) -> None:
    place = grafted(pack, "food_cart", SPOT, SIZE)
    rows, columns = slice(140, 156), slice(152, 168)  # on the cart's body
    body = np.full((HEIGHT, WIDTH, 3), (60, 60, 60), np.uint8)
    for feet, hidden in ((230, True), (120, False)):
        there = np.zeros((HEIGHT, WIDTH), np.uint16)
        there[rows, columns] = feet
        shot = planted(Moment(body, there, np.ones((HEIGHT, WIDTH), np.float32)), [place], [place])
        inside = shot.picture[144:152, 156:164].astype(int)
        assert bool(np.abs(inside - 60).mean() < 15) is hidden
        assert bool(shot.covered[0] > 0.02) is hidden


def test_a_shadow_falls_on_a_thing_too(pack: Pack) -> None:
    place, nobody = grafted(pack, "food_cart", SPOT, SIZE), np.zeros((HEIGHT, WIDTH), np.uint16)
    lit, dim = (
        planted(Moment(ground(), nobody, np.full((HEIGHT, WIDTH), light, np.float32)), [place], []).picture
        for light in (1.0, 0.5)
    )
    rows, columns = int(0.6 * HEIGHT), int(0.5 * WIDTH)
    assert dim[rows, columns].sum() < 0.7 * lit[rows, columns].sum()


def test_a_thing_has_the_size_that_walkers_have_there(pack: Pack) -> None:
    small, large = (box_on(grafted(pack, "food_cart", (0.5, 0.9, tall), SIZE), SIZE) for tall in (0.1, 0.2))
    assert (large[3] - large[1]) / (small[3] - small[1]) == pytest.approx(2, rel=0.1)
    assert 1.0 < (large[3] - large[1]) / 0.2 < 1.6  # a food cart is higher than a man, but not by much
    man = box_on(grafted(pack, "man_white", (0.5, 0.9, 0.3), SIZE), SIZE)
    assert man[3] - man[1] == pytest.approx(0.3, abs=0.02)


def test_places_are_found_where_people_walk_and_in_their_size(scene: Backdrop) -> None:
    found = spots(scene, walkers())
    assert len(found) == 2
    for x, y, tall in found:
        assert 0.09 <= x <= 0.91
        assert 0.49 <= y <= 0.96
        assert tall == pytest.approx(0.2 * y, abs=0.01)
    Zone("pavement", watched(scene, walkers(), found))


def test_too_few_people_are_no_measure_unless_a_sidecar_says_where(clip: Path, tmp_path: Path) -> None:
    copy = tmp_path / "made-up.mp4"
    copy.write_bytes(clip.read_bytes())
    with pytest.raises(Unfit, match=r"0 people .* made-up\.json"):
        spots(backdrop(copy), [])
    copy.with_suffix(".json").write_text(json.dumps({"spots": [{"x": 0.5, "y": 0.7, "height": 0.2}]}))
    told = backdrop(copy)
    assert spots(told, []) == (SPOT, SPOT)
    Zone("pavement", watched(told, [], told.spots))


@pytest.mark.parametrize("text", ["[]", '{"spots": []}', '{"spots": [{"x": 2, "y": 1, "height": 0.1}]}', "{"])
def test_a_sidecar_that_says_nothing_is_refused(clip: Path, tmp_path: Path, text: str) -> None:
    copy = tmp_path / "made-up.mp4"
    copy.write_bytes(clip.read_bytes())
    copy.with_suffix(".json").write_text(text)
    with pytest.raises(Unfit, match=r"made-up\.json"):
        backdrop(copy)


def test_a_camera_that_moves_and_a_folder_without_clips_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Unfit, match="no clip"):
        clips(tmp_path)
    wide = np.random.default_rng(2).integers(0, 255, (HEIGHT // 16, 4 * WIDTH // 16, 3), np.uint8)
    scenery = np.asarray(cv2.resize(wide, (4 * WIDTH, HEIGHT)), np.uint8)
    moving = filmed(tmp_path / "pans.mp4", [scenery[:, 30 * n : 30 * n + WIDTH] for n in range(12)])
    assert clips(tmp_path) == [moving]
    with pytest.raises(Unfit, match="stands still"):
        backdrop(moving)


def test_baselines_know_zones_that_are_no_rectangles() -> None:
    world = Scene("slanting", 10, 1, (Zone("lane", ((0.5, 0.2), (0.9, 0.9), (0.1, 0.9))),), {"lane": ()}, (), ())
    feet = {(0.5, 0.5): "lane", (0.15, 0.4): "", (0.85, 0.4): "", (0.95, 0.5): ""}
    assert {(x, y): zone_at(world, (x, 0.1, x, y), "stall", 0) for x, y in feet} == feet


class Eye:
    """Reports a stall where the whole picture is not the plate, in the box that it is told to watch."""

    engine = "none"

    def __init__(self, plate: Picture, box: Box) -> None:
        self.manifest = load_manifest(SHIPPED_MODEL)
        self._plate, self._box = plate, np.array(box) * (*SIZE, *SIZE)

    def detect(self, pictures: Sequence[Picture], *, weak: bool) -> list[Detections]:
        if pictures[0].shape != self._plate.shape:
            return [NOTHING]
        x0, y0, x1, y1 = self._box.round().astype(int)
        other = np.abs(pictures[0].astype(int) - self._plate)[y0:y1, x0:x1].max(axis=2) > 40
        count = int(weak and other.mean() > 0.4)
        kind = np.full(count, self.manifest.classes.index("stall"))
        return [Detections(self._box[None].repeat(count, 0).astype(np.float32), np.full(count, 0.9, np.float32), kind)]


def test_a_planted_stall_is_one_true_case_and_what_leaves_soon_is_none(pack: Pack, scene: Backdrop) -> None:
    reels = [reel_on(pack, scene, FIRST[n], (SPOT, SPOT), WHOLE) for n in (0, 3)]
    eye = Eye(scene.plate, reels[0].scene.things[0].box)
    there, brief = judge(reels, cast(Model, eye), cache=None, on_done=lambda: None)
    assert (there.score.violations, there.score.found, there.score.false) == (1, 1, 0)
    assert (brief.score.violations, brief.score.false) == (0, 0)


def test_a_story_can_be_written_as_a_film_with_its_truth(pack: Pack, scene: Backdrop, tmp_path: Path) -> None:
    path = write(reel_on(pack, scene, FIRST[0], (SPOT, SPOT), WHOLE), tmp_path)
    assert path.name == "made-up-a-food-cart.mp4"
    with av.open(str(path)) as film:
        sizes = [(frame.width, frame.height) for frame in film.decode(video=0)]
    assert sizes == [SIZE] * 42
    (stand,) = json.loads(path.with_suffix(".json").read_text())["stands"]
    assert (stand["class"], stand["from_s"], stand["to_s"]) == ("stall", 60, 290)


def test_the_report_names_the_stories(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, given in (
        ("load_model", None),
        ("backgrounds", ([], ["shaky.mp4: moves"])),
        ("_measured", {"recall": 1.0}),
    ):
        monkeypatch.setattr(f"curbwatch.commands.bench_pixels.{name}", lambda *_, given=given: given)
    told = backgrounds_level(Path("clips"), SHIPPED_MODEL, None, "later")
    assert told == {"recall": 1.0, "stories": "later", "refused": ["shaky.mp4: moves"]}
