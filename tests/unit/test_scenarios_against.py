# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two reports of scenarios: what left the interval of the earlier one is told, what did not is not."""

from typing import Any

from benchmarks.scenarios.against import worse


def _report(**changed: Any) -> dict[str, Any]:
    logic = {
        "precision": 0.97,
        "precision_interval": [0.95, 0.99],
        "recall": 1.0,
        "recall_interval": [1.0, 1.0],
        "duplicates_per_event": 0.0,
        "duplicates_per_event_interval": [0.0, 0.01],
        "confirm_delay_looks_p95": 2.0,
        "confirm_delay_looks_p95_interval": [1.0, 4.0],
        "clear_delay_looks_p95": None,
        "clear_delay_looks_p95_interval": [None, None],
    }
    report = {"setting": {"recall": 0.6}, "seed": 1, "machine": {"processor": "x"}, "cost": {"p50_ms": 0.3}}
    return report | {"logic": logic | changed}


def test_the_same_report_is_no_worse() -> None:
    assert worse(_report(), _report()) == []


def test_within_the_noise_is_no_finding_and_beyond_it_is_one() -> None:
    assert worse(_report(precision=0.955, confirm_delay_looks_p95=3.9), _report()) == []
    assert worse(_report(precision=0.94), _report()) == ["logic: precision 0.970 [0.950, 0.990] -> 0.940"]
    assert "confirm delay" in worse(_report(confirm_delay_looks_p95=5.0), _report())[0]
    assert worse(_report(precision=1.0, duplicates_per_event=0.0), _report()) == []


def test_another_city_cannot_be_compared() -> None:
    assert "another seed" in worse(_report() | {"seed": 2}, _report())[0]
    assert "nothing of this" in worse({"pixel": {}}, _report())[0]


def test_only_the_same_scenarios_are_compared() -> None:
    def real(*names: str) -> dict[str, Any]:
        return {"pixel_backgrounds": _report()["logic"] | {"scenarios": [{"name": name} for name in names]}}

    first, later = real("plaza: a food cart", "plaza: a pile grows"), real("plaza: cartons alone")
    assert worse(first, first) == []
    assert worse(later, first) == [
        "pixel_backgrounds: other scenarios than in the earlier report: run with its --stories, --only and clips"
    ]


def test_a_dearer_look_is_told_on_the_same_machine_only() -> None:
    dear = _report() | {"cost": {"p50_ms": 0.5}}
    assert worse(dear, _report()) == ["cost of a look: 0.300 -> 0.500 ms"]
    assert worse(dear | {"machine": {"processor": "y"}}, _report()) == []
