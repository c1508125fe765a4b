"""Ask deptry of every room whether what it imports and what it declares agree.

Each room is its own distribution with its own pyproject.toml, so each is looked at alone.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("core", "edge", "collector", "store", "mv", "evidence", "api", "dashboards")


def main() -> int:
    """Return the number of rooms whose dependencies do not agree."""
    packages = ",".join(f"meterproof_{room}" for room in ROOMS)
    failed = 0
    for room, folder in [*((room, ROOT / room) for room in ROOMS), ("meterproof", ROOT / "src")]:
        config = ROOT / "pyproject.toml" if room == "meterproof" else folder / "pyproject.toml"
        known = "meterproof" if room == "meterproof" else f"meterproof_{room}"
        command = [
            sys.executable, "-m", "deptry", str(folder), "--config", str(config),
            "--known-first-party", known,
            "--package-module-name-map", ",".join(f"meterproof-{r}=meterproof_{r}" for r in ROOMS),
        ]  # fmt: skip
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            failed += 1
            print(f"{room} ({packages}):\n{done.stdout}{done.stderr}")
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
