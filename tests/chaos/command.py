"""The command: kill every process of the road at will and count what is left.

Ends with 1 when anything does not hold. A run is named by its seed; with it the same faults come in the same order.
"""

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from chaos.campaign import Campaign
from chaos.harm import ROAD_POINTS
from chaos.parts import Programs
from chaos.world import World


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Kill every process of the road at will and count what is left.")
    parser.add_argument("--rounds", type=int, default=50, help="how many faults; more come until each point was hit")
    parser.add_argument("--store", choices=("duckdb", "influx", "both"), default="both", help="where readings go")
    parser.add_argument("--seed", type=int, default=None, help="repeats a run's choice of faults")
    parser.add_argument("--malformed", type=int, default=100_000, help="malformed payloads over all rounds")
    parser.add_argument("--only", default="", help="only faults whose name holds this text")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs, spools and store")
    return parser.parse_args()


def _program(name: str) -> str:
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if path is None:
        sys.exit(f"{name} is not installed (Debian: apt install {name})")
    return path


def run(store: str, arguments: argparse.Namespace, seed: int) -> bool:
    """Return whether everything held on one store."""
    folder = Path(tempfile.mkdtemp(prefix=f"meterproof-chaos-{store}-"))
    on_influx = store == "influx"
    programs = Programs(_program("mosquitto"), _program("influxd") if on_influx else None)
    world = World(folder, programs, collectors=2 if on_influx else 1)
    print(f"store {store}, seed {seed}, {arguments.rounds} rounds, logs in {folder}/logs", flush=True)
    if not all(disk.is_small for disk in world.disks.values()):
        print("no file system could be mounted: a full disk is not tried", flush=True)
    campaign = Campaign(world, seed, arguments.malformed, say=lambda line: print(line, flush=True))
    begun = time.monotonic()
    try:
        tally = campaign.run(arguments.rounds, arguments.only)
    finally:
        if not arguments.keep:
            world.release()
    _print_table(campaign, time.monotonic() - begun)
    if tally.wrong:
        print(f"does NOT hold; seed {seed}, store {store}, logs in {folder}/logs")
    elif not arguments.keep:
        shutil.rmtree(folder)
    return not tally.wrong


def _print_table(campaign: Campaign, took_s: float) -> None:
    print(f"\n{'what':45s} {'count':>10s}")
    for name, count in campaign.tally.counts.items():
        print(f"{name:45s} {count:10d}")
    for point in ROAD_POINTS:
        print(f"{'hit ' + point:45s} {campaign.reached[point]:10d}")
    print(f"took {took_s:.0f} s")
    for wrong in campaign.tally.wrong:
        print(f"WRONG: {wrong}")


def main() -> int:
    """Run, and return the exit code."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no process is left behind
    seed = random.SystemRandom().randrange(10**6) if arguments.seed is None else arguments.seed
    stores = ("duckdb", "influx") if arguments.store == "both" else (arguments.store,)
    results = [run(store, arguments, seed) for store in stores]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
