# SPDX-License-Identifier: AGPL-3.0-or-later
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from api.accounts import list_keys
from api.camera_schemas import CameraIn
from api.roles import Role
from api.store import open_store, upgrade
from curbwatch.camera_messages import about_camera
from curbwatch.errors import SettingsError, SpoolError
from curbwatch.memories import Memories
from curbwatch.parts import Part
from curbwatch.patrol_metrics import PatrolMetrics
from curbwatch.service import _patrol, _post, alone, fresh_key, own_key, service
from curbwatch.settings import Settings
from curbwatch.spool import Spool
from detector.chases import former_of
from detector.errors import ManifestError
from detector.look import Sighting
from detector.model import Model
from detector.observe import Memory
from detector.reasons import Reason, because
from detector.registration import Shift
from detector.sites import born
from detector.watch import Watch
from streams.reader import CameraReader
from support.seen_street import START, learnt

SITE = born("gate", Sighting("stall", 0.9, (0.4, 0.4, 0.6, 0.8)), START)


def test_a_folder_has_one_patrol_at_a_time(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(SettingsError, match="another patrol runs"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass


@pytest.mark.parametrize(
    ("part", "refused"), [("all", SettingsError), ("patrol", SettingsError), ("api", ManifestError)]
)
def test_beside_a_patrol_only_an_api_goes_on_to_its_model(tmp_path: Path, part: Part, refused: type[Exception]) -> None:
    patrol = {"api_url": "http://127.0.0.1:9", "token": "cw_x"}
    settings = watched(tmp_path, patrol=patrol, model={"manifest": str(tmp_path / "none.json")})
    settings.service.data_dir.mkdir()
    with alone(settings.service.data_dir), pytest.raises(refused), service(settings, part):
        pass


def test_services_that_share_a_database_do_not_end_each_others_keys(tmp_path: Path) -> None:
    settings = watched(tmp_path)
    upgrade(settings.database_url)
    for start in ("one", "two", "one"):
        with closing(Spool(tmp_path / start / "spool.db")) as spool:
            fresh_key(settings, own_key(spool), Role.PATROL)
    with open_store(settings.database_url) as store:
        alive = [key.name for key in list_keys(store) if key.revoked_at is None]
    assert len(alive) == len(set(alive)) == 2


def test_a_start_that_fails_at_its_files_does_not_end_the_key_before(tmp_path: Path) -> None:
    settings = watched(tmp_path)
    upgrade(settings.database_url)
    with closing(Spool(settings.spool_path)) as spool:
        fresh_key(settings, own_key(spool), Role.PATROL)
    settings.looks_path.mkdir()
    patrol = _patrol(settings, cast(Model, None), {}, threading.Event(), "http://127.0.0.1:9", PatrolMetrics())
    with pytest.raises(SpoolError, match="cannot open the looks"), patrol:
        pass
    with open_store(settings.database_url) as store:
        assert [key.revoked_at for key in list_keys(store)] == [None]


def test_another_api_without_a_token_for_it_is_refused_before_anything_runs(tmp_path: Path) -> None:
    settings = watched(tmp_path, patrol={"api_url": "http://central.example:8080"})
    with pytest.raises(SettingsError, match=r"patrol\.api_url without patrol\.token.*keys add"), service(settings):
        pass
    assert not (tmp_path / "data").exists()


def test_others_on_the_machine_cannot_look_into_a_folder_that_is_made(tmp_path: Path) -> None:
    settings = watched(tmp_path, model={"manifest": str(tmp_path / "none.json")})
    with pytest.raises(ManifestError), service(settings, "api"):
        pass
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("fault", "kept"),
    [(None, (SITE,)), (because("camera_blurred"), (SITE,)), (because("camera_moved_unclear"), ())],
)
def test_only_a_camera_that_was_turned_for_good_begins_without_the_sites_of_its_old_zones(
    tmp_path: Path, fault: Reason | None, kept: tuple[object, ...]
) -> None:
    before, after = watched(tmp_path), watched(tmp_path, top=0.3)
    health = learnt().health
    assert health is not None
    memories, reader = Memories(tmp_path / "memories"), CameraReader(after.sources()["gate"])
    memories.put("gate", Memory(replace(health, fault=fault)), before.rules(before.cameras[0]).zones)
    with closing(Spool(tmp_path / "spool.db")) as spool:
        spool.put(Watch("gate", (SITE,)))
        assert _post(after, after.cameras[0], reader, spool, memories).watch.sites == kept
        spool.put(Watch("gate", (SITE,)))  # found in the new view, ten minutes before its memory is written
        killed_and_started = _post(after, after.cameras[0], reader, spool, memories)
        assert killed_and_started.watch.sites == (SITE,)


def test_the_api_hears_each_zones_rule_as_it_takes_it(tmp_path: Path) -> None:
    corners = [[0, 0], [1, 0], [1, 1]]
    window = {"from": "17:00", "to": "0:15", "weekdays": ["sat"], "holidays": "include", "first": "2026-10-01"}
    zones = [
        {"name": "kerb", "polygon": corners, "grade": "strict", "windows": [window | {"classes": ["stall"]}]},
        {"name": "pitch", "polygon": corners, "kind": "permitted", "classes": ["stall"]},
    ]
    settings = watched(tmp_path, cameras=[{"id": "gate", "url": str(tmp_path), "zones": zones}])
    kerb, pitch = CameraIn.model_validate(about_camera(settings.cameras[0])).model_dump(mode="json")["zones"]
    assert (kerb["grade"], kerb["dwell_s"], pitch["grade"], pitch["dwell_s"]) == ("strict", 60, None, None)
    assert kerb["windows"] == [
        {
            "hours": "17:00–00:15",
            "weekdays": ["sat"],
            "holidays": "include",
            "first": "2026-10-01",
            "last": None,
            "classes": ["stall"],
        }
    ]
    assert pitch["windows"] == []


@pytest.mark.parametrize(("stands_at", "is_told"), [({}, False), ({"stands_at": [120, 40]}, True)])
def test_metres_are_told_only_where_they_are_those_of_the_city(
    tmp_path: Path, stands_at: dict[str, object], *, is_told: bool
) -> None:
    camera = watched(tmp_path).cameras[0].model_dump(exclude_unset=True)
    ground = {"horizon": 0.3, "height_m": 6, "fov_deg": 40} | stands_at
    settings = watched(tmp_path, cameras=[camera | {"ground": ground}])
    reader = CameraReader(settings.sources()["gate"])
    with closing(Spool(tmp_path / "spool.db")) as spool:
        post = _post(settings, settings.cameras[0], reader, spool, Memories(tmp_path / "memories"))
    assert post.rules.ground is not None
    assert (post.ground is not None) == is_told


def test_the_sites_of_a_bumped_camera_lie_where_they_are_seen_once_its_zones_are_drawn_anew(tmp_path: Path) -> None:
    before, after = watched(tmp_path), watched(tmp_path, top=0.3)
    health = learnt().health
    assert health is not None
    memories, reader = Memories(tmp_path / "memories"), CameraReader(after.sources()["gate"])
    bumped = Memory(replace(health, shift=Shift(0.045, -0.02)))
    memories.put("gate", bumped, before.rules(before.cameras[0]).zones)
    site = replace(SITE, mean=SITE.box)
    with closing(Spool(tmp_path / "spool.db")) as spool:
        spool.put(Watch("gate", (site,), past=(former_of(site),)))
        for _ in ("started", "killed and started"):
            known = _post(after, after.cameras[0], reader, spool, memories).watch
            boxes = [known.sites[0].box, known.sites[0].origin, known.sites[0].mean, known.past[0].box]
            assert boxes == [pytest.approx((0.445, 0.38, 0.645, 0.78))] * 4


def watched(folder: Path, *, top: float = 0.0, **more: Any) -> Settings:
    zone = {"name": "all", "polygon": [[0, top], [1, top], [1, 1]]}
    camera = {"id": "gate", "url": str(folder), "zones": [zone]}
    return Settings.model_validate({"service": {"data_dir": str(folder / "data")}, "cameras": [camera]} | more)
