"""``meterproof-verify``: whether a bundle is whole and its figures follow from its data.

Exit code 0 when everything holds, 1 when a check failed, 2 when a file is no bundle.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from meterproof_evidence.cli.table import show
from meterproof_evidence.verification import verify_bundle

HOLDS, FAILED, NO_BUNDLE = 0, 1, 2

app = typer.Typer(name="meterproof-verify", pretty_exceptions_enable=False, add_completion=False)


@app.command()
def verify(
    bundles: Annotated[list[Path], typer.Argument(metavar="BUNDLE.zip", help="Evidence bundles.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check evidence bundles offline: the digest of every file, the data, and every figure, computed again.

    Exit code 0 when everything holds, 1 when a check failed, 2 when a file is no bundle.

    For example:

        meterproof-verify north-mill.2025-01-01.2026-01-01.v1.zip

        meterproof-verify statements/*.zip --json
    """
    found = [verify_bundle(path) for path in bundles]
    if as_json:
        whole = {"ok": all(one.ok for one in found), "bundles": [one.to_dict() for one in found]}
        typer.echo(json.dumps(whole, indent=2))
    else:
        for one in found:
            show(one)
    if not all(one.is_bundle for one in found):
        raise typer.Exit(NO_BUNDLE)
    raise typer.Exit(HOLDS if all(one.ok for one in found) else FAILED)
