# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page of `bench scenarios --html`: one self-contained file."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from benchmarks.pages import templates
from benchmarks.plots import Line, plot

NAMES = {"ours": "the engine", "loitering": "loitering on ByteTrack", "n_of_m": "N of M", "cooldown": "cooldown"}


def scenarios_page(report: Mapping[str, Any]) -> str:
    """A report of `bench scenarios`, whichever levels it holds, as HTML."""
    pages = templates()
    pages.filters |= {"figure": _figure, "between": _between}
    plots = _plots(report) if "logic" in report else []
    return pages.get_template("scenarios.html").render(r=report, plots=plots, names=NAMES, faults={}, shown=0)


def _plots(report: Mapping[str, Any]) -> list[tuple[str, Markup]]:
    quality, label = report["quality"], "detector recall per look"
    drawn = [
        (f"{name.capitalize()} over the detector's recall per look",
         plot([_over(quality, kind, name) for kind in NAMES], title=name, x_label=label, y_label=name))
        for name in ("precision", "recall")
    ]  # fmt: skip
    traded = plot([_traded(report["sweeps"], kind) for kind in NAMES], title="precision over recall",
                  x_label="event recall", y_label="event precision")  # fmt: skip
    drawn.append(("Precision over recall, every setting tried", traded))
    return [(title, Markup(text)) for title, text in drawn]  # noqa: S704 - plot() escapes what it is given


def _over(quality: Sequence[Mapping[str, Any]], kind: str, name: str) -> Line:
    points = [(row["recall_per_look"], row[kind][name]) for row in quality if row[kind][name] is not None]
    return Line(NAMES[kind], [x for x, _ in points], [y for _, y in points])


def _traded(sweeps: Mapping[str, Mapping[str, Any]], kind: str) -> Line:
    """The settings that no other setting of the same method beats in both."""
    rows = [(s["recall"], s["precision"]) for name, s in sweeps.items() if name.startswith(kind)]
    known = [(r, p) for r, p in rows if r is not None and p is not None]
    best = sorted({a for a in known if not any(b != a and b[0] >= a[0] and b[1] >= a[1] for b in known)})
    return Line(NAMES[kind], [r for r, _ in best], [p for _, p in best])


def _figure(value: float | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{round(value, 3) + 0.0:.3f}"  # + 0.0: no -0.000


def _between(interval: Sequence[float | None]) -> str:
    return "[" + ", ".join(_figure(value) for value in interval) + "]"
