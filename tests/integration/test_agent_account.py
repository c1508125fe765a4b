"""An agent logs in at a broker that asks for an account; the password comes from a file and is never shown."""

import asyncio
import subprocess

import pytest

from meterproof.broker.embedded import free_port
from meterproof_core.clock import SystemClock
from meterproof_core.errors import SettingsError
from meterproof_core.faults import NoFaults
from meterproof_edge.agent import Agent
from meterproof_edge.settings import load_settings

PASSWORD = "correct horse battery staple"


def settings(folder, port):
    file = folder / "gateway.toml"
    file.write_text(
        f"""
plant = "mill"
gateway = "gateway-1"
[broker]
url = "mqtt://127.0.0.1:{port}"
user = "gateway-1"
password_file = "secret"
[[meter]]
point = "main"
map = "schneider-iem3155"
host = "127.0.0.1"
poll_s = 60
max_power_kw = 10
"""
    )
    return load_settings(file)


@pytest.fixture
def guarded_broker(tmp_path, require_program):
    """Return the port of a Mosquitto that lets only one account in."""
    accounts, conf, port = tmp_path / "accounts", tmp_path / "mosquitto.conf", free_port()
    tool = require_program("mosquitto_passwd", package="mosquitto")
    subprocess.run([tool, "-c", "-b", str(accounts), "gateway-1", PASSWORD], check=True, capture_output=True)
    accounts.chmod(0o644)
    conf.write_text(f"user root\nlistener {port} 127.0.0.1\nallow_anonymous false\npassword_file {accounts}\n")
    with subprocess.Popen(
        [require_program("mosquitto"), "-c", str(conf)], stderr=subprocess.PIPE, text=True
    ) as process:
        assert any(" running" in line for line in process.stderr)
        yield port
        process.kill()


async def connects(settings, timeout_s):
    with Agent(settings, clock=SystemClock(), faults=NoFaults()) as agent:
        return await asyncio.to_thread(agent.wait_until_connected, timeout_s)


@pytest.mark.mosquitto
def test_the_right_password_opens_and_a_wrong_one_does_not(guarded_broker, tmp_path):
    (tmp_path / "secret").write_text(PASSWORD + "\n")
    assert asyncio.run(connects(settings(tmp_path, guarded_broker), 10.0))
    (tmp_path / "secret").write_text("wrong")
    assert not asyncio.run(connects(settings(tmp_path, guarded_broker), 2.0))


def test_a_missing_password_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"password_file .*secret cannot be read"):
        asyncio.run(connects(settings(tmp_path, 1), 0.1))


def test_a_password_is_not_in_the_text_of_its_settings(tmp_path):
    (tmp_path / "secret").write_text(PASSWORD)
    loaded = settings(tmp_path, 1)
    assert loaded.broker.account.password() == PASSWORD
    assert PASSWORD not in repr(loaded)
