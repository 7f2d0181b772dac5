# SPDX-License-Identifier: AGPL-3.0-or-later
"""`curbwatch run` on a real RTSP camera: cases with evidence, and nothing lost or doubled when processes die."""

import socket
import time
from pathlib import Path

import httpx2

from streams.loopback import LoopbackCamera
from support.running import WHOLE_PICTURE, Api, command, eventually, running, settings_text

# the demo's licensed stall stands from the first second; without a permitted zone it is a violation
LEFT = [[0, 0.3], [0.42, 0.3], [0.42, 1], [0, 1]]
ZONES = [WHOLE_PICTURE | {"name": "left pavement", "polygon": LEFT, "classes": ["stall"]}]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_a_standing_stall_becomes_one_case_with_pictures_and_a_clip(street: LoopbackCamera, tmp_path: Path) -> None:
    settings = write(tmp_path / "city.toml", settings_text(street.url, zones=ZONES))
    key = command("keys", "add", "-s", settings, "dispatch", "--role", "operator").strip()
    with running(settings, tmp_path / "log") as service:
        api = Api(service.api_url, key)
        case = eventually(lambda: next(iter(api.cases()), None), "a case")
        assert (case["class"], case["status"], case["zone"]) == ("stall", "new", "left pavement")
        whole = eventually(
            lambda: api.get(f"/cases/{case['id']}") if len(api.cases()[-1]["evidence"]) >= 4 else None,
            "picture, first sight and clip",
        )
        kinds = {item["kind"]: item for item in whole["evidence"]}
        assert {"before", "during", "context", "clip"} <= kinds.keys()
        assert whole["trace"]
        with httpx2.Client(base_url=service.api_url, headers={"Authorization": f"Bearer {key}"}) as http:
            picture = http.get(kinds["during"]["url"])
            clip = http.get(kinds["clip"]["url"], headers={"Range": "bytes=0-31"})
        assert (picture.headers["content-type"], picture.content[:2]) == ("image/jpeg", b"\xff\xd8")
        assert (clip.status_code, clip.content[4:8]) == (206, b"ftyp")
        assert api.get("/cameras")["items"][0]["id"] == "cam-1"
        eventually(lambda: api.get("/cameras/cam-1")["state"]["status"] == "live", "the camera's state is told")
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_killing_either_side_loses_and_doubles_nothing(street: LoopbackCamera, tmp_path: Path) -> None:
    port = free_port()
    api_settings = write(tmp_path / "api.toml", settings_text(street.url, zones=ZONES, port=port, data="api"))
    patrol_key = command("keys", "add", "-s", api_settings, "patrol-1").strip()
    key = command("keys", "add", "-s", api_settings, "dispatch", "--role", "operator").strip()
    patrol_settings = write(
        tmp_path / "patrol.toml",
        settings_text(
            street.url,
            zones=ZONES,
            data="patrol",
            extra=f'[patrol]\napi_url = "http://127.0.0.1:{port}"\ntoken = "{patrol_key}"',
        ),
    )
    log = tmp_path / "log"
    with running(patrol_settings, log, "--only", "patrol") as patrol:
        # the API is away while the violation is confirmed; then the patrol dies before it could post anything
        eventually(lambda: '"event": "opened"' in log.read_text() or " opened " in log.read_text(), "confirmed")
        patrol.kill()
    with running(api_settings, tmp_path / "api-1.log", "--only", "api") as api_process:
        api = Api(api_process.api_url, key)
        assert api.cases() == []
        with running(patrol_settings, log, "--only", "patrol"):
            first = eventually(lambda: next(iter(api.cases()), None), "the case comes from the spool")
            api_process.kill()
            time.sleep(3)
            with running(api_settings, tmp_path / "api-2.log", "--only", "api") as again:
                api = Api(again.api_url, key)
                eventually(lambda: len(api.cases()[-1]["evidence"]) >= 2, "its evidence arrives after the kill")
                time.sleep(6)  # twice the dwell: a doubled case would be confirmed by now
                places = [case["key"] for case in api.cases()]
                assert first["key"] in places
                assert len(places) == len(set(places))
                assert len(places) == 1
