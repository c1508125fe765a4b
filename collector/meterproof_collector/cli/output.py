"""How the commands speak: one line on stderr when it went wrong, JSON for machines."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import typer

from meterproof_core.errors import MeterproofError, SettingsError

FAILED_IN_THE_WORLD = 1
"""Exit code when a broker, a store or a file did not do its part."""
WRONG_SETTINGS = 2
"""Exit code when the settings or the call itself are wrong."""


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn an error that is meant for the user into one line on stderr and an exit code."""
    try:
        yield
    except SettingsError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(WRONG_SETTINGS) from None
    except MeterproofError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(FAILED_IN_THE_WORLD) from None


def print_json(value: object) -> None:
    """Print a value as indented JSON."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
