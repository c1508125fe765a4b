"""Runs the demonstration as a user does: as a process."""

import json
import os
import subprocess
import sys
from pathlib import Path

TIMEOUT_S = 600


def run_demo(data: Path, *arguments: str, fault: str | None = None, log: Path | None = None):
    """Return the finished process of ``meterproof demo --once --json``."""
    environment = dict(os.environ)
    if fault is not None:
        environment |= {"METERPROOF_FAULT": fault, "METERPROOF_FAULT_LOG": str(log)}
    command = [sys.executable, "-m", "meterproof", "demo", "--once", "--json", "--data", str(data), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=TIMEOUT_S, check=False)


def result_of(process) -> dict:
    """Return the JSON object that a run printed."""
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def plant_of(result: dict, plant_id: str) -> dict:
    """Return what a run tells of a plant."""
    (found,) = [plant for plant in result["plants"] if plant["id"] == plant_id]
    return found


def statement_of(result: dict, plant_id: str) -> dict:
    """Return the statement of a plant."""
    (found,) = [statement for statement in result["statements"] if statement["plant"] == plant_id]
    return found
