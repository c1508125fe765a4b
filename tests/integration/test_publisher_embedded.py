"""The publisher on the embedded broker, with a stand-in for the collector: every way on which a message can be lost."""

from contextlib import ExitStack

import pytest
from lossy_broker import lossy_broker
from publishing import NOW_MS, QUICK, publishing
from receipting import StandIn, stored
from spooling import everything, fill, open_roomy, sound

from meterproof.broker import EmbeddedBroker, TidyBroker
from meterproof.broker.embedded import free_port
from meterproof_core.wire import (
    LostRange,
    MessageKind,
    Meters,
    PointConfig,
    Receipt,
    Topic,
    encode,
)
from meterproof_edge.outbox import FlowPolicy
from meterproof_edge.publisher import Pace

_TIMEOUT_S = 30.0
_RECEIPTS = Topic("steel-works", "hall-1", MessageKind.RECEIPTS)


@pytest.fixture
def spool(tmp_path):
    spool = open_roomy(tmp_path / "spool.db")
    yield spool
    spool.close()


@pytest.fixture
def broker():
    with EmbeddedBroker() as broker:
        yield broker


def test_everything_that_was_spooled_arrives_in_order_and_the_receipts_empty_the_spool(spool, broker):
    fill(spool, 200)
    given = [sound(message) for message in everything(spool)]
    with StandIn(broker.url) as collector, publishing(spool, broker.url, policy=FlowPolicy()) as publisher:
        assert publisher.wait_until_empty(_TIMEOUT_S)
        assert collector.of(MessageKind.READINGS) == given
        stats = publisher.stats()
    assert (stats.sent, stats.stored, stats.waiting, stats.in_doubt) == (200, 200, 0, 0)
    assert stats.connected
    assert spool.counts().bytes == 0


def test_what_is_spooled_while_connected_is_sent_at_once(spool, broker):
    with StandIn(broker.url) as collector, publishing(spool, broker.url) as publisher:
        assert collector.wait_for(lambda seen: seen.of(MessageKind.STATUS))
        for round_ in range(5):
            fill(spool, 1, start_ms=1000 + 20_000 * round_)
            publisher.notify()
            assert publisher.wait_until_at_most(0, _TIMEOUT_S)
        assert collector.seqs() == [1, 2, 3, 4, 5]


def test_on_connect_the_gateway_tells_its_meters_and_that_it_is_there_and_at_the_end_that_it_goes(spool, broker):
    meters = Meters(1, "c" * 32, [PointConfig("furnace", "eastron-sdm630", 1, 1000, ["power_active_kw"])])
    fill(spool, 3)
    with StandIn(broker.url, lambda _: None) as collector:
        with publishing(spool, broker.url, meters=meters):
            assert collector.wait_for(lambda seen: len(seen.seqs()) >= 3)
            assert collector.of(MessageKind.METERS) == [meters]
            (here,) = collector.of(MessageKind.STATUS)
        assert collector.wait_for(lambda seen: len(seen.of(MessageKind.STATUS)) == 2)
        gone = collector.of(MessageKind.STATUS)[1]
    assert (here.online, here.at_ms, here.stream, here.waiting_batches) == (True, NOW_MS, spool.stream, 3)
    assert (gone.online, gone.waiting_batches) == (False, 3)


def test_configuration_and_status_are_retained_for_a_collector_that_comes_later(spool, broker):
    with StandIn(broker.url) as early, publishing(spool, broker.url):
        assert early.wait_for(lambda seen: seen.of(MessageKind.STATUS))
        early.__exit__()
        with StandIn(broker.url) as late:
            assert late.wait_for(lambda seen: seen.of(MessageKind.STATUS) and seen.of(MessageKind.METERS))


def test_a_broker_that_acknowledges_and_discards_a_tenth_of_the_messages_loses_nothing(spool):
    make, discards = lossy_broker(share=0.1)
    fill(spool, 400)
    given = {message.seq: sound(message) for message in everything(spool)}
    with EmbeddedBroker(make=make) as broker, StandIn(broker.url) as collector:
        with publishing(spool, broker.url) as publisher:
            assert publisher.wait_until_empty(_TIMEOUT_S)
            stats = publisher.stats()
        arrived = {batch.seq: batch for batch in collector.of(MessageKind.READINGS)}
    assert discards.discarded["readings"] > 20
    assert discards.discarded["receipts"] > 20
    assert arrived == given
    assert stats.stored == 400
    assert stats.set_aside == 0
    assert stats.resent >= discards.discarded["readings"]


def test_an_acknowledgement_of_the_broker_deletes_nothing(spool, broker):
    fill(spool, 3)
    with StandIn(broker.url, lambda _: None) as collector, publishing(spool, broker.url) as publisher:
        assert collector.wait_for(lambda seen: len(seen.seqs()) >= 9)  # each came three times
        assert publisher.stats().acknowledged >= 3
        assert spool.counts().waiting == 3
        collector.answer = stored
        assert publisher.wait_until_empty(_TIMEOUT_S)


def test_at_most_64_messages_are_on_the_way_however_long_nobody_answers(spool, broker):
    fill(spool, 300)
    with StandIn(broker.url, lambda _: None) as collector, publishing(spool, broker.url) as publisher:
        assert collector.wait_for(lambda seen: len(seen.seqs()) >= 150)
        assert publisher.stats().in_doubt == 48  # all of it is backlog, which leaves room for live data
        assert set(collector.seqs()) == set(range(1, 49))


def test_a_restart_of_the_broker_loses_nothing(spool):
    fill(spool, 40)
    port = free_port()
    with ExitStack() as running:
        broker = ExitStack()
        url = broker.enter_context(EmbeddedBroker(port, make=TidyBroker)).url
        odd = running.enter_context(StandIn(url, lambda batch: stored(batch) if batch.seq % 2 else None))
        publisher = running.enter_context(publishing(spool, url))
        assert publisher.wait_until_at_most(20, _TIMEOUT_S)
        broker.close()
        fill(spool, 10, start_ms=10**8)
        publisher.notify()
        odd.answer = stored
        with EmbeddedBroker(port, make=TidyBroker):
            assert publisher.wait_until_empty(_TIMEOUT_S)
            assert set(odd.seqs()) == set(range(1, 51))
            running.close()


def test_a_batch_that_is_never_answered_is_set_aside_while_others_pass_and_has_another_chance_later(spool, broker):
    fill(spool, 10)
    with StandIn(broker.url, lambda batch: None if batch.seq == 4 else stored(batch)) as collector:
        with publishing(spool, broker.url) as publisher:
            seen = 10
            while publisher.stats().set_aside == 0:
                seen += 1
                fill(spool, 1, start_ms=1000 + 10_000 * seen)
                publisher.notify()
                assert publisher.wait_until_at_most(1, _TIMEOUT_S)
            assert publisher.wait_until_empty(_TIMEOUT_S)
        assert collector.seqs().count(4) == QUICK.set_aside_after
        assert sound(spool.read(4)).seq == 4
        collector.answer = stored
        with publishing(spool, broker.url) as publisher:
            assert publisher.wait_until_empty(_TIMEOUT_S)
        assert spool.read(4) is None


def test_a_rejected_batch_is_deleted_counted_and_told_with_its_reason(spool, broker, caplog):
    fill(spool, 3)

    def answer(batch):
        if batch.seq == 2:
            return Receipt(1, batch.stream, [], [(2, 2, "older than the retention")])
        return stored(batch)

    with StandIn(broker.url, answer), publishing(spool, broker.url) as publisher:
        assert publisher.wait_until_empty(_TIMEOUT_S)
        stats = publisher.stats()
    assert (stats.stored, stats.rejected) == (2, 1)
    assert "batches 2 to 2" in caplog.text
    assert "older than the retention" in caplog.text


def test_receipts_that_make_no_sense_or_answer_another_stream_delete_nothing(spool, broker, caplog):
    fill(spool, 2)
    with StandIn(broker.url, lambda _: None) as collector, publishing(spool, broker.url) as publisher:
        assert collector.wait_for(lambda seen: seen.seqs())
        collector.send(_RECEIPTS, b"no json")
        collector.send(_RECEIPTS, encode(Receipt(1, "another-stream", [(1, 2)])))
        collector.send(_RECEIPTS, encode(Receipt(1, spool.stream, [(2, 2)])))
        assert publisher.wait_until_at_most(1, _TIMEOUT_S)
        assert [message.seq for message in everything(spool)] == [1]
    assert "a receipt that makes no sense was passed over" in caplog.text


def test_losses_are_told_to_the_collector_and_leave_the_spool_on_its_receipt(spool, broker):
    spool.record_losses([LostRange("furnace", 1, 2, 3, "reboot")])
    with StandIn(broker.url) as collector, publishing(spool, broker.url) as publisher:
        assert collector.wait_for(lambda seen: seen.of(MessageKind.LOSS))
        assert publisher.wait_until_empty(_TIMEOUT_S)
        (loss,) = collector.of(MessageKind.LOSS)
    assert loss.lost == [LostRange("furnace", 1, 2, 3, "reboot")]
    assert spool.emit_losses() is None


def test_configuration_and_status_are_told_again_from_time_to_time(spool, broker):
    with StandIn(broker.url) as collector, publishing(spool, broker.url, pace=Pace(announce_s=0.05)):
        assert collector.wait_for(lambda seen: len(seen.of(MessageKind.METERS)) >= 3)
        assert len(collector.of(MessageKind.STATUS)) >= 2


def test_a_broker_that_is_not_there_yet_is_found_once_it_comes(spool):
    port = free_port()
    fill(spool, 5)
    with publishing(spool, f"mqtt://127.0.0.1:{port}") as publisher:
        assert not publisher.stats().connected
        with EmbeddedBroker(port) as broker, StandIn(broker.url):
            assert publisher.wait_until_empty(_TIMEOUT_S)
