"""A publisher on a real link, as the tests of the publisher start one."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

from spooling import NO_METERS

from meterproof_core.broker_address import parse_broker
from meterproof_core.broker_connection import BrokerAccess
from meterproof_core.clock import ManualClock
from meterproof_core.faults import FaultPoints
from meterproof_core.wire import Meters
from meterproof_edge.announcements import Gateway
from meterproof_edge.mqtt.paho_link import LinkSettings, PahoLink
from meterproof_edge.outbox import FlowPolicy
from meterproof_edge.publisher import Pace, Publisher
from meterproof_edge.spool import Spool

GATEWAY = Gateway("steel-works", "hall-1")
NOW_MS = 1_514_764_800_000
QUICK = FlowPolicy(first_wait_s=0.2, max_wait_s=0.4, overtaken_wait_s=0.05)
"""Time-outs that a test can wait for; the order of things is the same."""


@contextmanager
def publishing(
    spool: Spool,
    url: str,
    *,
    policy: FlowPolicy = QUICK,
    pace: Pace | None = None,
    link: LinkSettings | None = None,
    mqtt5: bool | None = False,
    keepalive_s: int = 30,
    meters: Meters = NO_METERS,
    faults: FaultPoints | None = None,
) -> Iterator[Publisher]:
    """Run a publisher against a broker."""
    publisher = Publisher(
        spool,
        PahoLink(
            BrokerAccess(parse_broker(url), mqtt5=mqtt5, keepalive_s=keepalive_s),
            "meterproof-edge-test",
            link or LinkSettings(reconnect_max_s=0.2),
        ),
        gateway=GATEWAY,
        meters=meters,
        clock=ManualClock(NOW_MS),
        monotonic=time.monotonic,
        chance=random.Random(5).random,
        policy=policy,
        pace=pace,
        faults=faults,
    )
    publisher.start()
    try:
        yield publisher
    finally:
        publisher.stop()
