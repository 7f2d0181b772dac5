# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page of `bench latency --html`."""

from collections.abc import Mapping
from typing import Any

from benchmarks.charts import Series
from benchmarks.speed_pages import Figure, Table, figure, page, shown

NOTE = (
    "Each session looks at the same keyframes (1080p, the load generator's) in turn, round after round; medians carry "
    "a 95 % interval from the rounds. With a batch the time of a stage is divided by its looks. `total` runs from the "
    "decoded frame in hand to the decision: gate, letterbox, infer, head, observe (health and background) and rules; "
    "decode, jpeg and spool stand apart, because a look without news needs no jpeg and no spool. demux is processor "
    "time of a reader's thread per look interval, from RTSP over loopback."
)
ORDER = ("demux", "decode", "gate", "letterbox", "infer", "head", "observe", "rules", "jpeg", "spool")


def latency_page(report: Mapping[str, Any]) -> str:
    """Tables of stages, and where the time goes."""
    tables = [_sessions(report), *(_stages(row) for row in report["sessions"] if row["batch"] == 1)]
    if "decode" in report["peers"]:
        tables.append(_peers(report["peers"]))
    return page(
        "Latency of a look", report, verdict=verdict(report), figures=_figures(report), tables=tables, notes=(NOTE,)
    )


def verdict(report: Mapping[str, Any]) -> list[str]:
    """What the figures say, in a line each."""
    first = report["sessions"][0]
    total, beside = first["total"], 100 * first["beside_inference"]
    look = f"{total['p50_ms']:.1f} ms from frame to decision, p99 {total['p99_ms']:.1f}"
    out = [
        f"{first['session']}: a warm look takes {look}",
        f"everything but inference takes {beside:.0f} % of the time of inference",
    ]
    for name, told in report["peers"].items():
        if name != "network":
            out.append(f"{name}: {told['our_ratio']:.3f}× the peer's time [{_between(told['our_ratio_interval'])}]")
    if visible := report.get("case_visible"):
        out.append(f"case visible after {visible['p50_ms']:.0f} ms (p99 {visible['p99_ms']:.0f})")
    return out


def _figures(report: Mapping[str, Any]) -> list[Figure]:
    first = report["cold"]["first_looks_ms"]
    warm = [(number + 1, value) for number, value in enumerate(first)]
    out = [figure("First looks of a new process", [Series("look", warm)], x="look", y="ms")]
    kinds = dict.fromkeys((row["session"], row["threads"], row["input"]) for row in report["sessions"])
    series = [
        Series(
            f"{name}, {threads} threads, {side}",
            [
                (row["batch"], row["stages"]["infer"]["p50_ms"])
                for row in report["sessions"]
                if (row["session"], row["threads"], row["input"]) == (name, threads, side)
            ],
            colour=number % 4,
        )
        for number, (name, threads, side) in enumerate(kinds)
    ]
    out.append(figure("Inference per look by batch", series, x="batch", y="ms"))
    return out


def _sessions(report: Mapping[str, Any]) -> Table:
    head = (
        "session",
        "model",
        "input",
        "threads",
        "batch",
        "total p50",
        "p95",
        "p99",
        "infer p50",
        "beside",
        "p99/p50",
    )
    rows = [
        (
            row["session"], row["model"], str(row["input"]), str(row["threads"]), str(row["batch"]),
            *(shown(row["total"][name]) for name in ("p50_ms", "p95_ms", "p99_ms")),
            shown(row["stages"]["infer"]["p50_ms"]), shown(row["beside_inference"], 3), shown(row["p99_over_p50"]),
        )
        for row in report["sessions"]
    ]  # fmt: skip
    return Table("Sessions (ms per look)", head, rows)


def _stages(row: Mapping[str, Any]) -> Table:
    some = row["stages"] | {"total": row["total"]}
    names = [name for name in (*ORDER, "total") if name in some]
    shares = ("p50_ms", "p95_ms", "p99_ms", "max_ms")
    rows = [
        (name, *(shown(some[name][share]) for share in shares), _between(some[name].get("p50_interval")))
        for name in names
    ]
    title = f"Stages: {row['session']}, input {row['input']}, {row['threads']} threads"
    return Table(title, ("stage", "p50 ms", "p95 ms", "p99 ms", "max ms", "95 % of p50"), rows)


def _between(interval: list[float | None] | None) -> str:
    return "–" if interval is None else " – ".join(shown(value, 3) for value in interval)


def _peers(peers: Mapping[str, Any]) -> Table:
    names = {
        "decode": "libavcodec alone, one thread",
        "infer": f"bare network at 640, onnxruntime ({peers['network']})",
    }
    rows = [
        (names[name], shown(told["p50_ms"]), shown(told["our_ratio"], 3), _between(told["our_ratio_interval"]))
        for name, told in peers.items()
        if name != "network"
    ]
    return Table("Peers in the same minutes", ("peer", "p50 ms", "ours over theirs", "95 %"), rows)
