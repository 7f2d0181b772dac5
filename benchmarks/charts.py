# SPDX-License-Identifier: AGPL-3.0-or-later
"""Charts as SVG text, so that a report is one file that opens without a network; in the colours of its page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 460, 300
LEFT, TOP, RIGHT, BOTTOM = 58, 12, 12, 40
TICKS = 5

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Series:
    """Points (x, y) with what they are; drawn as dots, as a line, or both. Points without a y are left out."""

    label: str
    points: Sequence[tuple[float, float | None]]
    dots: bool = True
    joined: bool = True
    colour: int = 0


@dataclass(frozen=True, slots=True)
class _Axes:
    x: Span
    y: Span

    def place(self, x: float, y: float) -> tuple[float, float]:
        across, down = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        right = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return round(LEFT + right * across, 1), round(TOP + (1 - up) * down, 1)


def chart(
    series: Sequence[Series], *, title: str, x_label: str, y_label: str, x: Span | None = None, y: Span | None = None
) -> str:
    """Series over common axes; an axis that is not given reaches round what is shown, the y axis from nought."""
    drawn = [(one, [(right, up) for right, up in one.points if up is not None]) for one in series]
    xs, ys = ([place[axis] for _, some in drawn for place in some] for axis in (0, 1))
    if not xs and not (x and y):
        return f"<p>{escape(title)}: nothing was measured.</p>"
    axes = _Axes(x or _span(xs, from_zero=False), y or _span(ys, from_zero=True))
    parts = [f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">']
    parts += [*_grid(axes), *_names(x_label, y_label)]
    for one, some in drawn:
        parts += _drawn(one, some, axes)
    return "".join([*parts, "</svg>"])


def _span(values: Sequence[float], *, from_zero: bool) -> Span:
    low, high = (min(0.0, *values) if from_zero else min(values)), max(values)
    room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return (low if from_zero else low - room), high + room


def ticks(low: float, high: float) -> list[float]:
    """Round numbers between two values, about five."""
    step = 10 ** math.floor(math.log10((high - low) / TICKS))
    step = next(step * more for more in (1, 2, 5, 10) if (high - low) / (step * more) <= TICKS + 1)
    first = math.ceil(low / step)
    return [round(number * step, 10) for number in range(first, math.floor(high / step) + 1)]


def _grid(axes: _Axes) -> list[str]:
    out = []
    for tick in ticks(*axes.x):
        x, _ = axes.place(tick, axes.y[0])
        out.append(f'<path class="grid" d="M{x} {TOP}V{HEIGHT - BOTTOM}"/>')
        out.append(f'<text x="{x}" y="{HEIGHT - BOTTOM + 15}" class="tick">{tick:g}</text>')
    for tick in ticks(*axes.y):
        _, y = axes.place(axes.x[0], tick)
        out.append(f'<path class="grid" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>')
        out.append(f'<text x="{LEFT - 6}" y="{y + 4}" class="tick left">{tick:g}</text>')
    return out


def _names(x_label: str, y_label: str) -> list[str]:
    half_down = (TOP + HEIGHT - BOTTOM) / 2
    return [
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" class="axis">{escape(x_label)}</text>',
        f'<text transform="translate(13 {half_down}) rotate(-90)" class="axis">{escape(y_label)}</text>',
    ]


def _drawn(one: Series, some: Sequence[tuple[float, float]], axes: _Axes) -> list[str]:
    out, places = [], [axes.place(x, y) for x, y in some]
    if one.joined:
        points = " ".join(f"{x},{y}" for x, y in places)
        out.append(f'<polyline class="line c{one.colour}" points="{points}"><title>{escape(one.label)}</title>')
        out.append("</polyline>")
    if one.dots:
        for (x, y), (right, up) in zip(places, some, strict=True):
            told = f"{escape(one.label)}: {right:g}, {up:.4g}"
            out.append(f'<circle class="dot c{one.colour}" cx="{x}" cy="{y}" r="4"><title>{told}</title></circle>')
    return out


def bar(low: float, middle: float, high: float, *, span: Span, ticks: Sequence[float]) -> str:
    """An interval with its middle on a strip that reaches from span[0] to span[1]; ticks are marked."""
    width = 160

    def at(value: float) -> float:
        share = (min(max(value, span[0]), span[1]) - span[0]) / ((span[1] - span[0]) or 1)
        return round(4 + share * (width - 8), 1)

    marks = "".join(f'<path class="grid" d="M{at(tick)} 1V19"/>' for tick in ticks)
    return (
        f'<svg class="bar" viewBox="0 0 {width} 20" aria-hidden="true">{marks}'
        f'<path class="line c0" d="M{at(low)} 10H{at(high)}"/>'
        f'<circle class="dot c0" cx="{at(middle)}" cy="10" r="4"/></svg>'
    )
