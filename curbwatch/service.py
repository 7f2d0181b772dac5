# SPDX-License-Identifier: AGPL-3.0-or-later
"""The service: the API with its page, the patrol, or both, in one process until it is told to stop."""

import fcntl
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import structlog
from numpy.typing import NDArray
from prometheus_client import start_http_server

from api.accounts import add_key, revoke_key
from api.app import create_app
from api.config import MEBIBYTE, ApiConfig
from api.detecting import DetectedBox, DetectFn
from api.errors import NotFound
from api.roles import OWN_PATROL, Role
from api.server import Server, listen
from api.store import PRIVATE, open_store, upgrade
from curbwatch.allocator import give_back, share_arenas
from curbwatch.camera_messages import about_camera
from curbwatch.client import Client
from curbwatch.courier import Courier
from curbwatch.errors import SettingsError
from curbwatch.heartbeat import Heartbeat
from curbwatch.judging import Judge, Post
from curbwatch.looks_book import new_if_damaged
from curbwatch.memories import Memories, in_new_view
from curbwatch.parts import Part
from curbwatch.patrol import Patrol
from curbwatch.patrol_metrics import PatrolMetrics
from curbwatch.settings import CameraSettings, ModelSettings, Settings
from curbwatch.spool import Spool
from curbwatch.turns import Turn
from detector.choosing import Engine, faster
from detector.manifest import load_manifest
from detector.model import Model, load_model
from detector.reading import check_classes
from streams.files import read_frames
from streams.reader import CameraReader
from streams.source import Source

READER_STACK = 1024 * 1024  # bytes; the usual 8 MiB times cameras runs into limits of address space
SAMPLE = Path(__file__).parent / "street" / "street.mp4"  # the demo's street: stalls and debris lie in it

log = structlog.get_logger(__name__)


@contextmanager
def service(settings: Settings, part: Part = "all") -> Iterator[str]:
    """Run the service while the block lasts; gives the API's address. Everything is up or an error says why not."""
    _check(settings, part)
    share_arenas()
    cv2.setNumThreads(1)  # its loops are short: many cameras keep the processors busy, not many threads for one
    settings.service.data_dir.mkdir(PRIVATE, parents=True, exist_ok=True)
    metrics, api_url = PatrolMetrics(by_camera=settings.patrol.metrics_by_camera), settings.patrol.api_url
    frame_there, readers = threading.Event(), dict[str, CameraReader]()
    with ExitStack() as stack:
        if part != "api":
            stack.enter_context(alone(settings.service.data_dir))
            # first of all, so that the cameras answer while the model loads
            readers = stack.enter_context(_reading(settings.sources(), frame_there))
        with ThreadPoolExecutor(1, thread_name_prefix="model") as loader:
            loading = loader.submit(_model, settings.model, tried=part != "api")
            if part != "patrol":
                upgrade(settings.database_url)  # meanwhile: a trial of engines is a process that waits for its turn
            model = loading.result()
        if part != "patrol":
            own = stack.enter_context(_api(settings, model, metrics))
            api_url = api_url or own
        if part == "patrol" and settings.patrol.metrics_port:
            stack.enter_context(_metrics_served(settings, metrics))
        if part != "api":
            stack.enter_context(_patrol(settings, model, readers, frame_there, api_url, metrics))
        give_back()  # what loading needed
        yield api_url
        log.info("stopping")


def _model(wanted: ModelSettings, *, tried: bool) -> Model:
    """The model that looks; an API alone looks now and then, which is worth no trial of engines."""
    engine = _faster(wanted) if wanted.engine == "auto" and tried else wanted.engine
    model = load_model(wanted.manifest, threads=wanted.threads, engine=engine)
    check_classes(model.manifest)
    return model


def _faster(wanted: ModelSettings) -> Engine:
    """The engine that is faster on this machine."""
    if find_spec("openvino") is None:
        return "onnxruntime"
    load_manifest(wanted.manifest)  # its faults are told here, not by a trial
    at = datetime(2026, 1, 1, tzinfo=UTC)
    frames = read_frames(str(SAMPLE), camera_id="sample", every_s=1.0, start_at=at, decode="keyframes")
    return faster(wanted.manifest, next(frames).picture, threads=wanted.threads)


def _check(settings: Settings, part: Part) -> None:
    if part == "patrol" and not (settings.patrol.api_url and settings.patrol.token.get_secret_value()):
        raise SettingsError(
            "--only patrol needs patrol.api_url and patrol.token; make the token on the API's machine with "
            "`curbwatch keys add -s FILE NAME --role patrol`"
        )
    if part == "all" and settings.patrol.api_url and not settings.patrol.token.get_secret_value():
        raise SettingsError(
            "patrol.api_url without patrol.token; make the token on that API's machine with "
            "`curbwatch keys add -s FILE NAME --role patrol`, or leave both out for the API of this service"
        )
    if part != "api" and not settings.cameras:
        raise SettingsError("no camera in the settings; add a [[cameras]] table, docs/settings.md shows one")


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """One patrol a folder: a second would look at the same cameras and double their cases."""
    with (data_dir / "patrol.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the system lets go of it however the process ends
        except BlockingIOError as error:
            raise SettingsError(f"another patrol runs with data_dir {data_dir}; stop it or name another") from error
        yield


def api_config(settings: Settings) -> ApiConfig:
    return ApiConfig(
        database_url=settings.database_url,
        evidence_dir=settings.evidence_path,
        timezone=settings.service.timezone,
        public_metrics=settings.service.public_metrics,
        session_hours=settings.service.session_hours,
        secure_cookie=settings.service.secure_cookie,
        source_url=settings.service.source_url,
        trusted_proxies=settings.service.trusted_proxies,
        evidence_days=settings.service.evidence_days,
        ledger_days=settings.service.ledger_days,
        ledger_bytes=settings.service.ledger_megabytes * MEBIBYTE,
        ticket_after_s=settings.service.ticket_after_s,
        same_place_m=settings.service.same_place_m,
    )


@contextmanager
def _api(settings: Settings, model: Model, metrics: PatrolMetrics) -> Iterator[str]:
    listener = _listen(settings.service.host, settings.service.port)
    host, port = listener.getsockname()[:2]
    app = create_app(api_config(settings), detect=_detect_with(model))
    app.state.services.metrics.registry.register(metrics.registry)
    server = Server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="api", daemon=True)
    thread.start()
    while not server.ready.wait(0.1):
        if not thread.is_alive():
            raise SettingsError("the API ended while it started; the log above says why")
    reach = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    try:
        yield f"http://{f'[{reach}]' if ':' in reach else reach}:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def _metrics_served(settings: Settings, metrics: PatrolMetrics) -> Iterator[None]:
    host, port = settings.service.host, settings.patrol.metrics_port
    try:
        server, thread = start_http_server(port, host, metrics.registry)
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {host}:{port} ({error.strerror}); free it or set another patrol.metrics_port"
        ) from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {host}:{port} ({error.strerror}); free it or set another service.port"
        ) from error


def fresh_key(settings: Settings, name: str, role: Role) -> str:
    """A new key for as long as this process runs; the one of the last start is revoked."""
    end_key(settings, name)
    with open_store(settings.database_url) as store:
        return add_key(store, name, role)


def end_key(settings: Settings, name: str) -> None:
    """Revoke a key, if it is in use."""
    with open_store(settings.database_url) as store, suppress(NotFound):
        revoke_key(store, name)


def _detect_with(model: Model) -> DetectFn:
    def detect(picture: NDArray[np.uint8]) -> list[DetectedBox]:
        found = model.detect([picture])[0]
        return [
            DetectedBox(model.manifest.classes[int(c)], float(s), (box[0], box[1], box[2], box[3]))
            for box, s, c in zip(found.xyxy.tolist(), found.confidence, found.class_id, strict=True)
        ]

    return detect


@contextmanager
def _reading(sources: dict[str, Source], frame_there: threading.Event) -> Iterator[dict[str, CameraReader]]:
    readers = {name: CameraReader(source, on_frame=frame_there.set) for name, source in sources.items()}
    usual = threading.stack_size(READER_STACK)
    for reader in readers.values():
        reader.start()
    threading.stack_size(usual)
    try:
        yield readers
    finally:
        with ThreadPoolExecutor(16) as pool:  # a reader may wait for its camera's answer
            list(pool.map(CameraReader.stop, readers.values()))


def own_key(spool: Spool) -> str:
    """How the key of this service's patrol is called; with its spool's name, for services may share a database."""
    return f"{OWN_PATROL}-{spool.name[:8]}"


@contextmanager
def _patrol(
    settings: Settings,
    model: Model,
    readers: dict[str, CameraReader],
    frame_there: threading.Event,
    api_url: str,
    metrics: PatrolMetrics,
) -> Iterator[None]:
    told = settings.patrol
    with ExitStack() as stack:
        spool = stack.enter_context(closing(Spool(settings.spool_path)))
        days = told.looks_days
        book = stack.enter_context(closing(new_if_damaged(settings.looks_path, days=days))) if days else None
        # after what may fail: it revokes the key before
        token = told.token.get_secret_value() or fresh_key(settings, own_key(spool), Role.PATROL)
        posting = stack.enter_context(closing(Client(api_url, token)))
        reporting = stack.enter_context(closing(Client(api_url, token, timeout_s=5.0)))
        stack.enter_context(metrics.spooled(spool.count))
        memories = Memories(settings.service.data_dir / "memories")
        turns = _turns(settings, readers, spool, memories)
        courier = Courier(spool, posting)
        judge = Judge(
            spool, model.manifest.name, cutting=settings.cutting_path, on_event=courier.wake, book=book,
            memories=memories,
        )  # fmt: skip
        patrol = Patrol(
            turns, model, judge, batch=settings.model.batch, repeat_s=told.repeat_s, metrics=metrics,
            frame_there=frame_there,
        )  # fmt: skip
        about = {camera.id: about_camera(camera) for camera in settings.cameras}
        posts = {name: turn.post for name, turn in turns.items()}
        heartbeat = Heartbeat(
            posts, about, reporting, every_s=told.heartbeat_s, undelivered=spool.undelivered,
            former=spool.former(posts.keys()), leave=spool.leave,
        )  # fmt: skip
        # they end the other way round: the courier last, so that it may still take the last look's news
        for part in (courier, heartbeat, patrol):
            part.start()
            stack.callback(part.stop)
        yield


def _turns(settings: Settings, readers: dict[str, CameraReader], spool: Spool, memories: Memories) -> dict[str, Turn]:
    paces = settings.paces()
    return {
        camera.id: Turn(_post(settings, camera, readers[camera.id], spool, memories), paces[camera.id])
        for camera in settings.cameras
    }


def _post(settings: Settings, camera: CameraSettings, reader: CameraReader, spool: Spool, memories: Memories) -> Post:
    rules = settings.rules(camera)
    memory, former = memories.get(camera.id, rules.zones)
    known = spool.watch(camera.id)
    if former:  # whoever drew its zones anew has seen the new view
        known = in_new_view(known, former)
        spool.put(known)
        memories.put(camera.id, memory, rules.zones)  # now: after a crash this must not befall sites of the new view
    ground = rules.ground if camera.ground and camera.ground.is_of_the_city else None
    return Post(reader, rules, known, settings.watching(camera), memory, ground)
