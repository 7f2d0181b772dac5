# SPDX-License-Identifier: AGPL-3.0-or-later
"""A camera's memory as bytes and back: an npz of small arrays and one JSON text, nothing that could run."""

import io
import json
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.background import Background
from detector.health import Anchor, Health
from detector.observe import Memory
from detector.reasons import Reason
from detector.registration import Shift
from detector.stillness import Stillness, nothing_glimpsed

VERSION = 1
_PLANES = ("fast", "slow", "fast_chroma", "slow_chroma", "seen_s", "still", "since", "gone_s")
_NUMBERS = ("sharp", "grey", "smeared", "usual", "looks", "learnt")
_TIMES = ("at", "since", "renewed_at", "anchored_at")

Arrays = dict[str, NDArray[Any]]


def dump(memory: Memory, *, about: str) -> bytes:
    """The memory, and what it belongs to (the camera's zones, say): it is worth nothing for anything else."""
    arrays: Arrays = {}
    told: dict[str, Any] = {"version": VERSION, "about": about}
    if memory.street:
        told["street"] = {name: getattr(memory.street, name).isoformat() for name in ("began", "at", "stepped_at")}
        arrays |= {f"street_{name}": getattr(memory.street, name) for name in _PLANES}
    if memory.health:
        told["health"], more = _dump_health(memory.health)
        arrays |= more
    file = io.BytesIO()
    text: Any = {"told": np.frombuffer(json.dumps(told).encode(), np.uint8)}
    np.savez_compressed(file, **text | arrays)
    return file.getvalue()


def load(data: bytes) -> tuple[Memory, str]:
    """The memory as it was and what it belongs to; an empty one where the bytes are damaged or of another version."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        told = json.loads(arrays.pop("told").tobytes())
        if told["version"] != VERSION:
            return Memory(), ""
        memory = Memory(_load_health(told.get("health"), arrays), _load_street(told.get("street"), arrays))
        return memory, str(told["about"])
    except Exception:  # noqa: BLE001 - numpy, zipfile and zlib raise a dozen types for bytes that are not theirs
        return Memory(), ""


def _dump_health(health: Health) -> tuple[dict[str, Any], Arrays]:
    still = health.stillness
    arrays: Arrays = {"reference": health.reference, "glimpse": still.glimpse, "glimpse_changed": still.changed}
    told: dict[str, Any] = {name: getattr(health, name) for name in _NUMBERS}
    told |= {name: getattr(health, name).isoformat() for name in _TIMES}
    told |= {"shift": _parts(health.shift), "drift": _parts(health.drift), "anchors": []}
    told["stillness"] = [still.since.isoformat(), still.at.isoformat(), still.looks]
    told["fault"] = [health.fault.code, health.fault.values] if health.fault else None
    for number, anchor in enumerate(health.anchors):
        told["anchors"].append(_parts(anchor.shift) if anchor else None)
        if anchor:
            arrays[f"anchor_{number}"] = anchor.levels
    return told, arrays


def _load_health(told: dict[str, Any] | None, arrays: Arrays) -> Health | None:
    if told is None:
        return None
    shift = Shift(*told["shift"])
    day, night = (
        Anchor(arrays[f"anchor_{number}"], Shift(*parts)) if parts else None
        for number, parts in enumerate(told["anchors"])
    )
    at = datetime.fromisoformat(told["at"])
    plain: dict[str, Any] = {name: told[name] for name in _NUMBERS}
    return Health(
        **plain | {name: datetime.fromisoformat(told[name]) for name in _TIMES},
        reference=arrays["reference"],
        stillness=_still(told.get("stillness"), arrays, at),
        fault=_reason(told["fault"]),
        shift=shift,
        wanted=shift,
        drift=Shift(*told["drift"]),
        anchors=(day, night),
    )


def _still(told: list[Any] | None, arrays: Arrays, at: datetime) -> Stillness:
    if told is None:  # a file of before it was kept
        return nothing_glimpsed(at)
    since, last, looks = told
    times = datetime.fromisoformat(since), datetime.fromisoformat(last)
    return Stillness(arrays["glimpse"], arrays["glimpse_changed"], *times, looks)


def _load_street(told: dict[str, str] | None, arrays: Arrays) -> Background | None:
    if told is None:
        return None
    parts: dict[str, Any] = {name: datetime.fromisoformat(value) for name, value in told.items()}
    return Background(**parts | {name: arrays[f"street_{name}"] for name in _PLANES})


def _parts(shift: Shift) -> list[float]:
    return [shift.dx, shift.dy, shift.degrees, shift.scale, shift.confidence]


def _reason(told: list[Any] | None) -> Reason | None:
    return Reason(told[0], tuple((name, value) for name, value in told[1])) if told else None
