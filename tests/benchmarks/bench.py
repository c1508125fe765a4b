"""Prints the budgets, each as a ratio to a limit or a peer of the same run: ``python tests/benchmarks/bench.py [NAME]``.

A benchmark is no test: it asserts nothing about time. Every line names the rows that were stored, the distinct keys and
a checksum that was read back; a figure without them would be no figure.
"""

import importlib
import json
import os
import platform
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

NAMES = ("edge", "spool", "collector", "store", "ledger", "api", "import", "statement", "evidence", "programme")
COLUMNS = ("what", "per_second", "unit", "ratio", "to", "rows", "keys", "checksum")


def main() -> int:
    wanted = sys.argv[1] if len(sys.argv) > 1 else "all"
    names = NAMES if wanted == "all" else (wanted,)
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"benchmark {unknown[0]!r} unknown; use all, {', '.join(NAMES)}", file=sys.stderr)
        return 2
    sys.path.insert(0, str(Path(__file__).parents[1]))  # the plants of the tests
    console = Console(width=170)
    console.print(f"{os.cpu_count()} cores, Python {platform.python_version()}, everything in one process on loopback")
    for name in names:
        module = importlib.import_module(f"bench_{name}")
        table = Table(*COLUMNS, title=name)
        for line in module.run():
            table.add_row(*(_shown(line.get(column, "")) for column in COLUMNS))
            if os.environ.get("METERPROOF_BENCH_JSON"):
                print(json.dumps({"bench": name, **line}))
        console.print(table)
    return 0


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


if __name__ == "__main__":
    sys.exit(main())
