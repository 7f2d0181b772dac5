# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page of `bench scenarios --html`: one self-contained file."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from benchmarks.charts import Series, chart
from benchmarks.pages import templates

NAMES = {"ours": "the engine", "loitering": "loitering on ByteTrack", "n_of_m": "N of M", "cooldown": "cooldown"}


def scenarios_page(report: Mapping[str, Any]) -> str:
    """A report of `bench scenarios`, whichever levels it holds, as HTML."""
    pages = templates()
    pages.filters |= {"figure": _figure, "between": _between}
    plots = _plots(report) if "logic" in report else []
    return pages.get_template("scenarios.html").render(r=report, plots=plots, names=NAMES, faults={}, shown=0)


def _plots(report: Mapping[str, Any]) -> list[tuple[str, Markup]]:
    quality, label = report["quality"], "detector recall per look"
    out = [
        (f"{name.capitalize()} over the detector's recall per look",
         _shares([_over(quality, kind, name) for kind in NAMES], title=name, x=label, y=name))
        for name in ("precision", "recall")
    ]  # fmt: skip
    traded = _shares([_traded(report["sweeps"], kind) for kind in NAMES], title="precision over recall",
                     x="event recall", y="event precision")  # fmt: skip
    return [*out, ("Precision over recall, every setting tried", traded)]


def _shares(lines: Sequence[Sequence[tuple[float, float | None]]], *, title: str, x: str, y: str) -> Markup:
    """A line for each of NAMES."""
    names = enumerate(zip(NAMES.values(), lines, strict=True))
    series = [Series(name, line, dots=False, colour=number) for number, (name, line) in names]
    svg = chart(series, title=title, x_label=x, y_label=y, x=(0, 1), y=(0, 1))
    return Markup(svg)  # noqa: S704 - chart() escapes what it is given


def _over(quality: Sequence[Mapping[str, Any]], kind: str, name: str) -> list[tuple[float, float | None]]:
    return [(row["recall_per_look"], row[kind][name]) for row in quality]


def _traded(sweeps: Mapping[str, Mapping[str, Any]], kind: str) -> list[tuple[float, float | None]]:
    """The settings that no other setting of the same method beats in both."""
    rows = [(s["recall"], s["precision"]) for name, s in sweeps.items() if name.startswith(kind)]
    known = [(r, p) for r, p in rows if r is not None and p is not None]
    return sorted({a for a in known if not any(b != a and b[0] >= a[0] and b[1] >= a[1] for b in known)})


def _figure(value: float | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{round(value, 3) + 0.0:.3f}"  # + 0.0: no -0.000


def _between(interval: Sequence[float | None]) -> str:
    return "[" + ", ".join(_figure(value) for value in interval) + "]"
