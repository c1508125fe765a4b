"""Build every room as a distribution, install those that are used alone, and see that they carry nothing heavy.

In the shared environment everything can be imported; only one of its own shows what a gateway or a bank gets.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EDGE_ABSENT = ("numpy", "scipy", "fastapi", "duckdb", "meterproof_mv", "meterproof_store", "meterproof_api")
EDGE_PROBE = f"""
import importlib.util, meterproof_edge.agent, meterproof_edge.cli
found = [name for name in {EDGE_ABSENT!r} if importlib.util.find_spec(name)]
assert not found, f"a gateway carries {{found}}"
from meterproof_edge.map_library import shipped_maps
from meterproof_edge.simulator.works import steel_works_values
assert len(shipped_maps()) >= 3
assert steel_works_values().series.total("energy_import_kwh") == (95963671, 100)
"""
EVIDENCE_ABSENT = (
    "fastapi",
    "duckdb",
    "paho",
    "influxdb_client",
    "meterproof_core",
    "meterproof_store",
    "meterproof_api",
)
EVIDENCE_PROBE = f"""
import importlib.util, pathlib, meterproof_evidence.cli
found = [name for name in {EVIDENCE_ABSENT!r} if importlib.util.find_spec(name)]
assert not found, f"who checks a statement carries {{found}}"
from meterproof_evidence.verification import verify_bundle
assert not verify_bundle(pathlib.Path("/nowhere.zip")).is_bundle
"""


def main(uv: str) -> int:
    """Return 0 when every distribution builds, and those that are used alone work alone."""
    with tempfile.TemporaryDirectory() as folder:
        dist = Path(folder, "dist")
        run(uv, "build", "--quiet", "--all-packages", "--out-dir", str(dist))
        gateway = installed(uv, dist, ("core", "edge"))
        run(str(gateway / "python"), "-c", EDGE_PROBE)
        run(str(gateway / "meterproof-edge"), "maps")
        bank = installed(uv, dist, ("mv", "evidence"))
        run(str(bank / "python"), "-c", EVIDENCE_PROBE)
        run(str(bank / "meterproof-verify"), "--help")
        wheels = len(list(dist.glob("*.whl")))
        print(f"{wheels} wheels built; meterproof-edge and meterproof-evidence work alone")
    return 0


def installed(uv: str, dist: Path, rooms: tuple[str, ...]) -> Path:
    """Return the folder of the commands of a new environment that holds some rooms and what they depend on."""
    venv = dist.parent / rooms[-1]
    run(uv, "venv", "--quiet", "--python", sys.executable, str(venv))
    wheels = [str(next(dist.glob(f"meterproof_{room}-*.whl"))) for room in rooms]
    run(uv, "pip", "install", "--quiet", "--python", str(venv / "bin" / "python"), *wheels)
    return venv / "bin"


def run(*command: str) -> None:
    """Run a command, and stop when it fails."""
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "uv"))
