"""How a server that holds a store's file says where it is: a small file beside it that only its owner can read.

The token in it lives as long as the server: it is made at the start, never logged, and gone at the stop. After a crash
the file stays behind; then its process is no longer there, and the announcement counts for nothing.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from meterproof_core.errors import StoreAccessError, StoreError

FILE_NAME = "server.json"
_TOKEN_BYTES = 32


class Announcement(msgspec.Struct, frozen=True):
    """Where a server is, and what opens its store routes.

    Parameters
    ----------
    store : str
        Name of the store's file, without its folder.
    url : str
        Address of the server, without a slash at the end.
    pid : int
        Its process.
    token : str
        The operator token.
    """

    store: str
    url: str
    pid: int
    token: str

    def __repr__(self) -> str:
        """Return what may be shown: everything but the token."""
        return f"Announcement(store={self.store!r}, url={self.url!r}, pid={self.pid})"


def new_token() -> str:
    """Return a fresh operator token."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


@contextmanager
def announced(store_file: Path, url: str, token: str) -> Iterator[Announcement]:
    """Announce a server beside its store's file for as long as the block lasts.

    Parameters
    ----------
    store_file : Path
        The file that the server holds.
    url : str
        Address of the server.
    token : str
        What its store routes ask for.

    Raises
    ------
    StoreError
        When the file cannot be written.
    """
    told = Announcement(store_file.name, url, os.getpid(), token)
    place = store_file.parent / FILE_NAME
    _write(place, msgspec.json.encode(told))
    try:
        yield told
    finally:
        if _read(place) == told:  # or another server has taken the folder since
            with suppress(OSError):
                place.unlink()


def find_server(store_file: Path) -> Announcement | None:
    """Return the announcement of the server that holds a store's file; None when there is none, or its process is gone.

    Raises
    ------
    StoreAccessError
        When there is one that this account may not read.
    """
    told = _read(store_file.parent / FILE_NAME)
    if told is None or told.store != store_file.name or not _runs(told.pid):
        return None
    return told


def _write(place: Path, text: bytes) -> None:
    """Put a file in place at once and whole, from the first moment readable by its owner alone."""
    draft = place.with_name(f".{place.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
        draft.replace(place)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StoreError(
            f"{place}: cannot be written ({error.strerror}); commands could not reach the store"
        ) from error


def _read(place: Path) -> Announcement | None:
    try:
        return msgspec.json.decode(place.read_bytes(), type=Announcement)
    except PermissionError as error:
        raise StoreAccessError(f"{place}: belongs to another account; ask as the one that runs the server") from error
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return pid > 0
