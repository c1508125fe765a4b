"""A fault point fires on its n-th reach, shows itself hit, and then nothing more happens in that process."""

import os
import signal
import subprocess
import sys

import pytest

from meterproof_core import faults
from meterproof_core.errors import SettingsError
from meterproof_core.faults import FAULT_POINTS, ArmedFault, NoFaults, faults_of, kill_this_process, parse_fault


def test_where_nothing_is_armed_reaching_a_point_does_nothing():
    for point in FAULT_POINTS:
        NoFaults().reach(point)


def test_an_armed_point_fires_once_on_its_nth_reach_and_writes_its_name_first(tmp_path):
    log = tmp_path / "hits"
    seen = []
    armed = ArmedFault("store.mid_commit", 3, log, kill=lambda: seen.append(log.read_text()))
    for _ in range(2):
        armed.reach("store.mid_commit")
        armed.reach("ledger.mid_replace")
    assert (seen, log.exists()) == ([], False)
    for _ in range(3):
        armed.reach("store.mid_commit")
    assert seen == ["store.mid_commit\n"]


def test_a_second_hit_is_added_to_the_same_log(tmp_path):
    log = tmp_path / "hits"
    for point in ("spool.mid_commit", "ledger.mid_replace"):
        ArmedFault(point, 1, log, kill=lambda: None).reach(point)
    assert log.read_text() == "spool.mid_commit\nledger.mid_replace\n"


@pytest.mark.parametrize(("spec", "survived"), [("store.mid_commit", 0), ("store.mid_commit:3", 2)])
def test_a_parsed_point_really_kills_its_process(tmp_path, spec, survived):
    program = (
        "import sys; from pathlib import Path; from meterproof_core.faults import parse_fault\n"
        "fault = parse_fault(sys.argv[1], Path(sys.argv[2]))\n"
        "while True:\n    fault.reach('store.mid_commit'); print('survived', flush=True)\n"
    )
    child = subprocess.run([sys.executable, "-c", program, spec, tmp_path / "hits"], capture_output=True, text=True)
    assert child.returncode == -signal.SIGKILL
    assert child.stdout == "survived\n" * survived
    assert (tmp_path / "hits").read_text() == "store.mid_commit\n"


def test_a_parsed_point_waits_for_its_count(tmp_path):
    armed = parse_fault("store.mid_commit:3", tmp_path / "hits")
    for _ in range(2):
        armed.reach("store.mid_commit")
    assert not (tmp_path / "hits").exists()


def test_the_kill_is_a_sigkill_of_the_own_process(monkeypatch):
    killed = []
    monkeypatch.setattr(faults.os, "kill", lambda *call: killed.append(call))
    kill_this_process()
    assert killed == [(os.getpid(), signal.SIGKILL)]


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("", "fault point '' unknown; use spool.mid_commit, "),
        ("store", "fault point 'store' unknown"),
        ("store.mid_commit:0", "fault point 'store.mid_commit': count '0' is not a whole number above 0"),
        ("store.mid_commit:-1", "count '-1' is not a whole number"),
        ("store.mid_commit:x", "count 'x' is not a whole number"),
        ("store.mid_commit:1:2", "count '1:2' is not a whole number"),
    ],
)
def test_a_fault_that_cannot_be_meant_is_refused(tmp_path, spec, sentence):
    with pytest.raises(SettingsError, match=sentence):
        parse_fault(spec, tmp_path / "hits")


def test_an_environment_that_arms_nothing_gives_no_fault():
    assert isinstance(faults_of({}), NoFaults)
    assert isinstance(faults_of({"METERPROOF_FAULT": ""}), NoFaults)


def test_an_environment_arms_a_point_when_it_names_a_log(tmp_path):
    armed = faults_of({"METERPROOF_FAULT": "store.mid_commit:2", "METERPROOF_FAULT_LOG": str(tmp_path / "log")})
    assert isinstance(armed, ArmedFault)
    armed.reach("store.mid_commit")
    assert not (tmp_path / "log").exists()


def test_an_armed_point_without_a_log_is_refused():
    with pytest.raises(SettingsError, match="METERPROOF_FAULT is set without METERPROOF_FAULT_LOG"):
        faults_of({"METERPROOF_FAULT": "store.mid_commit"})
