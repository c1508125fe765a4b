"""The commands as a user has them: `meterproof store ...` beside a running `meterproof serve`."""

import json
import signal
import subprocess
import sys

import pytest
from archiving import filled
from trial_mill import PLANTS

from meterproof_store.duckdb_store import open_duckdb

TIMEOUT_S = 60


def meterproof(*arguments, folder, code=0):
    command = [sys.executable, "-m", "meterproof", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture
def served(tmp_path):
    """Give a folder whose store a running server holds."""
    (tmp_path / "plants.toml").write_text(PLANTS)
    (tmp_path / "data").mkdir()
    store = open_duckdb(tmp_path / "data" / "meterproof.duckdb")
    filled(store)
    store.close()
    command = [
        sys.executable,
        "-m",
        "meterproof",
        "serve",
        "--plants",
        "plants.toml",
        "--data",
        "data",
        "--port",
        "0",
        "--broker-port",
        "0",
    ]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert any("pages" in line for line in server.stderr)
            yield tmp_path
        finally:
            server.send_signal(signal.SIGTERM)
            _, said = server.communicate(timeout=TIMEOUT_S)
    assert (server.returncode, "Traceback" in said) == (0, False), said
    assert not (tmp_path / "data" / "server.json").exists()


def test_a_running_servers_store_is_backed_up_and_restored_elsewhere(served):
    saved = json.loads(meterproof("store", "backup", "a.zip", "--data", "data", "--json", folder=served).stdout)
    assert (saved["rows"], saved["intervals"], saved["checked"]) == (7, 7, True)
    back = json.loads(meterproof("store", "restore", "a.zip", "--data", "copy", "--json", folder=served).stdout)
    assert (back["rows"], back["compared"]) == (7, True)
    shown = meterproof("store", "retention", "--data", "data", folder=served).stdout
    assert "would go; --apply takes them away" in shown
    token = json.loads((served / "data" / "server.json").read_text())["token"]
    assert token not in shown
    refused = meterproof("store", "restore", "a.zip", "--data", "data", folder=served, code=1)
    assert "stop it before you restore" in refused.stderr
