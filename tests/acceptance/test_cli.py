# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each command as its user types it."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import cv2
import pytest

from curbwatch.demo import demo_settings
from detector.reasons import say
from streams.loopback import LoopbackCamera, make_clip
from support.running import STREET, WHOLE_PICTURE, command, curbwatch, settings_text

EVENTS = json.loads((STREET / "street.json").read_text("utf-8"))["events"]
PERMITTED = next(event for event in EVENTS if event["permitted"])


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first frame of the demo street: its licensed stall stands in it."""
    path = tmp_path_factory.mktemp("pictures") / "street.png"
    with av.open(str(STREET / "street.mp4")) as clip:
        cv2.imwrite(str(path), next(clip.decode(video=0)).to_ndarray(format="bgr24"))
    return path


@pytest.fixture
def settings(tmp_path: Path, street: LoopbackCamera) -> Path:
    path = tmp_path / "city.toml"
    path.write_text(settings_text(street.url, zones=[WHOLE_PICTURE]), "utf-8")
    return path


def boxes(line: str, name: str) -> list[dict[str, Any]]:
    return [d for d in json.loads(line)["detections"] if d["class"] == name]


def test_detect_finds_the_stall_and_writes_an_annotated_picture(picture: Path, tmp_path: Path) -> None:
    said = curbwatch("detect", picture, "--json", "--save", tmp_path)
    (stall,) = boxes(said, "stall")
    x0, y0, x1, y1 = stall["xyxy"]
    middle = (x0 + x1) / 2 / json.loads(said)["width"], (y0 + y1) / 2 / json.loads(said)["height"]
    assert PERMITTED["box"][0] < middle[0] < PERMITTED["box"][2]
    assert PERMITTED["box"][1] < middle[1] < PERMITTED["box"][3]
    assert cv2.imread(str(tmp_path / "street.annotated.jpg")) is not None


def test_the_demo_street_names_its_pitch_for_the_licensed_stall_and_for_nothing_else(
    picture: Path, tmp_path: Path
) -> None:
    said = curbwatch("detect", picture, "--json")
    (stall,) = boxes(said, "stall")
    size = json.loads(said)["width"], json.loads(said)["height"]
    demo = demo_settings(str(STREET / "street.mp4"), tmp_path, 0)
    court = demo.rules(demo.cameras[0]).court(datetime.now(UTC), size)

    x0, y0, x1, y1 = stall["xyxy"]
    licensed = court.ruling((x0 / size[0], y0 / size[1], x1 / size[0], y1 / size[1]), "stall").waived
    assert licensed is not None
    assert say(licensed, "en") == "stands in permitted zone licensed pitch"
    for event in EVENTS:
        if not event["permitted"]:
            judged = court.ruling(tuple(event["box"]), event["class"]).zone
            assert judged is not None
            assert judged.name == "pavement"


def test_detect_takes_a_folder_and_a_threshold(picture: Path) -> None:
    few = curbwatch("detect", picture.parent, "--json", "--min-confidence", "0.99").splitlines()
    many = curbwatch("detect", picture.parent, "--json", "--min-confidence", "0.05").splitlines()
    assert len(few) == len(many) == 1
    assert len(json.loads(few[0])["detections"]) < len(json.loads(many[0])["detections"])


def test_detect_annotates_a_recording_as_a_video(tmp_path: Path) -> None:
    looks = curbwatch("detect", STREET / "street.mp4", "--every-s", "10", "--json", "--save", tmp_path).splitlines()
    with av.open(str(tmp_path / "street.annotated.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) == len(looks) >= 8


def test_detect_keeps_what_bears_the_same_name_apart(picture: Path, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", frames=1)
    for side in ("north", "south"):
        (tmp_path / side).mkdir()
        shutil.copy(picture, tmp_path / side / "1.png")
        shutil.copy(clip, tmp_path / side / "cam.mp4")
    curbwatch("detect", *sorted(tmp_path.glob("*/*")), "--save", tmp_path / "out")
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == ["1-2.annotated.jpg", "1.annotated.jpg", "cam-2.annotated.mp4", "cam.annotated.mp4"]


def test_detect_takes_names_that_are_not_utf_8(picture: Path, tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode("街.png".encode("gbk"))
    shutil.copy(picture, odd)
    said = curbwatch("detect", odd, "--json", "--save", tmp_path / "out", PYTHONIOENCODING="utf-8:strict")
    assert json.loads(said)["picture"] == str(odd)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"{odd.stem}.annotated.jpg"]


def test_detect_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    assert "not a picture that can be read" in curbwatch("detect", tmp_path / "a.jpg", code=2)
    assert "no such file" in curbwatch("detect", tmp_path / "b.jpg", code=2)


def test_probe_tells_what_a_camera_offers(street: LoopbackCamera, tmp_path: Path) -> None:
    found = json.loads(curbwatch("probe", street.url, "--json", "--snapshot", tmp_path / "a.jpg"))
    assert (found["codec"], found["width"], found["height"]) == ("h264", 1280, 720)
    snapshot = cv2.imread(str(tmp_path / "a.jpg"))
    assert snapshot is not None
    assert snapshot.shape == (720, 1280, 3)


def test_probe_suggests_the_sub_stream_as_it_is_to_be_written(street: LoopbackCamera) -> None:
    main = street.url.replace("/cam", "/Streaming/Channels/101?from=[fd00:a:b::5]")  # :a: is an emoji to rich
    (sub,) = json.loads(curbwatch("probe", main, "--json"))["siblings"]
    assert sub == f"Hikvision: {main.replace('/101', '/102')}"
    said = curbwatch("probe", main, COLUMNS="120")
    assert main in said
    assert sub in said


def test_probe_never_shows_the_password() -> None:
    said = curbwatch("probe", "rtsp://admin:hunter2@127.0.0.1:1/stream", code=2)
    assert "hunter2" not in said
    assert "127.0.0.1:1" in said


@pytest.mark.parametrize("path", ["cam/realmonitor?channel=1&subtype=0", "image.jpg"])
def test_detect_never_shows_the_password(path: str) -> None:
    said = curbwatch("detect", f"rtsp://admin:hunter2@127.0.0.1:1/{path}", code=2)
    assert "hunter2" not in said
    assert "127.0.0.1:1 refuses connections" in said


@pytest.mark.parametrize("address", ["rtsp//viewer:hun/ter2@192.0.2.9/x", "viewer:hunter2@192.0.2.9/x.jpg"])
def test_no_command_repeats_a_mistyped_address(settings: Path, address: str) -> None:
    replay = ("replay", address, "--settings", settings)
    for words in (("probe", address), ("detect", address), replay):
        said = curbwatch(*words, code=2)
        assert "has an @ but no ://; write rtsp:// before" in said
        assert "ter2" not in said


def test_check_passes_a_good_city_and_names_a_bad_camera(settings: Path) -> None:
    curbwatch("check", settings)
    bad = re.sub(r"rtsp://127.0.0.1:\d+", "rtsp://admin:hunter2@127.0.0.1:1", settings.read_text())
    settings.write_text(bad, "utf-8")
    (finding,) = json.loads(curbwatch("check", settings, "--json", code=1))
    assert (finding["camera_id"], finding["good"]) == ("cam-1", False)
    assert "hunter2" not in finding["text"]


def test_check_takes_a_folder_of_pictures(settings: Path, picture: Path) -> None:
    settings.write_text(re.sub(r'"rtsp://.+"', f'"{picture.parent}"', settings.read_text()), "utf-8")
    (finding,) = json.loads(curbwatch("check", settings, "--json"))
    assert (finding["good"], finding["text"]) == (True, "1 picture(s)")


def test_a_database_that_cannot_be_opened_is_a_line_and_no_traceback(settings: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    url = f"sqlite:///{tmp_path}/taken"
    said = command("cases", "list", "-s", settings, code=2, CURBWATCH_SERVICE__DATABASE_URL=url)
    assert said.strip() == "curbwatch: the database cannot be used: unable to open database file"


def test_a_damaged_database_is_a_line_and_no_traceback(settings: Path, tmp_path: Path) -> None:
    (tmp_path / "cw.db").write_bytes(b"no database" * 1000)
    said = command(
        "cases", "list", "-s", settings, code=2, CURBWATCH_SERVICE__DATABASE_URL=f"sqlite:///{tmp_path}/cw.db"
    )
    assert said.strip() == "curbwatch: the database cannot be used: file is not a database; put back a copy of it"


def test_check_names_the_path_of_an_unknown_key(settings: Path) -> None:
    settings.write_text(settings.read_text().replace("dwell_s", "dwel_s"), "utf-8")
    assert "cameras[0] (cam-1).zones[0].dwel_s: unknown key" in curbwatch("check", settings, code=2)


def test_replay_tells_which_cases_a_recording_would_have_raised(settings: Path) -> None:
    outcome = json.loads(curbwatch("replay", STREET / "street.mp4", "--settings", settings, "--json"))
    opened = [event for event in outcome["events"] if event["event"] == "opened"]
    assert outcome["cases"] == len(opened) >= 3  # the licensed stall too: these settings have no permitted zone
    assert {event["class"] for event in opened} == {"stall", "debris"}
    assert all(event["text"]["en"] and event["text"]["zh"] for event in outcome["events"])


def test_replay_speaks_the_readers_language(settings: Path, picture: Path) -> None:
    asked = ("replay", picture.parent, "--settings", settings, "--lang")
    assert "共 1 次观察，立案 0 件" in curbwatch(*asked, "zh")
    assert "1 looks, 0 case(s)" in curbwatch(*asked, "en")


def test_users_and_keys_are_added_listed_and_ended(settings: Path) -> None:
    secret = command("keys", "add", "-s", settings, "dispatch", "--role", "operator").strip()
    command("users", "add", "-s", settings, "li", "--role", "operator", CURBWATCH_NEW_PASSWORD="a long password")
    assert secret.startswith("cw_")
    (key,) = json.loads(command("keys", "list", "-s", settings, "--json"))
    (user,) = json.loads(command("users", "list", "-s", settings, "--json"))
    assert (key["name"], key["revoked_at"], user["name"]) == ("dispatch", None, "li")
    assert secret not in command("keys", "list", "-s", settings)
    command("keys", "revoke", "-s", settings, "dispatch")
    command("users", "disable", "-s", settings, "li")
    assert json.loads(command("keys", "list", "-s", settings, "--json"))[0]["revoked_at"]
    assert json.loads(command("users", "list", "-s", settings, "--json"))[0]["disabled_at"]
    again = command("users", "password", "-s", settings, "li", CURBWATCH_NEW_PASSWORD="a longer password")
    assert f"li has a new password, but is disabled: `curbwatch users enable -s {settings} li`" in again
    command("users", "enable", "-s", settings, "li")
    command("users", "role", "-s", settings, "li", "--role", "viewer")
    (user,) = json.loads(command("users", "list", "-s", settings, "--json"))
    assert (user["disabled_at"], user["role"]) == (None, "viewer")
    patrol = ("users", "add", "-s", settings, "wang", "--role", "patrol")
    assert "a patrol is no person" in command(*patrol, code=2, CURBWATCH_NEW_PASSWORD="a long password")


def test_the_shipped_models_are_sound() -> None:
    assert curbwatch("models", "verify").startswith("good: curbwatch-n-v7")
    assert json.loads(command("models", "list", "--json"))[0]["classes"].startswith("stall, debris")


def test_an_empty_city_has_no_cases(settings: Path) -> None:
    command("db", "upgrade", "-s", settings)
    assert json.loads(command("cases", "list", "-s", settings, "--json")) == []
    assert command("cases", "export", "-s", settings).startswith("\ufeffid,status,class")
    assert "C20000101-0001" in command("cases", "show", "-s", settings, "C20000101-0001", code=2)


def test_the_service_needs_nothing_that_only_tests_and_training_install() -> None:
    extras = tomllib.loads((STREET.parents[1] / "pyproject.toml").read_text("utf-8"))["project"][
        "optional-dependencies"
    ]
    names = {re.split(r"[\[><=]", wanted)[0].replace("-", "_") for extra in extras.values() for wanted in extra}
    hide = f"import sys; sys.modules.update(dict.fromkeys({sorted(names)!r}, None)); from curbwatch.cli import app; "
    ask = "[app([*group, '--help'], standalone_mode=False) for group in ([], ['bench'], ['models'])]"
    subprocess.run([sys.executable, "-c", hide + ask], check=True, timeout=60)  # help imports every command of a group
