# SPDX-License-Identifier: AGPL-3.0-or-later
"""However a command ends, its last words fit what happened."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import onnx
import pytest

from curbwatch import cli
from curbwatch.commands import look, replay
from curbwatch.service import service
from curbwatch.settings import load_settings
from detector.errors import ManifestError
from detector.manifest import load_manifest
from models.label_store import digest
from support.running import command
from support.tiny_model import tiny_model


def test_a_full_disk_is_called_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(cli, "app", full)
    assert command(code=2).strip() == "curbwatch: [Errno 28] No space left on device; free some space"


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-"])
def test_nowhere_to_write_to_is_no_crash(closed: str) -> None:
    words = [sys.executable, "-m", "curbwatch", "check", "none.toml"]
    assert subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", *words], check=False).returncode == 2


def called(manifest: Path, old: str, new: str) -> Path:
    """The same model with a class by another name."""
    manifest.write_text(manifest.read_text("utf-8").replace(old, new), "utf-8")
    return manifest


@pytest.mark.parametrize(
    ("new", "says"),
    [("Stall", "classes: 'Stall' means nothing here; write 'stall'"), ("two-wheeler", "write 'two_wheeler'")],
)
def test_a_class_that_is_only_spelt_otherwise_is_refused_where_it_would_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new: str, says: str
) -> None:
    called(tiny_model(tmp_path), "stall", new)
    corners = "[[0, 0], [1, 0], [1, 1]]"
    city = tmp_path / "city.toml"
    city.write_text(
        f'[model]\nmanifest = "tiny.toml"\nengine = "onnxruntime"\n[[cameras]]\nid = "a"\nurl = "a.mp4"\n'
        f'[[cameras.zones]]\nname = "z"\npolygon = {corners}\n'
    )
    for module in (look, replay):
        monkeypatch.setattr(module, "set_up_logs", lambda: None)
    assert says in command("check", city, code=2)
    assert says in command("replay", "a.mp4", "--settings", city, code=2)
    with pytest.raises(ManifestError, match=says), service(load_settings(city), "api"):
        pass
    assert says in command("models", "verify", tmp_path / "tiny.toml", code=1)


def test_each_of_several_manifests_is_told_with_its_path(tmp_path: Path) -> None:
    good, other = tiny_model(tmp_path, "good"), called(tiny_model(tmp_path, "other"), "stall", "kiosk")
    neither = called(called(tiny_model(tmp_path, "neither"), "stall", "car"), "debris", "dog")
    odd = called(tiny_model(tmp_path, "odd"), "input_size = 64", "input_size = 96")
    said = command("models", "verify", good, other, neither, odd, tmp_path / "gone.toml", code=1).splitlines()
    assert said[:2] == [f"good: good ({good})", f"good: other ({other})"]
    assert said[2].startswith(f"bad: {neither}: neither: classes: car, dog raise no case; call those that shall")
    assert said[3].startswith(f"bad: {odd}: odd: input_size is 96")
    assert said[4] == f"bad: {tmp_path / 'gone.toml'}: no such manifest; name a .toml file from models/"


def test_classes_in_another_order_than_that_of_the_weights_are_told(tmp_path: Path) -> None:
    manifest = tiny_model(tmp_path)
    weights, before = load_manifest(manifest).weights, load_manifest(manifest).sha256
    network = onnx.load(weights)
    for names, bad in (("{0: 'debris', 1: 'stall'}", True), ("{0: 'kiosk', 1: 'debris'}", False), ("?", False)):
        onnx.helper.set_model_props(network, {"names": names})
        onnx.save(network, weights)
        manifest.write_text(manifest.read_text("utf-8").replace(before, before := digest(weights)), "utf-8")
        said = command("models", "verify", manifest, code=int(bad))
        assert ("classes: the weights call number 0 'debris'; put the classes into their order" in said) == bad
