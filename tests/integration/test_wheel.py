# SPDX-License-Identifier: AGPL-3.0-or-later
"""The wheel holds the product: six packages, weights, demo street and page, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True, timeout=120
    )
    (wheel,) = folder.glob("curbwatch-*.whl")
    return zipfile.ZipFile(wheel).namelist()


def test_its_top_level_names_are_the_six_packages(names: list[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "curbwatch", "detector", "streams", "api", "models", "benchmarks",
    }  # fmt: skip


@pytest.mark.parametrize(
    "needed",
    [
        "models/curbwatch-n-v7.toml",
        "models/weights/curbwatch-n-v7.onnx",
        "curbwatch/street/street.mp4",
        "curbwatch/street/street.json",
        "detector/py.typed",
        "benchmarks/templates/page.html",
    ],
)
def test_what_the_service_needs_at_run_time_travels_in_it(names: list[str], needed: str) -> None:
    assert needed in names


def test_migrations_and_page_assets_travel_in_it(names: list[str]) -> None:
    assert any(name.startswith("api/migrations/versions/") for name in names)
    assert any(name.startswith("api/page/static/") and name.endswith(".css") for name in names)
    assert any(name.startswith("api/page/templates/") for name in names)


def test_no_picture_of_the_training_data_travels_in_it(names: list[str]) -> None:
    own = "benchmarks/scenarios/pack/"  # sprites that our own generator rendered
    assert not [n for n in names if n.endswith((".jpg", ".jpeg", ".webp", ".pt")) and not n.startswith(own)]
