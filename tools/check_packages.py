"""Build every room as a distribution, install the gateway's alone, and see that it works and carries nothing heavy.

In the shared environment everything can be imported; only an environment of its own shows what a gateway gets.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ABSENT = ("numpy", "scipy", "fastapi", "duckdb", "meterproof_mv", "meterproof_store", "meterproof_api")
PROBE = f"""
import importlib.util, meterproof_edge.agent, meterproof_edge.cli
found = [name for name in {ABSENT!r} if importlib.util.find_spec(name)]
assert not found, f"a gateway carries {{found}}"
from meterproof_edge.map_library import shipped_maps
from meterproof_edge.simulator.works import steel_works_values
assert len(shipped_maps()) >= 3
assert steel_works_values().series.total("energy_import_kwh") == (95963671, 100)
"""


def main(uv: str) -> int:
    """Return 0 when every distribution builds and the gateway's works alone."""
    with tempfile.TemporaryDirectory() as folder:
        dist, venv = Path(folder, "dist"), Path(folder, "venv")
        run(uv, "build", "--quiet", "--all-packages", "--out-dir", str(dist))
        run(uv, "venv", "--quiet", "--python", sys.executable, str(venv))
        python = venv / "bin" / "python"
        wheels = [str(next(dist.glob(f"meterproof_{room}-*.whl"))) for room in ("core", "edge")]
        run(uv, "pip", "install", "--quiet", "--python", str(python), *wheels)
        run(str(python), "-c", PROBE)
        run(str(venv / "bin" / "meterproof-edge"), "maps")
        print(f"{len(list(dist.glob('*.whl')))} wheels built; meterproof-edge works alone")
    return 0


def run(*command: str) -> None:
    """Run a command, and stop when it fails."""
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "uv"))
