"""Nothing is short-circuited: what is polled passes both sockets, and what is wrong on the wire is wrong in the result."""

import asyncio
import json
import re
import subprocess
from datetime import timedelta

import duckdb
import pytest
from lossy_broker import lossy_broker
from relay import ModbusFrames, MqttPublishes, Relay

from meterproof.broker import EmbeddedBroker
from meterproof.broker.embedded import free_port
from meterproof.demo.run import run_demo
from meterproof.demo.settings import DemoSettings, Relays, WrongRegister, epoch_ms
from meterproof.demo.steel_works import STEEL_WORKS
from meterproof_core.faults import NoFaults

DAYS = 3
POLLS = DAYS * 288 + 2


async def play(settings):
    """Play the steel works alone and return what came of it."""
    result = await run_demo(settings, NoFaults(), show=lambda _: None, quiet=True)
    return result.of(STEEL_WORKS.id)


def steel_alone(data, **wanted):
    return DemoSettings(data, plants=(STEEL_WORKS,), **wanted)


def intervals_of(data):
    """Return the amounts of active energy by interval start, from the store's own file."""
    with duckdb.connect(str(data / "meterproof.duckdb"), read_only=True) as store:
        rows = store.execute(
            "SELECT start_ms, amount FROM intervals JOIN series ON _series = id WHERE quantity = 'energy_import_kwh'"
        ).fetchall()
    return dict(rows)


def port_of(url):
    return int(re.fullmatch(r"mqtt://127\.0\.0\.1:(\d+)", url).group(1))


def test_every_reading_passes_the_modbus_socket_and_the_mqtt_socket(tmp_path):
    asked, answered, sent = ModbusFrames(), ModbusFrames(), MqttPublishes()

    async def run(broker):
        meter_port = free_port()
        async with (
            Relay(meter_port, upstream=asked, downstream=answered) as modbus,
            Relay(port_of(broker.url), upstream=sent, downstream=lambda _: None) as mqtt,
        ):
            relays = Relays(meter_port, modbus.port, f"mqtt://127.0.0.1:{mqtt.port}")
            return await play(steel_alone(tmp_path / "data", broker_url=broker.url, days=DAYS, relays=relays))

    with EmbeddedBroker() as broker:
        result = asyncio.run(run(broker))
    assert result.readings_polled == POLLS
    assert (asked.count, answered.count, answered.functions) == (POLLS, POLLS, {3: POLLS})
    batches = {}
    for topic, payload in sent.published:
        if topic.endswith("/readings"):
            batch = json.loads(payload)
            batches[batch["seq"]] = sum(len(group["t"]) for group in batch["groups"])
    assert sum(batches.values()) == POLLS == result.readings_stored


def test_one_register_that_is_wrong_on_the_wire_shows_in_the_result(tmp_path):
    at = STEEL_WORKS.year_start + timedelta(days=1, hours=10)

    def run(name, wrong):
        settings = steel_alone(tmp_path / name, days=DAYS, wrong_register=wrong)
        asyncio.run(play(settings))
        return intervals_of(tmp_path / name)

    right, wrong = run("right", None), run("wrong", WrongRegister(at, by_counts=30_000))
    around = range(epoch_ms(at - timedelta(minutes=30)), epoch_ms(at + timedelta(minutes=60)))
    differing = {start for start in right if wrong.get(start) != right[start]}
    assert differing
    assert differing < set(around)


def test_a_broker_that_acknowledges_and_discards_a_tenth_of_the_messages_loses_nothing(tmp_path):
    make, discards = lossy_broker(0.1)
    with EmbeddedBroker(make=make) as broker:
        result = asyncio.run(play(steel_alone(tmp_path / "data", broker_url=broker.url, days=40)))
    assert sum(discards.discarded.values()) > 0
    assert (result.readings_stored, result.intervals, result.spans) == (40 * 288 + 2, 40 * 96, 0)


@pytest.mark.mosquitto
def test_a_real_mosquitto_carries_the_same(tmp_path, require_program):
    program, port = require_program("mosquitto"), free_port()
    conf = tmp_path / "mosquitto.conf"
    conf.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
    with subprocess.Popen([program, "-c", str(conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as broker:
        try:
            result = asyncio.run(play(steel_alone(tmp_path / "data", broker_url=f"mqtt://127.0.0.1:{port}", days=DAYS)))
        finally:
            broker.terminate()
    assert (result.readings_stored, result.intervals, result.spans) == (POLLS, DAYS * 96, 0)
