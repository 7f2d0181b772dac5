# SPDX-License-Identifier: AGPL-3.0-or-later
"""Style sheets, scripts and the icon: read once, served under an address that changes with their content."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as a browser gets it."""

    body: bytes
    media_type: str


def _read() -> dict[str, Asset]:
    files = sorted(path for path in FOLDER.iterdir() if path.suffix in MEDIA_TYPES)
    return {path.name: Asset(path.read_bytes(), MEDIA_TYPES[path.suffix]) for path in files}


ASSETS = _read()
# one edition for all of them, because modules and style sheets name each other by relative addresses
EDITION = hashlib.sha256(b"".join(asset.body for asset in ASSETS.values())).hexdigest()[:12]


def address(name: str) -> str:
    """Where a file is served; raises KeyError for one that does not exist."""
    return f"/static/{EDITION}/{name}" if ASSETS[name] else ""
