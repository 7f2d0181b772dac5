# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages of `bench accuracy --html` and `bench compare --html`: one self-contained file each."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from benchmarks.charts import Series, bar, chart
from benchmarks.pages import templates

FAULTS_SHOWN = 50  # of each kind; the JSON holds all


def accuracy_page(report: Mapping[str, Any]) -> str:
    """The page of `bench accuracy --html`."""
    plots = {name: _plots({report["model"]: row}, name) for name, row in report["classes"].items()}
    return _render("accuracy.html", report, plots)


def compare_page(report: Mapping[str, Any]) -> str:
    """The page of `bench compare --html`."""
    a, b = report["a"], report["b"]
    named = {f"A {a['model']}": a["classes"], f"B {b['model']}": b["classes"]}
    plots = {
        name: _plots({label: classes[name] for label, classes in named.items()}, name) for name in report["accuracy"]
    }
    return _render("compare.html", report, plots)


def _render(template: str, report: Mapping[str, Any], plots: Mapping[str, Any]) -> str:
    pages = templates()
    pages.filters |= {"figure": _figure, "between": _between, "percent": _percent}
    pages.globals["bar"] = _bar
    faults: dict[str, list[Any]] = {}
    for fault in report["faults"]:
        faults.setdefault(fault["kind"], []).append(fault)
    return pages.get_template(template).render(r=report, plots=plots, faults=faults, shown=FAULTS_SHOWN)


def _plots(rows: Mapping[str, Mapping[str, Any]], name: str) -> list[Markup]:
    """Precision over recall; and for a single model precision and recall over confidence."""
    curves = [one for number, (label, row) in enumerate(rows.items()) for one in _curve(label, row, number)]
    out = [_shares(curves, f"{name}: precision over recall", "recall", "precision")]
    if len(rows) == 1:
        (row,) = rows.values()
        title = f"{name}: precision and recall over confidence"
        out.append(_shares(_over_confidence(row["curve"]), title, "confidence", "share"))
    return out


def _shares(series: Sequence[Series], title: str, x: str, y: str) -> Markup:
    svg = chart(series, title=title, x_label=x, y_label=y, x=(0, 1), y=(0, 1))
    return Markup(svg)  # noqa: S704 - chart() escapes what it is given


def _curve(label: str, row: Mapping[str, Any], colour: int) -> list[Series]:
    """A model's curve, and its operating point if it has one."""
    points = list(zip(row["curve"]["recall"], row["curve"]["precision"], strict=True))
    out = [Series(label, points, dots=False, colour=colour)]
    if row["recall"] is not None:
        at = f"{label} at {row['threshold']}, recall and precision"
        out.append(Series(at, [(row["recall"], row["precision"])], joined=False, colour=colour))
    return out


def _over_confidence(curve: Mapping[str, Any]) -> list[Series]:
    return [
        Series(name, list(zip(curve["confidence"], curve[name], strict=True)), dots=False, colour=number)
        for number, name in enumerate(("precision", "recall"))
    ]


def _bar(interval: list[float | None], middle: float | None, low: float, high: float) -> Markup:
    if middle is None or interval[0] is None or interval[1] is None:
        return Markup("")
    marks = [tick / 4 for tick in range(-4, 5) if low <= tick / 4 <= high]
    return Markup(bar(interval[0], middle, interval[1], span=(low, high), ticks=marks))  # noqa: S704 - numbers only


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{round(value, 3) + 0.0:.3f}"  # + 0.0: no -0.000


def _between(interval: list[float | None]) -> str:
    return "[" + ", ".join(_figure(value) for value in interval) + "]"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"
