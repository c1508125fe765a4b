"""Brings an archive into a file that is either whole and checked, or not there."""

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from meterproof_core.errors import SettingsError, StoreError
from meterproof_store.archive.manifest import Manifest
from meterproof_store.archive.reading import Archive
from meterproof_store.archive.writing import Tick, no_tick


def back_up(chunks: Iterator[bytes], path: Path, tick: Tick = no_tick) -> Manifest:
    """Write an archive into a new file, read it back, and return its manifest.

    Parameters
    ----------
    chunks : iterator of bytes
        As `archive_chunks` makes them, here or in a server.
    path : Path
        The file; it must not be there. It appears under its name when it has passed the check.
    tick : callable
        Told how many rows of readings the check went through since it was last told.

    Raises
    ------
    SettingsError
        When the file is there already or cannot be made.
    StoreError
        When it cannot be written, or the store fails.
    DataError
        When it does not read back as it was written.
    """
    if path.exists():
        raise SettingsError(f"{path}: there is something already; name a new file")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        _write(chunks, draft)
        manifest = checked(draft, tick)
        draft.rename(path)
        _sync(path.parent)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror or error}); nothing was kept") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return manifest


def checked(path: Path, tick: Tick = no_tick) -> Manifest:
    """Return the manifest of an archive that was read from end to end. Raises DataError as `Archive` and its check."""
    with Archive(path) as archive:
        archive.check(tick)
        return archive.manifest


def _write(chunks: Iterator[bytes], draft: Path) -> None:
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SettingsError(
            f"{draft.parent}: no file can be made there ({error.strerror}); name another folder"
        ) from error
    with os.fdopen(descriptor, "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
