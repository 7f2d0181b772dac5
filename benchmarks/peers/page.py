# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page of `bench peers --html`."""

from collections.abc import Mapping
from typing import Any

from benchmarks.capacity.page import CAMERAS_NOTE
from benchmarks.speed_pages import Table, page, shown

NOTE = (
    "Everybody watches the same cameras with the same weights at the same look rate, in turn, several rounds. "
    "Processor seconds of the whole process tree. `looks made` below 1 means that a peer fell "
    "behind, so its true cost is higher. "
    "Ours is the whole service: API, page, database and camera reports included. Settings of each peer: "
    "benchmarks/peers/contestants/."
)


def peers_page(report: Mapping[str, Any]) -> str:
    """A table of all, the ratio with its interval, and who could not take part."""
    rows = [("Curbwatch", shown(report["ours"]["cpu_s_per_camera_s"], 4), shown(report["ours"]["looks_made"]), "1", "")]
    rows += [
        (
            peer["name"], shown(peer["cpu_s_per_camera_s"], 4), shown(peer["looks_made"]), shown(peer["ratio"], 1),
            " – ".join(shown(value, 1) for value in peer["ratio_interval"]),
        )
        for peer in report["peers"]
    ]  # fmt: skip
    head = ("who", "CPU s per camera s", "looks made", "times ours", "95 % interval")
    tables = [Table("Processor time per camera", head, rows)]
    if report["unfit"]:
        tables.append(Table("Did not take part", ("who", "why"), list(report["unfit"].items())))
    return page("Peers", report, verdict=verdict(report), figures=(), tables=tables, notes=(NOTE, CAMERAS_NOTE))


def verdict(report: Mapping[str, Any]) -> list[str]:
    """One line per peer."""
    return [
        f"{peer['name']}: {shown(peer['ratio'], 1)}× our processor time "
        f"[{', '.join(shown(value, 1) for value in peer['ratio_interval'])}]"
        for peer in report["peers"]
    ]
