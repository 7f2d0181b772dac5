# SPDX-License-Identifier: AGPL-3.0-or-later
"""The settings file: TOML, strict, each field with a title from which page and docs are made.

Environment variables win over the file: CURBWATCH_SERVICE__PORT=9000. `${NAME}` inside an address or a token is
replaced from the environment, so that passwords need not stand in the file.
"""

import glob
import os
import re
import tomllib
from datetime import date
from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableVariable
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from curbwatch import settings_faults
from curbwatch.errors import SettingsError
from curbwatch.schedule import Pace
from curbwatch.zone_settings import GroundSettings, Seconds, Strict, ZoneSettings
from detector.choosing import Engine
from detector.observe import Watching
from detector.rules import Rules, rules_for
from streams.source import CLIP_BYTES, MIB, Source

SHIPPED_MODEL = Path(__file__).parent.parent / "models" / "curbwatch-n-v7.toml"

Identifier = Annotated[str, Field(pattern=f"^{settings_faults.IDENTIFIER.pattern}$", examples=["gate-2"])]
ADDRESS = r"^(https?://\S+)?$"
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def _from_environment(secret: SecretStr) -> SecretStr:
    def value(match: re.Match[str]) -> str:
        if (found := os.environ.get(match[1])) is None:
            raise ValueError(f"${{{match[1]}}} is not set in the environment; export it before the start")
        return found

    return SecretStr(_VARIABLE.sub(value, secret.get_secret_value()))


def _known_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # Asia is a folder
        raise ValueError(f"{name!r} is no IANA time zone; write one such as Asia/Shanghai") from None
    return name


def _address_or_network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError:
        raise ValueError(f"{text!r} is no address of a proxy; write one such as 10.0.0.5 or 10.0.0.0/24") from None
    return text


Secret = Annotated[SecretStr, AfterValidator(_from_environment)]


def _database_address(secret: SecretStr) -> SecretStr:
    if (text := secret.get_secret_value()) and not _names_a_database(text):
        raise ValueError(
            "write sqlite:////folder/file.db or postgresql://user:password@host/name, in the password / as %2F, "
            "@ as %40, : as %3A"
        )
    return secret


def _names_a_database(text: str) -> bool:
    """Whether it can be used: by a driver that we know, and not in memory, which cannot be shared."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        return False
    if url.drivername == "sqlite":
        return bool(url.database) and not str(url.database).startswith((":memory:", "file:"))
    return url.drivername in {"postgresql", "postgresql+psycopg"}


class ServiceSettings(Strict):
    """Where the service lives and listens."""

    host: str = Field("127.0.0.1", title="address to listen on")
    port: int = Field(8080, ge=0, le=65_535, title="port to listen on")
    data_dir: Path = Field(Path("curbwatch-data"), title="folder of database, evidence and spool")
    database_url: Annotated[Secret, AfterValidator(_database_address)] = Field(
        SecretStr(""), title="SQLAlchemy URL; empty: SQLite in data_dir"
    )
    timezone: Annotated[str, AfterValidator(_known_timezone)] = Field("Asia/Shanghai", title="the city's time zone")
    holidays: tuple[date, ...] = Field((), max_length=2000, title="public holidays of the city: 2026-10-01")
    public_metrics: bool = Field(default=False, title="serve /metrics without a key")
    session_hours: float = Field(12.0, gt=0, le=8760, title="hours after which people sign in again")
    secure_cookie: bool = Field(default=False, title="send the session cookie over TLS only")
    trusted_proxies: tuple[Annotated[str, AfterValidator(_address_or_network)], ...] = Field(
        ("127.0.0.1", "::1"), max_length=100, title="reverse proxies that are believed whose request they pass on"
    )
    source_url: str = Field(
        "", pattern=ADDRESS, examples=["https://city.example"], title="where users of the page find the source code"
    )
    evidence_days: int = Field(0, ge=0, le=36_600, title="days evidence is kept after its case is done; 0: ever")
    ledger_days: float = Field(14.0, gt=0, le=366, title="days for which it is kept why candidates were no case")
    ledger_megabytes: int = Field(4096, ge=1, title="most megabytes of that; the oldest go first")
    ticket_after_s: Seconds = Field(60.0, title="seconds a camera's fault must last to open a device ticket")
    same_place_m: float = Field(3.0, ge=0, le=100, title="cases of two cameras within so many metres are linked")


class ModelSettings(Strict):
    """Which model looks, and with how many threads."""

    manifest: Path = Field(SHIPPED_MODEL, title="the model's manifest")
    threads: int = Field(2, ge=1, le=256, title="inference threads")
    batch: int = Field(1, ge=1, le=64, title="most pictures per inference")
    engine: Engine = Field("auto", title="inference engine; auto: the fastest installed that sees the same")


class PatrolSettings(Strict):
    """How the patrol reaches the dispatch API."""

    api_url: str = Field(
        "",
        pattern=ADDRESS,
        examples=["http://10.0.0.5:8080"],
        title="address of the API; empty: the one of this service",
    )
    token: Secret = Field(SecretStr(""), title="API key of role patrol; needed with --only patrol")
    heartbeat_s: Seconds = Field(5.0, title="seconds between camera state reports")
    # the same bound as every_s: longer steps count as the camera being away
    longest_s: float = Field(0.0, ge=0, le=30, title="most seconds between looks of a quiet camera; 0: every_s")
    repeat_s: float = Field(20.0, ge=0, le=30, title="seconds a look without change repeats the last answer; 0: never")
    clips_mb: int = Field(1024, ge=0, title="most memory for the clips of all cameras, MiB")
    metrics_by_camera: bool = Field(default=False, title="label the metrics of looks with their camera")
    metrics_port: int = Field(0, ge=0, le=65_535, title="with --only patrol: port of /metrics; 0: none")
    looks_days: float = Field(7.0, ge=0, le=90, title="days for which looks are kept to try new rules on; 0: none")


class HealthSettings(Strict):
    """What is asked of every camera's picture beside what stands in it; a camera can be left out of it."""

    faults: bool = Field(default=True, title="notice black, frozen, blurred, covered, broken and turned cameras")
    changes: bool = Field(default=True, title="notice what was not there before, as a second witness")


class CameraSettings(Strict):
    """One camera: where it is read, how often it is looked at, what ground it watches."""

    id: Identifier
    name: str = Field("", max_length=200, title="what people call it; empty: its id")
    place: str = Field("", max_length=200, title="street and number for the dispatch")
    url: Annotated[Secret, Field(min_length=1)] = Field(title="rtsp://, http(s)://, a file, a folder or a glob pattern")
    # longer steps count as the camera being away (see detector.watch.watch), so a dwell would never be over in time
    every_s: Annotated[float, Field(gt=0, le=30)] = Field(1.0, title="seconds between looks")
    decode: Literal["keyframes", "all"] = Field("keyframes", title="decode keyframes only, or every frame")
    transport: Literal["tcp", "udp"] = Field("tcp", title="RTSP transport")
    clip_s: Annotated[float, Field(ge=0, le=120)] = Field(15.0, title="seconds of video kept for the evidence clip")
    stale_after_s: Seconds = Field(10.0, title="seconds without a frame that count as a failure")
    health: bool = Field(default=True, title="notice its faults; needs health.faults")
    changes: bool = Field(default=True, title="notice what was not there before; needs health.changes")
    loop: bool = Field(default=False, title="files only: start over at the end")
    ground: GroundSettings | None = Field(None, title="how its picture lies on the street, for metres")
    zones: tuple[ZoneSettings, ...] = Field(min_length=1, max_length=100, title="watched and permitted ground")

    @model_validator(mode="after")
    def _zone_names_differ(self) -> "CameraSettings":
        names = [zone.name for zone in self.zones]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"zone names must differ within a camera: {', '.join(sorted(twice))} stands twice")
        return self

    @model_validator(mode="after")
    def _metres_need_a_ground(self) -> "CameraSettings":
        if self.ground is None and (unmeasured := [zone.name for zone in self.zones if zone.min_size_m]):
            raise ValueError(f"zone {unmeasured[0]}: min_size_m needs a calibration; add a [cameras.ground] table")
        return self

    @model_validator(mode="after")
    def _is_an_address(self) -> "CameraSettings":
        self.source()  # its ValueError says what is wrong, without the password
        return self

    def source(self, clip_bytes: int = CLIP_BYTES) -> Source:
        """Where it is read; at most so many bytes of packets are kept for its clip."""
        return Source(
            camera_id=self.id,
            url=self.url.get_secret_value(),
            every_s=self.every_s,
            decode=self.decode,
            transport=self.transport,
            clip_s=self.clip_s,
            clip_bytes=clip_bytes,
            stale_after_s=self.stale_after_s,
            loop=self.loop,
        )


class Settings(BaseSettings):
    """The whole file."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        env_prefix="CURBWATCH_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
    )

    service: ServiceSettings = ServiceSettings()
    model: ModelSettings = ModelSettings()
    patrol: PatrolSettings = PatrolSettings()
    health: HealthSettings = HealthSettings()
    cameras: tuple[CameraSettings, ...] = ()

    @model_validator(mode="after")
    def _camera_ids_differ(self) -> "Settings":
        ids = [camera.id for camera in self.cameras]
        if twice := {i for i in ids if ids.count(i) > 1}:
            raise ValueError(f"camera ids must differ: {', '.join(sorted(twice))} stands twice")
        return self

    @model_validator(mode="after")
    def _holidays_are_known(self) -> "Settings":
        for camera in self.cameras:
            for zone in camera.zones:
                if not self.service.holidays and any(window.holidays == "only" for window in zone.windows):
                    raise ValueError(
                        f"zone {zone.name} of camera {camera.id} has a window on holidays only and would never open; "
                        "list the days in service.holidays"
                    )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings calls it with all of these
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    def sources(self) -> dict[str, Source]:
        """Where each camera is read; they share the memory for clips evenly."""
        share = min(CLIP_BYTES, self.patrol.clips_mb * MIB // max(1, len(self.cameras)))
        return {camera.id: camera.source(share) for camera in self.cameras}

    def paces(self) -> dict[str, Pace]:
        """How often each camera is looked at."""
        return {c.id: Pace(c.every_s, self.patrol.longest_s) for c in self.cameras}

    def rules(self, camera: CameraSettings) -> Rules:
        """What a camera's looks are judged by, in the city's time."""
        return rules_for(
            (zone.zone() for zone in camera.zones),
            timezone=self.service.timezone,
            holidays=self.service.holidays,
            ground=camera.ground.ground() if camera.ground else None,
        )

    def watching(self, camera: CameraSettings) -> Watching:
        """What is asked of a camera's picture."""
        return Watching(health=self.health.faults and camera.health, changes=self.health.changes and camera.changes)

    @property
    def tz(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.service.timezone)

    @property
    def evidence_path(self) -> Path:
        """The folder in which the API keeps pictures and clips."""
        return self.service.data_dir / "evidence"

    @property
    def spool_path(self) -> Path:
        """Where the patrol keeps its sites and what it has yet to deliver."""
        return self.service.data_dir / "spool.db"

    @property
    def cutting_path(self) -> Path:
        """The folder in which the patrol cuts clips."""
        return self.service.data_dir / "cutting"

    @property
    def looks_path(self) -> Path:
        """Where the patrol keeps the looks of the last days."""
        return self.service.data_dir / "looks.db"

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL; SettingsError where its driver is missing, which a patrol of its own does not need."""
        url = self.service.database_url.get_secret_value()
        if url.startswith("postgresql") and find_spec("psycopg") is None:
            raise SettingsError(
                "PostgreSQL needs its driver: .venv/bin/pip install -c constraints.txt -e '.[postgres]'"
            )
        return url or URL.create("sqlite", database=str(self.service.data_dir / "curbwatch.db")).render_as_string()


def load_settings(path: Path) -> Settings:
    """Read and check a settings file; relative paths in it count from its folder. SettingsError lists every fault."""
    try:
        table = tomllib.loads(path.read_text("utf-8-sig"))  # editors on Windows write a mark before the text
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such file; docs/settings.md shows one to start from") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: not in UTF-8; open it in an editor and save it as UTF-8") from None
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: not a readable TOML file: {error}") from error
    try:
        settings = Settings(**table)
    except ValidationError as error:
        raise SettingsError(
            "\n".join([f"{path}:", *settings_faults.told(error, Settings.model_json_schema(), table)])
        ) from None
    except UnreadableVariable as error:  # its cause holds the value, perhaps a secret
        raise SettingsError(f"the environment: {error}; write it as JSON or unset it") from None
    return _rooted(settings, path.resolve().parent)


def _rooted(settings: Settings, folder: Path) -> Settings:
    service = settings.service.model_copy(
        update={
            "data_dir": folder / settings.service.data_dir,
            "database_url": _rooted_database(settings.service.database_url, folder),
        }
    )
    model = settings.model.model_copy(update={"manifest": folder / settings.model.manifest})
    cameras = tuple(camera.model_copy(update={"url": _rooted_url(camera.url, folder)}) for camera in settings.cameras)
    return settings.model_copy(update={"service": service, "model": model, "cameras": cameras})


def _rooted_database(secret: SecretStr, folder: Path) -> SecretStr:
    if not secret.get_secret_value().startswith("sqlite"):
        return secret
    url = make_url(secret.get_secret_value())
    return SecretStr(url.set(database=str(folder / (url.database or ""))).render_as_string(hide_password=False))


def _rooted_url(url: SecretStr, folder: Path) -> SecretStr:
    text = url.get_secret_value()
    if "://" in text:
        return url
    if glob.has_magic(text) and not (folder / text).exists():  # of the pattern's folder the brackets are its name
        folder = Path(glob.escape(str(folder)))
    return SecretStr(str(folder / text))
