# SPDX-License-Identifier: AGPL-3.0-or-later
"""Takes the picture of the page that README shows: `PYTHONPATH=tests python -m support.page_picture URL TOKEN FILE`."""

import sys
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Browser

from support.chromium import chromium, sign_in

SIZE = (1600, 900)
MOST_BYTES = 600_000
LOADED = "() => [...document.images].length > 1 && [...document.images].every(i => i.complete && i.naturalWidth > 0)"


def take(browser: Browser, url: str, token: str, file: Path, *, cases: int = 2) -> None:
    """Writes the case wall of a running service as PNG of at most 600 kB, once it shows `cases` cases."""
    width, height = SIZE
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    try:
        page = context.new_page()
        sign_in(page, url, token)
        page.locator(".card img").nth(cases - 1).wait_for(timeout=60_000)
        page.wait_for_function(LOADED)
        page.locator(".card.arrived").first.wait_for(state="detached")
        file.write_bytes(shrunk(page.screenshot()))
    finally:
        context.close()


def shrunk(png: bytes) -> bytes:
    """The same picture in at most 600 kB: with coarser colours, then smaller, where it has to be."""
    picture = np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    for step, share in ((1, 1.0), (4, 1.0), (8, 1.0), (8, 0.8), (8, 0.6), (8, 0.4)):
        size = (round(picture.shape[1] * share), round(picture.shape[0] * share))
        smaller = picture if share == 1 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        _, data = cv2.imencode(".png", smaller // step * step, [cv2.IMWRITE_PNG_COMPRESSION, 9])
        if data.nbytes <= MOST_BYTES:
            break
    return data.tobytes()


if __name__ == "__main__":
    with chromium() as started:
        take(started, sys.argv[1], sys.argv[2], Path(sys.argv[3]))
