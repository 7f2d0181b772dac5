# SPDX-License-Identifier: AGPL-3.0-or-later
from pathlib import Path

import pytest

from curbwatch.errors import SettingsError
from curbwatch.service import alone


def test_a_folder_has_one_patrol_at_a_time(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(SettingsError, match="another patrol runs"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass
