"""What the publisher does when its own parts fail; the ways of a message are tested on real brokers."""

import random
import sqlite3
import threading
import time

import pytest
from publishing import GATEWAY, QUICK
from spooling import NO_METERS, everything, fill, open_roomy
from ticker import Ticker

from meterproof_core.clock import ManualClock
from meterproof_core.errors import SettingsError
from meterproof_core.wire import LostRange, MessageKind, Meters, PointConfig, Receipt, decode, encode
from meterproof_edge.announcements import Gateway
from meterproof_edge.broker_link import Letter, LinkEvents
from meterproof_edge.mailbox import Mailbox
from meterproof_edge.outbox import FlowPolicy
from meterproof_edge.publisher import Pace, Publisher

_TIMEOUT_S = 20.0


class PaperLink:
    """A link without a wire: it keeps what is published, and lets the test be the broker and the collector."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.takes = True
        self.arrived = threading.Condition()
        self.events: LinkEvents | None = None

    def start(self, events: LinkEvents, *, subscribe: str, will: Letter) -> None:
        self.events = events

    def publish(self, letter: Letter) -> int | None:
        with self.arrived:
            if not self.takes:
                return None
            self.letters.append(letter)
            self.arrived.notify_all()
            return len(self.letters)

    def stop(self) -> None:
        self.events = None

    def readings(self) -> list[int]:
        return [
            decode(MessageKind.READINGS, letter.payload).seq
            for letter in list(self.letters)
            if letter.topic.endswith("readings")
        ]

    def wait_for_readings(self, count: int) -> bool:
        with self.arrived:
            return self.arrived.wait_for(lambda: len(self.readings()) >= count, _TIMEOUT_S)


@pytest.fixture
def spool(tmp_path):
    spool = open_roomy(tmp_path / "spool.db")
    yield spool
    spool.close()


@pytest.fixture
def link():
    return PaperLink()


def made(spool, link, monotonic, policy=QUICK):
    return Publisher(
        spool,
        link,
        gateway=GATEWAY,
        meters=NO_METERS,
        clock=ManualClock(1),
        monotonic=monotonic,
        chance=random.Random(1).random,
        policy=policy,
        pace=Pace(retry_s=0.01),
    )


@pytest.fixture
def publisher(spool, link):
    publisher = made(spool, link, time.monotonic)
    yield publisher
    publisher.stop()


@pytest.fixture
def ticker():
    return Ticker()


@pytest.fixture
def patient(spool, link, ticker):
    """A publisher for which only the test lets time pass; it is connected and has told all there is."""
    publisher = made(spool, link, ticker, FlowPolicy(set_aside_after=1))
    publisher.start()
    link.events.connected()
    assert until(publisher, lambda stats: stats.connected)
    yield publisher
    publisher.stop()


def until(publisher, holds):
    """Wait until the publisher's figures show something."""
    with publisher._progress:
        return publisher._progress.wait_for(lambda: holds(publisher.stats()), _TIMEOUT_S)


def receipt(spool, first, last):
    return encode(Receipt(1, spool.stream, [(first, last)]))


def test_stopping_what_never_began_is_harmless(publisher):
    publisher.stop()
    assert not publisher.stats().connected


def test_nothing_is_published_before_the_broker_is_reached(publisher, spool, link):
    fill(spool, 1)
    publisher.start()
    publisher.notify()
    assert not publisher.wait_until_empty(0.05)
    assert link.letters == []
    assert publisher.stats().waiting == 1


def test_a_disk_that_fails_is_told_once_and_tried_again_until_it_is_back(publisher, spool, link, caplog):
    fill(spool, 2)
    publisher.start()
    link.events.connected()
    assert link.wait_for_readings(2)
    sound, gone = spool._file._connection, sqlite3.connect(":memory:", check_same_thread=False)
    gone.close()
    spool._file._connection = gone
    link.events.received(receipt(spool, 1, 2))
    assert until(publisher, lambda stats: stats.failure)
    assert "see that the disk is sound and has room" in publisher.stats().failure
    spool._file._connection = sound
    assert [message.seq for message in everything(spool)] == [1, 2]
    assert link.wait_for_readings(4)  # the receipt went with the failure: both are sent again
    link.events.received(receipt(spool, 1, 2))
    assert publisher.wait_until_empty(_TIMEOUT_S)
    assert until(publisher, lambda stats: not stats.failure)
    assert sum("cannot publish" in record.message for record in caplog.records) == 1


def test_what_the_link_could_not_take_is_offered_again_after_the_time_out(publisher, spool, link):
    fill(spool, 1)
    link.takes = False
    publisher.start()
    link.events.connected()
    assert until(publisher, lambda stats: stats.sent == 1)
    assert link.letters == []
    with link.arrived:
        link.takes = True
    assert link.wait_for_readings(1)


def test_what_was_given_up_at_the_bound_meanwhile_is_not_sent_again(publisher, spool, link):
    fill(spool, 2)
    publisher.start()
    link.events.connected()
    assert link.wait_for_readings(2)
    spool.delete([(1, 1)])
    link.events.disconnected()
    link.events.connected()
    assert link.wait_for_readings(3)
    assert link.readings() == [1, 2, 2]
    link.events.received(receipt(spool, 2, 2))
    assert publisher.wait_until_empty(_TIMEOUT_S)
    assert publisher.stats().in_doubt == 0


def test_an_acknowledgement_that_belongs_to_nothing_is_passed_over(publisher, spool, link):
    fill(spool, 1)
    publisher.start()
    link.events.connected()
    assert link.wait_for_readings(1)
    link.events.acknowledged(999)
    link.events.received(receipt(spool, 1, 1))
    assert publisher.wait_until_empty(_TIMEOUT_S)
    assert publisher.stats().acknowledged == 0


def test_losses_that_came_up_in_the_meantime_are_told_on_the_next_connect(publisher, spool, link):
    publisher.start()
    link.events.connected()
    spool.record_losses([LostRange("furnace", 1, 2, 1, "reboot")])
    link.events.disconnected()
    link.events.connected()
    with link.arrived:
        assert link.arrived.wait_for(lambda: any(one.topic.endswith("loss") for one in link.letters), _TIMEOUT_S)


def pass_time(publisher, ticker, seconds):
    ticker.now += seconds
    publisher.notify()


def test_what_was_set_aside_gets_another_chance_with_each_announcement(patient, spool, link, ticker):
    fill(spool, 1)
    spool.set_aside(1)
    fill(spool, 1, start_ms=100_000)
    patient.notify()
    assert link.wait_for_readings(1)
    assert link.readings() == [2]
    link.events.received(receipt(spool, 2, 2))
    assert until(patient, lambda stats: stats.stored == 1)
    pass_time(patient, ticker, 299.0)
    fill(spool, 1, start_ms=200_000)
    patient.notify()
    assert link.wait_for_readings(2)
    link.events.received(receipt(spool, 3, 3))
    assert until(patient, lambda stats: stats.stored == 2)
    assert patient.stats().set_aside == 1
    pass_time(patient, ticker, 1.0)
    assert link.wait_for_readings(3)
    assert link.readings() == [2, 3, 1]
    link.events.received(receipt(spool, 1, 1))
    assert patient.wait_until_empty(_TIMEOUT_S)
    assert patient.stats().set_aside == 0


def test_a_loss_that_was_set_aside_does_not_keep_later_ones_back_for_ever(patient, spool, link, ticker):
    spool.record_losses([LostRange("furnace", 1, 2, 1, "reboot")])
    assert spool.emit_losses() == 1
    spool.set_aside(1)
    spool.record_losses([LostRange("furnace", 3, 4, 1, "reboot")])
    pass_time(patient, ticker, 300.0)
    assert until(patient, lambda stats: stats.sent == 1)
    link.events.received(receipt(spool, 1, 1))
    assert until(patient, lambda stats: stats.stored == 1)
    pass_time(patient, ticker, 300.0)
    assert until(patient, lambda stats: stats.sent == 2)
    told = [decode(MessageKind.LOSS, one.payload) for one in link.letters if one.topic.endswith("loss")]
    assert [(one.seq, one.lost[0].first_ms) for one in told] == [(1, 1), (2, 3)]


def test_a_message_that_is_set_aside_time_and_again_is_logged_once(patient, spool, link, ticker, caplog):
    fill(spool, 1)
    patient.notify()
    for seq in (2, 3):
        assert link.wait_for_readings(2 * seq - 3)
        assert link.readings()[-1] == 1
        fill(spool, 1, start_ms=100_000 * seq)
        patient.notify()
        assert link.wait_for_readings(2 * seq - 2)
        for token in range(1, len(link.letters) + 1):
            link.events.acknowledged(token)
        link.events.received(receipt(spool, seq, seq))
        assert until(patient, lambda stats, stored=seq - 1: stats.stored == stored)
        pass_time(patient, ticker, 10.0)
        assert until(patient, lambda stats: stats.set_aside == 1)
        pass_time(patient, ticker, 300.0)
    assert sum("set aside" in record.message for record in caplog.records) == 1


@pytest.mark.parametrize(("plant", "gateway", "named"), [("Steel Works", "g", "plant"), ("p", "", "gateway")])
def test_a_plant_or_gateway_that_is_no_id_says_so(plant, gateway, named):
    with pytest.raises(SettingsError, match=f"{named} .* is not an id"):
        Gateway(plant, gateway)


def test_a_configuration_that_the_wire_would_refuse_is_refused_at_the_start(spool, link):
    points = [PointConfig(f"p{n}", "m" * 60, 1, 1000, ["power_active_kw"] * 40) for n in range(200)]
    with pytest.raises(SettingsError, match=r"configuration of 200 metering points has .* share the meters"):
        Publisher(
            spool,
            link,
            gateway=GATEWAY,
            meters=Meters(1, "c", points),
            clock=ManualClock(1),
            monotonic=time.monotonic,
            chance=random.Random(1).random,
        )


def test_receipts_beyond_measure_are_dropped_and_everything_else_is_kept():
    mailbox = Mailbox()
    mailbox.connected()
    for number in range(5000):
        mailbox.received(b"x")
        mailbox.acknowledged(number % 64)
    mail = mailbox.wait(0.0)
    assert len(mail.receipts) == 1024
    assert len(mail.tokens) == 64
    assert (mail.online, mail.new_connection) == (True, True)
    assert mailbox.wait(0.0).receipts == []


def test_a_lost_connection_takes_its_acknowledgements_with_it():
    mailbox = Mailbox()
    mailbox.connected()
    mailbox.acknowledged(1)
    mailbox.disconnected()
    mail = mailbox.wait(0.0)
    assert (mail.online, mail.new_connection, mail.tokens) == (False, False, {})


def test_a_reconnect_between_two_looks_is_still_seen():
    mailbox = Mailbox()
    mailbox.connected()
    mailbox.wait(0.0)
    mailbox.disconnected()
    mailbox.connected()
    assert mailbox.wait(0.0).new_connection
