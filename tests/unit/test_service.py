# SPDX-License-Identifier: AGPL-3.0-or-later
from pathlib import Path

import pytest

from curbwatch.errors import SettingsError
from curbwatch.service import alone, service
from curbwatch.settings import Settings


def test_a_folder_has_one_patrol_at_a_time(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(SettingsError, match="another patrol runs"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass


def test_another_api_without_a_token_for_it_is_refused_before_anything_runs(tmp_path: Path) -> None:
    camera = {"id": "gate", "url": str(tmp_path), "zones": [{"name": "all", "polygon": [[0, 0], [1, 0], [1, 1]]}]}
    elsewhere = {"api_url": "http://central.example:8080"}
    settings = Settings.model_validate(
        {"service": {"data_dir": str(tmp_path / "data")}, "patrol": elsewhere, "cameras": [camera]}
    )
    with pytest.raises(SettingsError, match=r"patrol\.api_url without patrol\.token.*keys add"), service(settings):
        pass
    assert not (tmp_path / "data").exists()
