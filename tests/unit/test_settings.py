# SPDX-License-Identifier: AGPL-3.0-or-later
"""The settings file is read strictly, tells every fault with its place, and never tells a secret."""

import os
import sys
import tomllib
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy.engine import make_url

from curbwatch.errors import SettingsError
from curbwatch.settings import CameraSettings, Settings, load_settings
from curbwatch.zone_settings import GroundSettings
from detector.ground import to_ground
from streams.pictures import list_pictures

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "docs").glob("*.toml"))
GOOD = """
[service]
port = 8081
[[cameras]]
id = "gate"
url = "rtsp://user:hunter2@10.0.0.7/ch1"
[[cameras.zones]]
name = "pavement"
polygon = [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0], [0.1, 1.0]]
[[cameras.zones]]
name = "pitch"
kind = "permitted"
classes = ["stall"]
polygon = [[0.4, 0.6], [0.6, 0.6], [0.6, 0.9]]
dwell_s = 60
"""


def hours(begin: str, end: str, **more: str) -> str:
    told = "".join(f", {name} = {value}" for name, value in more.items())
    return f'windows = [{{from = "{begin}", to = "{end}"{told}}}]'


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CURBWATCH_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "city.toml"
    path.write_text(GOOD)
    return path


def fault(path: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    return str(caught.value)


def test_a_faulty_zone_is_not_also_called_missing_and_an_empty_list_says_what_to_do(path: Path) -> None:
    path.write_text(GOOD.replace("dwell_s = 60", "dwell_s = 0"))
    assert fault(path).splitlines()[1:] == [
        "  cameras[0] (gate).zones[1].dwell_s: Input should be greater than 0; write a number above 0 and at most 86400"
    ]
    path.write_text(GOOD.partition("[[cameras.zones]]")[0] + "zones = []")
    assert fault(path).splitlines()[1:] == ["  cameras[0] (gate).zones: is empty; fill it in"]


def test_a_sound_file_is_read(path: Path) -> None:
    settings = load_settings(path)
    (camera,) = settings.cameras
    pavement, pitch = settings.rules(camera).zones
    assert settings.service.port == 8081
    assert camera.source().url == "rtsp://user:hunter2@10.0.0.7/ch1"
    assert (pavement.kind, pavement.dwell_s, pavement.classes) == ("watch", 120, ("stall", "debris"))
    assert (pitch.kind, pitch.dwell_s, pitch.classes) == ("permitted", 60, ("stall",))


def test_grades_hours_holidays_and_ground_become_rules(path: Path) -> None:
    text = GOOD.replace("port = 8081", "port = 8081\nholidays = [2026-10-01]").replace(
        'name = "pavement"\n', 'name = "pavement"\ngrade = "strict"\nmin_size_m = 0.5\n'
    )
    market = hours("17:00", "02:00", weekdays='["fri", "sat"]', holidays='"include"')
    points = "picture = [[0.2, 0.9], [0.8, 0.9], [0.7, 0.4], [0.3, 0.4]], metres = [[0, 0], [4, 0], [4, 9], [0, 9]]"
    path.write_text(text.replace("[[cameras.zones]]", f"ground = {{{points}}}\n[[cameras.zones]]", 1) + market)
    settings = load_settings(path)
    rules = settings.rules(settings.cameras[0])
    pavement, pitch = rules.zones
    assert (pavement.grade, pavement.dwell_s, pavement.min_size_m) == ("strict", 60, 0.5)
    (window,) = pitch.windows
    assert (window.from_min, window.to_min, window.weekdays, window.holidays) == (1020, 120, (4, 5), "include")
    assert rules.holidays == {date(2026, 10, 1)}
    assert str(rules.timezone) == "Asia/Shanghai"
    assert rules.ground is not None
    assert to_ground(rules.ground, (0.2, 0.9)) == pytest.approx((0, 0), abs=1e-9)


@pytest.mark.parametrize(
    ("ground", "is_of_the_city"),
    [
        (
            {"picture": [[0.2, 0.9], [0.8, 0.9], [0.7, 0.4], [0.3, 0.4]], "metres": [[0, 0], [4, 0], [4, 9], [0, 9]]},
            True,
        ),
        ({"horizon": 0.3, "height_m": 6, "fov_deg": 40}, False),
        ({"horizon": 0.3, "height_m": 6, "fov_deg": 40, "stands_at": [120, 40]}, True),
    ],
)
def test_a_horizon_from_nowhere_is_not_in_the_citys_metres(ground: dict[str, object], *, is_of_the_city: bool) -> None:
    assert GroundSettings.model_validate(ground).is_of_the_city is is_of_the_city


def test_there_are_examples_to_copy() -> None:
    assert EXAMPLES


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_example_is_sound(example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = example.read_text("utf-8")
    for part in text.split("${")[1:]:
        monkeypatch.setenv(part.partition("}")[0], "set")
    path = tmp_path / example.name
    path.write_text(text)
    assert load_settings(path).cameras


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("dwell_s", "dwel_s", "cameras[0] (gate).zones[1].dwel_s: unknown key; remove it or correct its name"),
        ("[service]", "[servise]", "servise: unknown key"),
        ("8081", "80810", "service.port: Input should be less than or equal to 65535"),
        ('id = "gate"', 'id = "../gate"', "cameras[0].id: String should match pattern"),
        ("dwell_s = 60", "dwell_s = 0", "cameras[0] (gate).zones[1].dwell_s: Input should be greater than 0"),
        (
            'id = "gate"',
            'id = "gate"\nevery_s = 60',
            "cameras[0] (gate).every_s: Input should be less than or equal to 30",
        ),
        ('"pitch"', '"pavement"', "cameras[0] (gate): zone names must differ within a camera: pavement stands twice"),
        ("[0.6, 0.6], ", "", "cameras[0] (gate).zones[1]: zone pitch: 2 points are no area; give at least three"),
        ("[0.6, 0.9]", "[600, 0.9]", "cameras[0] (gate).zones[1]: zone pitch: points are shares of the picture"),
        ('["stall"]', '["person"]', "cameras[0] (gate).zones[1].classes[0]: Input should be 'stall' or 'debris'"),
        (
            "dwell_s = 60",
            'grade = "lax"',
            "cameras[0] (gate).zones[1].grade: Input should be 'strict', 'controlled' or 'orderly'",
        ),
        (
            "dwell_s = 60",
            "min_size_m = 1",
            "cameras[0] (gate): zone pitch: min_size_m needs a calibration; add a [cameras.gr",
        ),
        (
            "dwell_s = 60",
            hours("25:00", "26:00"),
            "zones[1].windows[0]: '25:00' is no time of day; write HH:MM from 00:00",
        ),
        ("dwell_s = 60", hours("08:00", "08:00"), "from and to are the same; for a whole day write 00:00 to 24:00"),
        ("dwell_s = 60", hours("08:00", "09:00", weekdays='["monday"]'), "'monday' is no weekday; write mon, tue, wed"),
        ("dwell_s = 60", hours("08:00", "09:00", weekdays="[]"), "window 08:00–09:00: name weekdays out of mon, tue"),
        (
            "dwell_s = 60",
            hours("08:00", "09:00", first="2026-10-07", last="2026-10-01"),
            "window 08:00–09:00: 2026-10-01 is before 2026-10-07; swap last and first",
        ),
        (
            "dwell_s = 60",
            hours("08:00", "09:00", first="2026-11-23", last="2026-11-27", weekdays='["sat"]'),
            "none of its weekdays lies between 2026-11-23 and 2026-11-27; it would never open",
        ),
        ("dwell_s = 60", hours("08:00", "09:00", classes='["debris"]'), "names debris, which is not in its classes"),
        ("dwell_s = 60", hours("08:00", "09:00", holidays='"only"'), "would never open; list the days in service.holi"),
        ("port = 8081", 'holidays = ["tomorrow"]', "service.holidays[0]: Input should be a valid date"),
        (
            '[[cameras.zones]]\nname = "pavement"',
            'ground = {horizon = 0.2}\n[[cameras.zones]]\nname = "pavement"',
            "cameras[0] (gate).ground: give four points",
        ),
        ('["stall"]', "[]", "cameras[0] (gate).zones[1].classes: is empty; fill it in"),
        ("port = 8081", 'trusted_proxies = ["nginx"]', "service.trusted_proxies[0]: 'nginx' is no address of a proxy"),
        ("port = 8081", 'timezone = "Mars/Base"', "service.timezone: 'Mars/Base' is no IANA time zone; write one such"),
        ('"rtsp://user:hunter2@10.0.0.7/ch1"', '""', "cameras[0] (gate).url: is empty; fill it in"),
        (
            '"rtsp://user:hunter2@10.0.0.7/ch1"',
            '"${GATE_URL}"',
            "cameras[0] (gate).url: ${GATE_URL} is not set in the environ",
        ),
        ("rtsp://user", "rstp://user", "cameras[0] (gate): gate: rstp://***@10.0.0.7/ch1 begins with none of rtsp, "),
        ("rtsp://user", "rtsp//user", "cameras[0] (gate): gate: its url has an @ but no ://; write rtsp:// before"),
        ("rtsp://user", "rtsp:/user", "cameras[0] (gate): gate: its url has an @ but no ://; write rtsp:// before"),
        (
            "[service]",
            '[service]\ndatabase_url = "postgresql://u:pw@db:hunter2/x"',
            "service.database_url: write sqlite:",
        ),
        ("[service]", '[service]\ndatabase_url = "mysql://u:hunter2@db/x"', "service.database_url: write sqlite:"),
        *(
            ("[service]", f'[service]\ndatabase_url = "{address}"', "service.database_url: write sqlite:")
            for address in (
                "postgresql+asyncpg://u:hunter2@db/x",
                "sqlite+aiosqlite:///x.db",
                "sqlite://",
                "sqlite:///",
                "sqlite:///:memory:",
                "sqlite:///file:x?mode=memory&uri=true",
            )
        ),
        ("port = 8081", 'timezone = "Asia"', "service.timezone: 'Asia' is no IANA time zone; write one such"),
        (
            "[service]",
            "[patrol]\napi_url = 'http://patrol:my hunter2@api'\n[service]",
            "patrol.api_url: String should match",
        ),
        ("[service]", "[patrol]\napi_url = 'ftp://x'\n[service]", "patrol.api_url: String should match pattern"),
        ("[service]", "service", "not a readable TOML file"),
    ],
)
def test_a_fault_says_where_it_is_and_never_a_secret(path: Path, right: str, wrong: str, message: str) -> None:
    path.write_text(GOOD.replace(right, wrong, 1))
    text = fault(path)
    assert text.startswith(f"{path}:")
    assert message in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("right", "wrong", "cure"),
    [
        (
            "8081",
            "80810",
            "service.port: Input should be less than or equal to 65535; write a whole number at least 0 and",
        ),
        (
            "dwell_s = 60",
            "min_height = 1",
            "min_height: Input should be less than 1; write a number at least 0 and below 1",
        ),
        (
            "dwell_s = 60",
            "clear_s = inf",
            "clear_s: Input should be a finite number; write a number above 0 and at most",
        ),
        ("dwell_s = 60", 'grade = "lax"', "; write one of 'strict', 'controlled', 'orderly'"),
        ("port = 8081", 'secure_cookie = "perhaps"', "; write true or false"),
        ("port = 8081", 'holidays = ["tomorrow"]', "; write a date such as 2026-10-01"),
        ("port = 8081", "holidays = 3", "; write a list of 0 to 2000 entries: [...]"),
        ("port = 8081", 'source_url = "ftp://x"', '; write text such as "https://city.example"'),
        ("port = 8081", "host = 3", '; write text: "..."'),
        ('id = "gate"', 'id = "../gate"', '; write text such as "gate-2"'),
        ('id = "gate"', "", 'cameras[0].id: is missing; write text such as "gate-2"'),
        ('id = "gate"', f'id = "gate"\nname = "{"n" * 201}"', "; write text in quotes, at most 200 characters"),
        (
            "[0.6, 0.9]",
            '[0.6, "low"]',
            "zones[1].polygon[2][1]: Input should be a valid number, unable to parse string",
        ),
        ("[0.6, 0.9]", "[0.6]", "zones[1].polygon[2][1]: is missing; write a number"),
        ("[service]", "health = 3\n[service]", "; write a table of its own"),
    ],
)
def test_a_fault_says_what_may_stand_there(path: Path, right: str, wrong: str, cure: str) -> None:
    path.write_text(GOOD.replace(right, wrong, 1))
    assert cure in fault(path)


def test_all_faults_are_told_at_once(path: Path) -> None:
    path.write_text(GOOD.replace("8081", "-1").replace("dwell_s", "dwel_s"))
    assert len(fault(path).splitlines()) == 3


def test_two_cameras_cannot_share_an_id(path: Path) -> None:
    path.write_text(GOOD + GOOD.partition("port = 8081")[2])
    assert "camera ids must differ: gate stands twice" in fault(path)


def test_a_missing_file_says_where_to_start(tmp_path: Path) -> None:
    assert fault(tmp_path / "none.toml").endswith("no such file; docs/settings.md shows one to start from")


def test_passwords_may_stand_in_the_environment(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_PASSWORD", "s3cret")
    monkeypatch.setenv("GATE_HOST", "10.1.1.1")
    path.write_text(GOOD.replace("hunter2@10.0.0.7", "${GATE_PASSWORD}@${GATE_HOST}"))
    settings = load_settings(path)
    assert settings.cameras[0].source().url == "rtsp://user:s3cret@10.1.1.1/ch1"
    assert "s3cret" not in repr(settings)


def test_the_environment_wins_over_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURBWATCH_SERVICE__PORT", "9000")
    monkeypatch.setenv("CURBWATCH_PATROL__TOKEN", "cw_token")
    settings = load_settings(path)
    assert settings.service.port == 9000
    assert settings.patrol.token.get_secret_value() == "cw_token"


def test_an_empty_variable_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURBWATCH_SERVICE__PORT", "")
    assert load_settings(path).service.port == 8081


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("CURBWATCH_SERVICE__PORT", "hunter2", "service.port: Input should be a valid integer"),
        ("CURBWATCH_SERVICE__PROT", "hunter2", "service.prot: unknown key"),
        ("CURBWATCH_CAMERAS", "hunter2", 'the environment: error parsing value for field "cameras"'),
    ],
)
def test_a_wrong_variable_is_a_fault_too(
    path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    text = fault(path)
    assert message in text
    assert "hunter2" not in text


def test_secrets_are_never_printed(path: Path) -> None:
    path.write_text(
        GOOD.replace("[service]", '[patrol]\ntoken = "hunter2"\n[service]\ndatabase_url = "postgresql://hunter2@h/c"')
    )
    settings = load_settings(path)
    for text in (repr(settings), str(settings), settings.model_dump_json(), repr(settings.cameras[0].source())):
        assert "hunter2" not in text
    assert settings.database_url == "postgresql://hunter2@h/c"


def test_errors_of_the_models_themselves_hide_what_was_given() -> None:
    camera = tomllib.loads(GOOD)["cameras"][0] | {"every_s": "hunter2"}
    with pytest.raises(ValidationError) as one:
        CameraSettings.model_validate(camera)
    with pytest.raises(ValidationError) as all_of_them:
        Settings.model_validate({"cameras": [camera]})
    assert "hunter2" not in str(one.value) + str(all_of_them.value)


def test_relative_paths_count_from_the_files_folder(path: Path) -> None:
    path.write_text(GOOD.replace("rtsp://user:hunter2@10.0.0.7/ch1", "clips/*.jpg"))
    settings = load_settings(path)
    assert settings.service.data_dir == path.parent / "curbwatch-data"
    assert settings.cameras[0].url == SecretStr(str(path.parent / "clips/*.jpg"))
    assert settings.database_url == f"sqlite:///{path.parent}/curbwatch-data/curbwatch.db"
    assert settings.model.manifest.is_absolute()


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("sqlite:///cw.db", "sqlite:///{}/cw.db"),
        ("sqlite:///deep/cw.db?timeout=3", "sqlite:///{}/deep/cw.db?timeout=3"),
        ("sqlite:////var/lib/cw.db", "sqlite:////var/lib/cw.db"),
        ("postgresql://u:p%40w@h/cw", "postgresql://u:p%40w@h/cw"),
    ],
)
def test_a_relative_database_counts_from_the_files_folder_too(path: Path, given: str, read: str) -> None:
    path.write_text(GOOD.replace("[service]", f'[service]\ndatabase_url = "{given}"'))
    assert load_settings(path).database_url == read.format(path.parent)


@pytest.mark.parametrize("name", ["what?", "100%25", "街", "a[1]b"])
def test_folders_of_any_name_are_taken_as_they_are(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    (folder / "clips").mkdir(parents=True)
    (folder / "clips" / "1.jpg").touch()
    path = folder / "city.toml"
    path.write_text(GOOD.replace("rtsp://user:hunter2@10.0.0.7/ch1", "clips/*.jpg"))
    settings = load_settings(path)
    assert make_url(settings.database_url).database == str(folder / "curbwatch-data" / "curbwatch.db")
    assert list_pictures(settings.cameras[0].source().url, "gate") == [folder / "clips" / "1.jpg"]


def test_a_missing_driver_of_the_database_is_named_with_its_cure(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(GOOD.replace("[service]", '[service]\ndatabase_url = "postgresql://u:hunter2@h/cw"'))
    monkeypatch.setitem(sys.modules, "psycopg", None)
    settings = load_settings(path)  # a patrol of its own needs none
    with pytest.raises(SettingsError, match=r"PostgreSQL needs its driver: \.venv/bin/pip install .*'\.\[postgres\]'"):
        settings.database_url  # noqa: B018 - reading it is what fails


def test_a_mark_of_an_editor_before_the_text_is_passed_over(path: Path) -> None:
    path.write_text(GOOD, "utf-8-sig")
    assert load_settings(path).service.port == 8081


def test_settings_cannot_be_changed_once_read(path: Path) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings(path).service.port = 1  # type: ignore[misc]


@pytest.mark.parametrize("encoding", ["utf-16", "gbk"])
def test_a_file_in_another_encoding_is_told_what_to_do(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "city.toml"
    path.write_text('[[cameras]]\nname = "市场街"\n', encoding)
    with pytest.raises(SettingsError, match="not in UTF-8; open it in an editor and save it as UTF-8"):
        load_settings(path)
