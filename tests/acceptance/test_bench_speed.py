# SPDX-License-Identifier: AGPL-3.0-or-later
"""The benchmarks of speed as somebody types them, as short as they go; no time is asserted."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.running import STREET
from support.tiny_model import tiny_model

CLIP = STREET / "street.mp4"
QUICK = ["--rounds", "1", "--looks", "2", "--threads", "1", "--batch", "1,2", "--demux", "0", "--cases", "0"]
WATCH = ["--stream", "sub", "--seconds", "2", "--every", "1", "--engine", "onnxruntime"]


def bench(folder: Path, model: Path, name: str, *options: str) -> "subprocess.Popen[str]":
    """One benchmark, begun; its report goes to NAME.json and NAME.html."""
    files = ["--model", str(model), "--json", str(folder / f"{name}.json"), "--html", str(folder / f"{name}.html")]
    command = [sys.executable, "-m", "curbwatch", "bench", name, *options, *files]
    told = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, env=os.environ | {"XDG_CACHE_HOME": str(folder)}, **told)  # type: ignore[call-overload, no-any-return]


def done(process: "subprocess.Popen[str]", folder: Path, name: str) -> dict[str, Any]:
    said, _ = process.communicate(timeout=170)
    assert process.returncode == 0, said
    assert (folder / f"{name}.html").read_text("utf-8").startswith("<!doctype html>")
    report: dict[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return report


def test_the_benchmarks_of_speed_write_what_other_tools_read(tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "model", keen=(0.4, 0.4))  # side by side: on two cores one waits for the other anyway
    runs = {
        "latency": bench(tmp_path, model, "latency", *QUICK, "--clip", str(CLIP)),
        "capacity": bench(tmp_path, model, "capacity", *WATCH, "--cameras", "2"),
    }
    reports = {name: done(process, tmp_path, name) for name, process in runs.items()}
    reports["peers"] = done(
        bench(tmp_path, model, "peers", *WATCH, "--cameras", "1", "--repeats", "1"), tmp_path, "peers"
    )

    row = reports["latency"]["sessions"][0]
    stages = {"decode", "gate", "letterbox", "infer", "head", "observe", "rules", "jpeg", "spool"}
    assert stages <= set(row["stages"])
    assert row["total"]["p50_ms"] <= row["total"]["p95_ms"] <= row["total"]["p99_ms"]
    point = reports["capacity"]["points"][0]
    assert (point["cameras"], point["load"]["watched"], point["load"]["skipped"]) == (2, 2, 0)
    assert point["cpu_s_per_camera_s"] > 0
    assert point["looks_kept"] is not None
    assert point["frame_age_p50_s"] <= point["frame_age_p99_s"]
    assert reports["capacity"]["floor"]["cameras_per_core"] > 0
    assert reports["peers"]["ours"]["cpu_s_per_camera_s"] > 0
    assert reports["peers"]["peers"][0]["name"].startswith("OpenCV")
