"""The collector on a real Mosquitto with a real gateway's spool: what a slow store and a killed collector do to it."""

import threading
from contextlib import contextmanager

import pytest
from mosquitto_server import ANONYMOUS, KEEPING, MosquittoServer
from publishing import publishing
from spooling import fill, open_roomy

from meterproof_collector.collector import Collector
from meterproof_collector.limits import Limits, Retry
from meterproof_collector.mqtt.paho_source import PahoSource
from meterproof_core.clock import SystemClock
from meterproof_core.errors import StoreError
from meterproof_core.memory import MemoryIntervals, MemoryJournal, MemoryReadings
from meterproof_core.storage import EntryKind
from meterproof_edge.outbox import FlowPolicy

pytestmark = pytest.mark.mosquitto
_TIMEOUT_S = 40.0
_PATIENT = FlowPolicy(first_wait_s=60.0)
"""Asks again after a minute only: what comes is not sent twice within a test."""


@pytest.fixture
def spool(tmp_path):
    spool = open_roomy(tmp_path / "spool.db")
    yield spool
    spool.close()


@pytest.fixture
def broker_of(require_program, tmp_path):
    """Return a function that makes a Mosquitto of some lines of settings."""
    program = require_program("mosquitto")
    return lambda *lines: MosquittoServer(program, tmp_path / "broker", lines or KEEPING)


class GatedReadings(MemoryReadings):
    """A store that hangs until the gate is open, and says when it began to."""

    def __init__(self):
        super().__init__()
        self.gate, self.hangs = threading.Event(), threading.Event()

    def write(self, groups):
        self.hangs.set()
        assert self.gate.wait(_TIMEOUT_S)
        super().write(groups)


@contextmanager
def collecting(source, readings=None, journal=None, **limits):
    """Run a collector on stores in memory."""
    collector = Collector(
        source, readings or MemoryReadings(), MemoryIntervals(), journal or MemoryJournal(),
        now_ms=SystemClock().now_ms, limits=Limits(retry=Retry(0.01, 0.02), stop_s=2.0, **limits),
    )  # fmt: skip
    collector.start()
    try:
        yield collector
    finally:
        collector.stop()


def seqs(journal):
    return sorted(entry.data["seq"] for entry in journal.read([EntryKind.ARRIVAL]))


def until(holds):
    """Wait until something holds; return whether it did in time."""
    tick = threading.Event()
    for _ in range(round(_TIMEOUT_S / 0.02)):
        if holds():
            return True
        tick.wait(0.02)
    return False


@pytest.mark.parametrize("mqtt5", [True, False], ids=["MQTT 5", "MQTT 3.1.1"])
def test_a_store_that_hangs_for_longer_than_the_keep_alive_costs_neither_the_connection_nor_a_message(
    spool, broker_of, mqtt5
):
    journal, readings = MemoryJournal(), GatedReadings()
    numbers = fill(spool, 200)
    with broker_of("log_type all", *ANONYMOUS) as broker:
        source = PahoSource(broker.url, "collector-slow", mqtt5=mqtt5, keepalive_s=2, receive_maximum=8)
        with collecting(source, readings, journal, queue=30), publishing(spool, broker.url, policy=_PATIENT) as gateway:
            assert readings.hangs.wait(_TIMEOUT_S)
            pings = broker.log().count("Received PINGREQ from collector-slow")
            assert until(lambda: broker.log().count("Received PINGREQ from collector-slow") >= pings + 4)
            assert source.connected
            readings.gate.set()
            assert gateway.wait_until_empty(_TIMEOUT_S)
            assert source.counts.connects == 1
    assert seqs(journal) == numbers


def test_a_broker_that_is_not_bounded_waits_for_room_and_what_it_threw_away_comes_again(spool, broker_of):
    """The queue is smaller than what the broker may deliver: its thread waits, misses its ping, and is thrown off."""
    journal, readings = MemoryJournal(), GatedReadings()
    numbers = fill(spool, 60)
    with broker_of("log_type all", *ANONYMOUS, "max_inflight_messages 0") as broker:
        source = PahoSource(broker.url, "collector-full", mqtt5=False, keepalive_s=2, reconnect_max_s=0.1)
        with collecting(source, readings, journal, queue=3) as collector, publishing(spool, broker.url) as gateway:
            assert readings.hangs.wait(_TIMEOUT_S)
            assert broker.wait_for_log("Client collector-full has exceeded timeout, disconnecting", _TIMEOUT_S)
            assert collector.held[0] <= 3
            readings.gate.set()
            assert gateway.wait_until_empty(_TIMEOUT_S)
            assert source.counts.connects > 1
    assert seqs(journal) == numbers


def test_a_store_that_is_away_for_a_while_is_waited_for_and_nothing_comes_twice(spool, broker_of):
    class Away(MemoryReadings):
        tries = 0

        def write(self, groups):
            self.tries += 1
            if self.tries <= 20:
                raise StoreError("away")
            super().write(groups)

    journal, readings = MemoryJournal(), Away()
    numbers = fill(spool, 100)
    with broker_of() as broker:
        source = PahoSource(broker.url, "collector-1")
        with collecting(source, readings, journal) as collector:
            with publishing(spool, broker.url, policy=_PATIENT) as gateway:
                assert gateway.wait_until_empty(_TIMEOUT_S)
            assert (collector.counts.duplicates, collector.store_state.trouble) == (0, None)
            assert collector.store_state.retries == 20
    assert seqs(journal) == numbers


def test_a_collector_that_stops_while_the_store_is_away_leaves_everything_to_the_next_one(spool, broker_of):
    class Away(MemoryReadings):
        def __init__(self):
            super().__init__()
            self.tried = threading.Event()

        def write(self, groups):
            self.tried.set()
            raise StoreError("away")

    journal, readings = MemoryJournal(), Away()
    numbers = fill(spool, 100)
    with broker_of() as broker, publishing(spool, broker.url) as gateway:
        with collecting(PahoSource(broker.url, "collector-1"), readings, journal):
            assert readings.tried.wait(_TIMEOUT_S)
        assert seqs(journal) == []
        with collecting(PahoSource(broker.url, "collector-2"), journal=journal):
            assert gateway.wait_until_empty(_TIMEOUT_S)
    assert seqs(journal) == numbers


def test_two_collectors_of_a_group_share_the_work_and_either_goes_on_alone(spool, broker_of):
    journal = MemoryJournal()
    numbers = fill(spool, 400)
    with broker_of() as broker:
        sources = [PahoSource(broker.url, f"collector-{one}", share_group="all") for one in (1, 2)]
        with (
            collecting(sources[0], journal=journal, lot=1) as one,
            collecting(sources[1], journal=journal, lot=1) as two,
        ):
            assert until(lambda: all(source.connected for source in sources))
            with publishing(spool, broker.url) as gateway:
                assert until(lambda: one.counts.batches > 10 and two.counts.batches > 10)
                two.stop()
                assert gateway.wait_until_empty(_TIMEOUT_S)
    assert seqs(journal) == numbers
