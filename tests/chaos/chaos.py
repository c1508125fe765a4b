"""``python tests/chaos/chaos.py``: finds this package from its own file, and runs its command."""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])  # not this folder: there a module of the package's name would win
    runpy.run_module("chaos.command", run_name="__main__", alter_sys=True)
