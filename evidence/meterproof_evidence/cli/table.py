"""A verification for people. What stands in a bundle comes from strangers: it is printed as text and nothing else."""

import os
import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from meterproof_evidence.verification import NOT_CHECKED, Verification

_WIDE = 1000


def show(found: Verification) -> None:
    """Print what was found of a bundle."""
    # a file or a pipe has room for whole cells
    console = Console(width=None if sys.stdout.isatty() or os.environ.get("COLUMNS") else _WIDE, highlight=False)
    console.print(Text(f"{_printable(str(found.path))}"), style="bold")
    if found.statement is not None:
        console.print(Text(_printable(_headline(found))))
    table = Table("check", "result", "what was found", box=None, pad_edge=False)
    for check in found.checks:
        mark = Text("holds", "green") if check.ok else Text("FAILS", "bold red")
        table.add_row(check.name, mark, Text("\n".join(map(_printable, check.detail.split("\n")))))
    console.print(table)
    console.print(Text(_verdict(found)), style="bold")
    if found.is_bundle:
        console.print("not checked:")
        for sentence in NOT_CHECKED:
            console.print(Text(f"  - {sentence}"))
    console.print()


def _headline(found: Verification) -> str:
    stated = found.statement or {}
    words = [f"statement {stated.get('statement_id')} version {stated.get('version')}", f"{stated.get('status')}"]
    return ", ".join(
        [*words, "unsigned", *(["SIMULATED: nothing was measured at a real plant"] if found.simulated else [])]
    )


def _verdict(found: Verification) -> str:
    if not found.is_bundle:
        return "this is no bundle"
    failed = sum(not check.ok for check in found.checks)
    if failed:
        return f"{failed} of {len(found.checks)} checks failed: do not rely on this statement"
    return "everything that was checked holds"


def _printable(text: str) -> str:
    """Return a text without what would steer a terminal."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
