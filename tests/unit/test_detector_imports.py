# SPDX-License-Identifier: AGPL-3.0-or-later
"""The detector stays light: who embeds it gets no training stack, no database, no web server."""

import pkgutil
import subprocess
import sys

import detector

HEAVY = {
    "torch",
    "ultralytics",
    "sqlalchemy",
    "av",
    "fastapi",
    "httpx2",
    "supervision",
    "matplotlib",
    "pandas",
    "scipy",
    "onnxruntime",
    "openvino",
}


def test_importing_all_of_the_detector_imports_nothing_heavy() -> None:
    modules = [module.name for module in pkgutil.iter_modules(detector.__path__, "detector.")]
    assert "detector.model" in modules
    code = f"import sys, {', '.join(modules)}; print(*sorted(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(answer.stdout.split())
    assert "detector.openvino_session" in loaded
    assert not HEAVY & loaded
