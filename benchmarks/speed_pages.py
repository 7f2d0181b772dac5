# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages of the benchmarks of speed: a verdict, charts, tables, and how it was measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from benchmarks.charts import Series, chart
from benchmarks.pages import templates


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its key."""

    title: str
    svg: Markup
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of ready text under a head."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def figure(title: str, series: Sequence[Series], *, x: str, y: str) -> Figure:
    """A chart; the key names the series by colour."""
    svg = chart(series, title=title, x_label=x, y_label=y)
    labels = {one.colour: one.label for one in series}
    return Figure(title, Markup(svg), tuple(labels[colour] for colour in sorted(labels)))  # noqa: S704 - chart() escapes


def page(
    title: str,
    report: Mapping[str, Any],
    *,
    verdict: Sequence[str],
    figures: Sequence[Figure],
    tables: Sequence[Table],
    notes: Sequence[str],
) -> str:
    """One self-contained page."""
    pages = templates()
    return pages.get_template("speed.html").render(
        title=title, machine=report["machine"], measured_at=report.get("measured_at", ""), verdict=verdict,
        figures=figures, tables=tables, notes=notes,
    )  # fmt: skip


def shown(value: float | None, digits: int = 2) -> str:
    """A figure as text; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"
