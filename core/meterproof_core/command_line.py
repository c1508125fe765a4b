"""How every command of ours ends and speaks to machines: one line on stderr when it went wrong, JSON when asked."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from meterproof_core.errors import MeterproofError, SettingsError

FAILED_IN_THE_WORLD = 1
"""Exit code when a meter, a file, a store or a network did not do its part."""
WRONG_SETTINGS = 2
"""Exit code when the settings or the call itself are wrong."""
INTERRUPTED = 130
"""Exit code after Ctrl-C, as a shell says it of a process that SIGINT ended."""
_WIDE = 1000


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn an error that is meant for the user into one line on stderr and an exit code.

    Raises
    ------
    SystemExit
        With `WRONG_SETTINGS` or `FAILED_IN_THE_WORLD`.
    """
    try:
        yield
    except SettingsError as error:
        complain(error)
        raise SystemExit(WRONG_SETTINGS) from None
    except MeterproofError as error:
        complain(error)
        raise SystemExit(FAILED_IN_THE_WORLD) from None


def keep_files_private() -> None:
    """Let files that this process makes be read by its own account only; for composition roots that keep data."""
    os.umask(0o077)


def table_width() -> int | None:
    """Return how wide a table may be; None leaves it to the terminal. A file or a pipe has room for whole cells."""
    return None if sys.stdout.isatty() or os.environ.get("COLUMNS") else _WIDE


def complain(error: object) -> None:
    """Print what is wrong on stderr, in one line."""
    sys.stderr.write(f"error: {error}\n")


def print_json(value: object) -> None:
    """Print a value as indented JSON."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
