"""How the commands of ``meterproof mv`` end: one JSON object, or one line that says what is wrong."""

import json
from pathlib import Path
from typing import Any, NoReturn

import typer

from meterproof_core.errors import DataError
from meterproof_mv.errors import MvError


def print_object(found: dict[str, Any]) -> None:
    """Print one JSON object."""
    typer.echo(json.dumps(found, indent=2, allow_nan=False))


def stop(file: Path, error: DataError | MvError) -> NoReturn:
    """Say what is wrong, and in which file, on stderr.

    Raises
    ------
    typer.Exit
        Always, with code 2.
    """
    where = "" if isinstance(error, DataError) else f"{file}: "
    typer.echo(f"meterproof mv: {where}{error}", err=True)
    raise typer.Exit(2)
