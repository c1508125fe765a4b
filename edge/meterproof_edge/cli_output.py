"""How the commands speak: plain columns for people, JSON for machines, one line on stderr when it went wrong."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import msgspec
import typer

from meterproof_core.errors import MeterproofError, SettingsError

FAILED_IN_THE_WORLD = 1
"""Exit code when a meter, a file or a network did not do its part."""
WRONG_SETTINGS = 2
"""Exit code when the settings or the call itself are wrong."""


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn an error that is meant for the user into one line on stderr and an exit code."""
    try:
        yield
    except SettingsError as error:
        complain(error)
        raise typer.Exit(WRONG_SETTINGS) from None
    except MeterproofError as error:
        complain(error)
        raise typer.Exit(FAILED_IN_THE_WORLD) from None


def complain(error: object) -> None:
    """Print what is wrong on stderr, in one line."""
    typer.echo(f"error: {error}", err=True)


def print_json(value: object) -> None:
    """Print a value as indented JSON."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_columns(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under titles; a column whose cells are all numbers stands to the right."""
    cells = [list(titles), *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [all(_is_number(cell) for cell in column[1:] if cell) for column in zip(*cells, strict=True)]
    for line in cells:
        padded = (
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(line, widths, right, strict=True)
        )
        typer.echo("  ".join(padded).rstrip())


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
