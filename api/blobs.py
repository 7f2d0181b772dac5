# SPDX-License-Identifier: AGPL-3.0-or-later
"""Evidence on disk: written whole and flushed before anything points to it, named by its SHA-256.

`incoming/` holds uploads under way (never served, swept at the start and each hour), `blobs/ab/<sha256>` what is
complete.
"""

import errno
import hashlib
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from api.errors import StorageFull

LEFTOVER_AGE_S = 3600.0


def blob_path(folder: Path, sha256: str) -> Path:
    """Where a complete blob of a folder of evidence lies, whoever looks for it."""
    return folder / "blobs" / sha256[:2] / sha256


class Blobs:
    """One folder of content-addressed files; safe for several processes."""

    def __init__(self, folder: Path) -> None:
        """Makes `folder` when it is not there."""
        self._folder = folder
        self._incoming = folder / "incoming"
        with _room():
            self._incoming.mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        """Where a complete blob lies."""
        return blob_path(self._folder, sha256)

    @contextmanager
    def receive(self) -> Iterator["Upload"]:
        """An upload to write into; gone at the end unless it was kept."""
        upload = Upload(self._incoming / secrets.token_hex(16))
        try:
            yield upload
        finally:
            upload.discard()

    def keep(self, upload: "Upload") -> str:
        """Flushes an upload to disk and moves it to its place; returns its SHA-256."""
        target = self.path(upload.sha256)
        _move(upload, target)
        _sync_folder(target.parent.parent)
        return upload.sha256

    def snapshot_path(self, camera_id: str) -> Path:
        """Where a camera's newest picture lies; each replaces the one before."""
        return self._folder / "snapshots" / hashlib.sha256(camera_id.encode()).hexdigest()

    def keep_snapshot(self, upload: "Upload", camera_id: str) -> None:
        """Makes an upload the newest picture of a camera."""
        _move(upload, self.snapshot_path(camera_id))

    def forget_snapshot(self, camera_id: str) -> None:
        """Deletes a camera's newest picture, if there is one."""
        self.snapshot_path(camera_id).unlink(missing_ok=True)

    def ledger_path(self, entry_id: str) -> Path:
        """Where the picture of a ledger entry lies."""
        return self._folder / "ledger" / entry_id[-2:] / f"{entry_id}.jpg"

    def keep_ledger_picture(self, upload: "Upload", entry_id: str) -> None:
        """Makes an upload the picture of a ledger entry, durably."""
        _move(upload, self.ledger_path(entry_id))

    def forget_ledger_pictures(self, entry_ids: Iterable[str]) -> None:
        """Deletes the pictures of entries that are no longer kept."""
        for entry_id in entry_ids:
            self.ledger_path(entry_id).unlink(missing_ok=True)

    def is_young(self, sha256: str) -> bool:
        """Whether a blob came within the hour: somebody may be about to point to it."""
        with suppress(FileNotFoundError):
            return self.path(sha256).stat().st_mtime >= time.time() - LEFTOVER_AGE_S
        return False

    def forget(self, sha256: str) -> None:
        """Deletes a blob unless it is young."""
        if not self.is_young(sha256):
            self.path(sha256).unlink(missing_ok=True)

    def sweep(self) -> int:
        """Deletes uploads that a killed process left behind more than an hour ago; returns how many."""
        oldest, swept = time.time() - LEFTOVER_AGE_S, 0
        for path in self._incoming.iterdir():
            with suppress(FileNotFoundError):  # an upload may be whole by now, and lie where it belongs
                if path.stat().st_mtime < oldest:
                    path.unlink()
                    swept += 1
        return swept

    def check_writable(self) -> None:
        """Writes and deletes one small file; raises OSError."""
        with self.receive() as upload:
            upload.write(b"ready?")


class Upload:
    """One file under way, hashed as it comes."""

    def __init__(self, path: Path) -> None:
        """Makes the file at once, so that a folder that cannot be written shows early."""
        self.path = path
        self.bytes = 0
        self._hash = hashlib.sha256()
        with _room():
            self._file = path.open("xb")

    @property
    def sha256(self) -> str:
        """SHA-256 of what was written, as hex."""
        return self._hash.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Appends `chunk`; raises StorageFull."""
        with _room():
            self._file.write(chunk)
        self._hash.update(chunk)
        self.bytes += len(chunk)

    def close(self) -> None:
        """Hands everything to the operating system, so that the file can be read at `path`."""
        with _room():
            self._file.close()

    def flush(self) -> None:
        """Makes the file durable."""
        self._file.close()
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def discard(self) -> None:
        """Deletes the file unless it was kept."""
        try:
            self._file.close()
        finally:
            self.path.unlink(missing_ok=True)


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull("the evidence folder is full: free space or enlarge the disk, then send again") from error
        raise


def _move(upload: Upload, target: Path) -> None:
    with _room():
        upload.flush()
        target.parent.mkdir(parents=True, exist_ok=True)
        upload.path.replace(target)
        _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
