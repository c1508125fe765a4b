"""What a damaged spool still gives: every message in it that is as it was put in, read from both ends."""

import logging
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from meterproof_core.wire import Batch, Loss
from meterproof_edge.spool.soundness import readable, sound

_log = logging.getLogger(__name__)
_EVERYTHING = "SELECT seq, kind, payload, crc FROM batch ORDER BY seq"


def saved_messages(aside: Path) -> Iterator[Batch | Loss]:
    """Yield the messages of a damaged file that are sound; the file is read only.

    A scan ends at the first page that makes no sense, so a second one comes from the other end to meet it.
    """
    try:
        with closing(sqlite3.connect(f"file:{quote(str(aside))}?mode=ro", uri=True)) as connection:
            connection.text_factory = lambda content: content.decode("utf-8", errors="replace")
            last = yield from _scan(connection, _EVERYTHING, None)
            yield from _scan(connection, f"{_EVERYTHING} DESC", last)
    except sqlite3.Error as error:
        _log.debug("nothing can be read from %s: %s", aside, error)


def _scan(connection: sqlite3.Connection, query: str, met: int | None) -> Generator[Batch | Loss, None, int | None]:
    """Yield what one scan finds up to a number where another one stopped; return the last number seen."""
    last = None
    try:
        for row in connection.execute(query):
            if met is not None and isinstance(row[0], int) and row[0] <= met:
                break
            last = row[0]
            message = sound(*row)
            told = None if message is None else readable(message)
            if told is not None:
                yield told
    except (sqlite3.Error, ValueError) as error:
        _log.debug("the scan ends: %s", error)
    return last
