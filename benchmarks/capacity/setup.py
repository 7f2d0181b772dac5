# SPDX-License-Identifier: AGPL-3.0-or-later
"""A settings file for many cameras on the demo street's zones."""

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DWELL_S = 120.0
HIT_RATIO = 0.35  # as in the demo, of whose street the clips are


@dataclass(frozen=True, slots=True)
class Plan:
    """What the service is told: how often to look, with how many threads, where its parts are."""

    every_s: float = 2.0
    threads: int = 1
    engine: str = "auto"
    manifest: Path | None = None
    port: int = 0
    api_url: str = ""
    token: str = ""
    metrics_port: int = 0
    dwell_s: Sequence[float] = ()  # by camera; default 120 s each


def write_settings(path: Path, street: Path, urls: Sequence[str], plan: Plan) -> Path:
    """Write the file; data lie in `data/` beside it."""
    zones = json.loads((street.with_suffix(".json")).read_text("utf-8"))["zones"]
    told: dict[str, Any] = {"port": plan.port, "data_dir": "data", "public_metrics": True}
    lines = ["[service]", *_table(told), "[model]", *_table({"threads": plan.threads, "engine": plan.engine})]
    if plan.manifest is not None:
        lines += _table({"manifest": str(plan.manifest)})
    patrol: dict[str, Any] = {"api_url": plan.api_url, "token": plan.token}
    if plan.metrics_port:
        patrol |= {"metrics_port": plan.metrics_port, "metrics_by_camera": True}
    lines += ["[patrol]", *_table(patrol)]
    for number, url in enumerate(urls):
        dwell_s = plan.dwell_s[number] if plan.dwell_s else DWELL_S
        lines += ["[[cameras]]", *_table({"id": f"cam-{number}", "url": url, "every_s": plan.every_s})]
        for zone in zones:
            known = {name: zone[name] for name in ("name", "kind", "polygon")}
            rule = {"dwell_s": round(dwell_s, 1), "clear_s": 600.0, "hit_ratio": HIT_RATIO}
            lines += ["[[cameras.zones]]", *_table(known | rule)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def free_port() -> int:
    """A port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _table(values: dict[str, Any]) -> list[str]:
    return [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
