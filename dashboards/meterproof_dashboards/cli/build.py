"""``build``: write dashboards and provisioning files, or say whether those that stand are these."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from meterproof_core.command_line import FAILED_IN_THE_WORLD, clear_errors, complain
from meterproof_dashboards.files import built, differing, write


def build(
    *,
    out: Annotated[Path, typer.Option(help="Folder below which the files stand.")] = Path("dashboards"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 when a file is not as built.")] = False,
    time_zone: Annotated[
        str, typer.Option(help="The plant's time zone, IANA name: chosen to begin with, and the axes' own.")
    ] = "UTC",
) -> None:
    """Write the Grafana dashboards and the provisioning files; no Grafana is asked.

    For example:

        meterproof dashboards build

        meterproof dashboards build --check

        meterproof dashboards build --out /tmp/mill --time-zone Asia/Kathmandu
    """
    with clear_errors():
        texts = built(time_zone)
        if check:
            _check(out, texts)
            return
        write(out, texts)
    for name in texts:
        typer.echo(f"wrote {out / name}")


def _check(out: Path, texts: Mapping[str, str]) -> None:
    stale = differing(out, texts)
    for name in stale:
        complain(f"{out / name} is not as built; run `meterproof dashboards build` and commit the result")
    if stale:
        raise typer.Exit(FAILED_IN_THE_WORLD)
    typer.echo(f"{len(texts)} files below {out} are as built")
