# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page of `bench capacity --html`."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.capacity.fit import KEPT
from benchmarks.charts import Series
from benchmarks.speed_pages import Figure, Table, figure, page, shown

CAMERAS_NOTE = (
    "Cameras are RTSP streams over loopback TCP from one generator process; its processor time is counted apart. "
    "The kernel books TCP's receiving side on the sender there, as it books a network card's "
    "on interrupts."
)
LOOKS_NOTE = (
    "A frame's age runs from its packet's arrival to the decision. One look per interval and camera is promised, "
    "whether the camera is live or not; kept is what the service's metric says. The service and the generator are "
    "bound to processors of their own where there are enough."
)
NOTES = (CAMERAS_NOTE, LOOKS_NOTE)


def capacity_page(report: Mapping[str, Any]) -> str:
    """Points, lines and the limit; chaos and soak where they were run."""
    figures, tables = list[Figure](), list[Table]()
    if report["points"]:
        figures, tables = _figures(report), [_points(report["points"]), _stages(report["points"])]
    if soak := report.get("soak"):
        series = [Series("resident", soak["curve"], dots=False), Series("line", soak["line"], dots=False, colour=1)]
        figures.append(figure("Memory over time", series, x="minutes", y="MB"))
    if chaos := report.get("chaos"):
        tables.append(_chaos(chaos))
    return page(
        "Capacity", report, verdict=verdict(report), figures=figures, tables=tables, notes=NOTES
    )  # fmt: skip


def verdict(report: Mapping[str, Any]) -> list[str]:
    """What the figures say, in a line each."""
    out = []
    if limit := report.get("limit"):
        out.append(
            f"{report['cameras_per_core']:g} cameras per core at one look every {report['every_s']:g} s "
            f"({report['stream']} stream; {limit['how']}); {shown(report['memory_per_camera_mb'], 1)} MB per camera"
        )
    if floor := report.get("floor"):
        out.append(_of_the_floor(floor, report))
    if chaos := report.get("chaos"):
        worst = max((phase["ratio"] for phase in chaos["phases"] if phase["ratio"] is not None), default=None)
        out.append(
            f"chaos: healthy cameras' frame age p99 at most {shown(worst)}× the calm one; "
            f"cases lost {chaos['lost']}, doubled {chaos['doubled']}"
        )
        out += [f"chaos: {name} was left out: {why}" for name, why in chaos["left_out"].items()]
    if soak := report.get("soak"):
        low, high = soak["mb_per_hour_interval"]
        out.append(f"soak: {soak['mb_per_hour']:+.1f} MB/h [{low:+.1f}, {high:+.1f}] over {soak['minutes']:g} min")
    return out


def _of_the_floor(floor: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    line = (
        f"floor: receiving and decoding alone ({floor['ms_per_keyframe']:.1f} ms a keyframe) would fill a core with "
        f"{floor['cameras_per_core']:g} cameras"
    )
    carried = report.get("cameras_per_core")
    return f"{line}; the service carries {carried / floor['cameras_per_core']:.2f} of that" if carried else line


def _figures(report: Mapping[str, Any]) -> list[Figure]:
    points = report["points"]
    ages = [
        Series(f"p{share}", [(p["cameras"], p[f"frame_age_p{share}_s"]) for p in points], colour=number)
        for number, share in enumerate((50, 95, 99))
    ]
    kept = [Series("kept", [(p["cameras"], p["looks_kept"]) for p in points])]
    last = max(p["cameras"] for p in points)
    kept.append(Series("95 %", [(0, KEPT), (last, KEPT)], dots=False, colour=1))
    return [
        figure("Processor", _lined(report, "cpu_cores", "cpu_line"), x="cameras", y="cores"),
        figure("Looks kept", kept, x="cameras", y="share"),
        figure("Frame age at the decision", ages, x="cameras", y="seconds"),
        figure("Memory", _lined(report, "rss_mb", "memory_line"), x="cameras", y="MB"),
    ]


def _lined(report: Mapping[str, Any], name: str, line: str) -> list[Series]:
    points = report["points"]
    out = [Series("measured", [(p["cameras"], p[name]) for p in points], joined=False)]
    if fitted := report.get(line):
        ends = (0, max(p["cameras"] for p in points))
        there = [(x, fitted["base"] + fitted["per_camera"] * x) for x in ends]
        out.append(Series(f"line, r² {fitted['r2']:.4f}", there, dots=False, colour=1))
    return out


def _points(points: Sequence[Mapping[str, Any]]) -> Table:
    head = (
        "cameras", "cores", "CPU s per camera s", "looks/s", "kept", "age p50", "p95", "p99", "RSS MB", "ring MB",
        "threads", "first look s", "looks", "drops", "generator cores", "late p99 ms",
    )  # fmt: skip
    rows = [
        (
            str(p["cameras"]), shown(p["cpu_cores"], 3), shown(p["cpu_s_per_camera_s"], 4), shown(p["looks_per_s"], 1),
            shown(p["looks_kept"], 3), *(shown(p[f"frame_age_p{share}_s"], 3) for share in (50, 95, 99)),
            shown(p["rss_mb"], 0), shown(p["ring_mb"], 0), str(p["threads"]), shown(p["first_look_s"]),
            _counts(p["looks"]), _counts(p["drops"]), shown(p["load"]["cpu_cores"], 3),
            shown(p["load"]["late_p99_ms"], 1),
        )
        for p in points
    ]  # fmt: skip
    return Table("Points", head, rows)


def _stages(points: Sequence[Mapping[str, Any]]) -> Table:
    names = list(dict.fromkeys(name for point in points for name in point["stages_ms_per_look"]))
    rows = [
        (str(p["cameras"]), *(shown(p["stages_ms_per_look"].get(name)) for name in names), p["engine"] or "–")
        for p in points
    ]
    return Table(
        "Where a look's time goes (ms of wall clock per look, gated ones included)", ("cameras", *names, "engine"), rows
    )


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count) or "–"


def _chaos(chaos: Mapping[str, Any]) -> Table:
    head = ("phase", "seconds", "healthy cameras' age p99 s", "of the calm one", "kept")
    names = (("seconds", 0), ("frame_age_p99_s", 3), ("ratio", 2), ("looks_kept", 3))
    rows = [(phase["name"], *(shown(phase[name], digits) for name, digits in names)) for phase in chaos["phases"]]
    return Table("Chaos", head, rows)
