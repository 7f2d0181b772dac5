# SPDX-License-Identifier: AGPL-3.0-or-later
"""Processes of their own: killed at any moment nothing is lost, doubled or half; side by side they agree."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import httpx2
import numpy as np
import pytest

from api.schemas import CASE_IN
from support.api_process import ApiProcess
from support.trial import Trial, trial

NOISE = np.random.default_rng(7).integers(0, 255, (240, 320, 3), dtype=np.uint8)
JPEG = cv2.imencode(".jpg", NOISE)[1].tobytes()
EVIDENCE = {"kind": "before", "taken_at": "2026-11-21T01:12:00Z"}
FAR = 60.0
Start = Callable[[], ApiProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts processes on the test's folder; none outlives the test."""
    started: list[ApiProcess] = []

    def one_more() -> ApiProcess:
        started.append(ApiProcess(tmp_path))
        return started[-1]

    yield one_more
    for process in started:
        process.kill()


def headers(api: Trial, key: str, media_type: str = "application/json") -> dict[str, str]:
    return api.headers("patrol") | {"Idempotency-Key": key, "Content-Type": media_type}


def read(url: str, api: Trial, path: str) -> Any:
    return httpx2.get(url + path, headers=api.headers("viewer"), timeout=FAR).json()


def test_an_upload_that_is_killed_leaves_nothing_that_is_served(tmp_path: Path, start: Start) -> None:
    api = trial(tmp_path)
    body, incoming = JPEG + b"\0" * 3000, tmp_path / "evidence" / "incoming"
    process = start()
    created = httpx2.post(f"{process.url}/api/v1/cases", json=CASE_IN, headers=headers(api, "case"), timeout=FAR)
    case = f"/api/v1/cases/{created.json()['id']}"
    said = headers(api, "e", "image/jpeg")

    def pieces() -> Iterator[bytes]:
        yield body[:50_000]
        wait_for_file(incoming)
        process.kill()
        yield body[50_000:]

    with pytest.raises(httpx2.HTTPError):
        httpx2.post(f"{process.url}{case}/evidence", params=EVIDENCE, content=pieces(), headers=said, timeout=FAR)
    assert len(list(incoming.iterdir())) == 1
    process = start()
    assert read(process.url, api, case)["evidence"] == []
    stored = httpx2.post(f"{process.url}{case}/evidence", params=EVIDENCE, content=body, headers=said, timeout=FAR)
    served = httpx2.get(process.url + stored.json()["url"], headers=api.headers("viewer"), timeout=FAR)
    assert served.content == body


def test_a_patrol_that_repeats_itself_over_kills_makes_each_case_once(tmp_path: Path, start: Start) -> None:
    api, dice, wanted = trial(tmp_path), random.Random(7), 24  # noqa: S311 - repeatable, not secret
    process, done = start(), 0
    kills = [threading.Timer(0, lambda: None)]

    def kill_soon() -> None:
        kills.append(threading.Timer(dice.uniform(0.05, 0.4), process.kill))
        kills[-1].start()

    kill_soon()
    while done < wanted:
        try:
            post_case_and_picture(process.url, api, done)
            done += 1
        except httpx2.HTTPError:
            kills[-1].join()
            process = start()
            if len(kills) < 4:
                kill_soon()
    kills[-1].join()
    process.kill()
    process = start()
    cases = read(process.url, api, "/api/v1/cases?limit=200")["items"]
    assert len(kills) >= 3
    assert sorted(case["key"] for case in cases) == sorted(f"k{number}" for number in range(wanted))
    assert sorted(case["id"][-4:] for case in cases) == [f"{number:04d}" for number in range(1, wanted + 1)]
    assert all(len(case["evidence"]) == 1 and len(case["history"]) == 1 for case in cases)


def test_two_processes_asked_at_once_open_one_case(tmp_path: Path, start: Start) -> None:
    api = trial(tmp_path)
    processes = [start() for _ in range(2)]

    def report(number: int) -> httpx2.Response:
        url = processes[number % 2].url
        key = "same" if number % 3 else f"own-{number}"
        return httpx2.post(f"{url}/api/v1/cases", json=CASE_IN, headers=headers(api, key), timeout=FAR)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(report, range(18)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(read(processes[0].url, api, "/api/v1/cases")["items"]) == 1


def post_case_and_picture(url: str, api: Trial, number: int) -> None:
    case = httpx2.post(
        f"{url}/api/v1/cases", json=CASE_IN | {"key": f"k{number}"}, headers=headers(api, f"c{number}"), timeout=FAR
    ).raise_for_status()
    httpx2.post(
        f"{url}/api/v1/cases/{case.json()['id']}/evidence",
        params=EVIDENCE,
        content=JPEG,
        headers=headers(api, f"e{number}", "image/jpeg"),
        timeout=FAR,
    ).raise_for_status()


def wait_for_file(folder: Path) -> None:
    until = time.monotonic() + FAR
    while not list(folder.iterdir()):
        assert time.monotonic() < until, "the upload never began"
        time.sleep(0.02)
