"""The processes of a small plant, each on its own as a user starts them: simulated meter, agent, all-in-one server."""

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager

import pytest
from trial_mill import PLANTS

from meterproof.broker.embedded import free_port

TIMEOUT_S = 60


def command(*arguments):
    return [sys.executable, "-m", "meterproof", *map(str, arguments)]


@contextmanager
def running(*arguments, folder):
    """Run a command until the block ends, then ask it to stop as a service manager does."""
    with subprocess.Popen(
        command(*arguments), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, output
    assert "Traceback" not in output


def first_line(process, containing):
    for line in process.stdout:
        if containing in line:
            return line
    pytest.fail(f"{containing!r} was never printed")


def until(url, holds):
    """Ask a page of our own server until its answer satisfies a condition; the server's answers pace the loop."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                told = json.load(answer)
        except urllib.error.URLError:
            continue
        if holds(told):
            return told
    return pytest.fail(f"{url} never answered as expected")


def gateway(folder, *, meter_port, broker_url):
    (folder / "gateway.toml").write_text(
        f"""
plant = "trial-mill"
gateway = "gateway-1"
[broker]
url = "{broker_url}"
[[meter]]
point = "main"
map = "eastron-sdm630"
host = "127.0.0.1"
port = {meter_port}
poll_s = 0.2
max_power_kw = 100
quantities = ["energy_import_kwh", "power_active_kw", "frequency_hz"]
"""
    )


def test_a_meter_an_agent_and_a_server_of_their_own_bring_readings_to_the_page(tmp_path):
    (tmp_path / "plants.toml").write_text(PLANTS)
    with ExitStack() as stack:
        meter_port = free_port()
        meter = stack.enter_context(
            running("edge", "simulate", "eastron-sdm630", "--port", meter_port, folder=tmp_path)
        )
        first_line(meter, "simulated Eastron")
        server = stack.enter_context(
            running("serve", "--plants", "plants.toml", "--broker-port", 0, "--port", 0, folder=tmp_path)
        )
        url = first_line(server, "pages").split()[1]
        broker_url = first_line(server, "broker").split()[1]
        gateway(tmp_path, meter_port=meter_port, broker_url=broker_url)
        stack.enter_context(running("edge", "run", "gateway.toml", folder=tmp_path))
        points = until(f"{url}/api/v1/plants/trial-mill/points", lambda told: told["points"][0]["readings"] >= 10)
        assert points["points"][0]["last"] is not None
        with urllib.request.urlopen(f"{url}/plants/trial-mill", timeout=10) as answer:
            page = answer.read().decode()
        assert "Trial Mill" in page
        assert "imulated" in page


def test_a_second_server_on_the_same_store_says_who_holds_it(tmp_path):
    (tmp_path / "plants.toml").write_text(PLANTS)
    with running("serve", "--plants", "plants.toml", "--broker-port", 0, "--port", 0, folder=tmp_path) as first:
        first_line(first, "pages")
        second = subprocess.run(
            command("serve", "--plants", "plants.toml", "--broker-port", 0, "--port", 0), cwd=tmp_path, capture_output=True, text=True,
            timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
    assert second.returncode == 1
    assert "meterproof.duckdb" in second.stderr
    assert "Traceback" not in second.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["serve", "--plants", "nowhere.toml"], 2, "nowhere.toml"),
        (["demo", "--once", "--broker", "tcp://127.0.0.1:1"], 2, "use mqtt://host:port"),
        (["demo", "--once", "--broker", "mqtt://127.0.0.1:1"], 1, "broker mqtt://127.0.0.1:1 has not answered"),
        (["demo", "--once", "--data", "a-file/below"], 2, "a-file/below"),
        (["edge", "run", "nowhere.toml"], 2, "nowhere.toml"),
        (["edge", "check", "bad.toml"], 2, "bad.toml"),
        (["edge", "simulate", "no-such-meter"], 2, "no-such-meter"),
        (["edge", "read", "--map", "schneider-iem3155", "--host", "127.0.0.1", "--port", "1"], 1, "127.0.0.1:1"),
        (["mv", "fit", "nowhere.csv", "--energy", "kwh"], 2, "nowhere.csv"),
    ],
)
def test_a_wrong_call_ends_with_one_clear_line(arguments, code, says, tmp_path):
    (tmp_path / "a-file").write_text("")
    (tmp_path / "bad.toml").write_text("plant = 3\n")
    done = subprocess.run(
        command(*arguments), cwd=tmp_path, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert says in done.stderr
    assert done.stdout == ""
