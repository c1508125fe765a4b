import random
from collections.abc import Sequence

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from meterproof_edge.outbox import FlowPolicy, Lane, Outbox

_CALM = FlowPolicy(first_wait_s=5.0, max_wait_s=60.0, jitter=0.0)


def make(policy: FlowPolicy = _CALM, newest: int = 0) -> Outbox:
    outbox = Outbox(policy, lambda: 0.0)
    outbox.open_road(newest, now=0.0)
    return outbox


def offer(outbox: Outbox, lane: Lane, seqs: Sequence[int], *, size: int = 100, now: float = 0.0) -> list[int]:
    return outbox.offer(lane, [(seq, size) for seq in seqs], now)


def sent_and_acknowledged(outbox: Outbox, seqs: Sequence[int], *, now: float = 0.0) -> None:
    assert offer(outbox, Lane.LIVE, seqs, now=now) == list(seqs)
    for seq in seqs:
        outbox.acknowledged(seq, now)


def test_a_new_outbox_has_nothing_in_doubt_and_nothing_due():
    outbox = make()
    assert (outbox.in_doubt, outbox.bytes_in_doubt, outbox.next_due()) == (0, 0, None)
    assert outbox.due(1e9).resend == []
    assert outbox.span(Lane.BACKFILL) is None


def test_what_was_there_at_the_connect_is_backfill_and_what_came_later_is_live():
    outbox = make(newest=10)
    backfill, live = outbox.span(Lane.BACKFILL), outbox.span(Lane.LIVE)
    assert (backfill.after, backfill.until) == (0, 10)
    assert (live.after, live.limit) == (10, 64)


def test_what_was_looked_at_is_not_looked_at_again():
    outbox = make(newest=10)
    offer(outbox, Lane.BACKFILL, [2, 3])
    offer(outbox, Lane.LIVE, [11])
    assert outbox.span(Lane.BACKFILL).after == 3
    assert outbox.span(Lane.LIVE).after == 11


def test_at_most_64_messages_are_in_doubt():
    outbox = make()
    assert offer(outbox, Lane.LIVE, range(1, 100)) == list(range(1, 65))
    assert outbox.span(Lane.LIVE) is None
    outbox.answered([(1, 10)], newest_seq=99, now=1.0)
    assert outbox.span(Lane.LIVE).limit == 10


def test_at_most_a_mebibyte_is_in_doubt():
    outbox = make()
    assert offer(outbox, Lane.LIVE, range(1, 100), size=60_000) == list(range(1, 18))
    assert outbox.bytes_in_doubt == 17 * 60_000
    assert offer(outbox, Lane.LIVE, [18], size=60_000) == []
    assert offer(outbox, Lane.LIVE, [18], size=20_000) == [18]


def test_a_backlog_leaves_room_for_the_reading_that_was_just_taken():
    outbox = make(newest=1000)
    assert len(offer(outbox, Lane.BACKFILL, range(1, 100))) == 48
    assert outbox.span(Lane.BACKFILL) is None
    assert outbox.span(Lane.LIVE).limit == 16
    assert offer(outbox, Lane.LIVE, [1001]) == [1001]


def test_a_backlog_of_long_messages_leaves_bytes_for_the_reading_that_was_just_taken():
    outbox = make(newest=1000)
    sent = offer(outbox, Lane.BACKFILL, range(1, 100), size=60_000)
    assert len(sent) == 13
    assert offer(outbox, Lane.LIVE, [1001], size=60_000) == [1001]


def test_nothing_is_sent_again_while_the_broker_has_not_acknowledged_on_a_slow_line():
    outbox = make()
    offer(outbox, Lane.LIVE, [1])
    assert outbox.due(299.0).resend == []
    assert outbox.due(300.0).resend == [1]


def test_without_a_receipt_a_message_is_sent_again_after_a_time_that_doubles_up_to_its_cap():
    outbox = make()
    sent_and_acknowledged(outbox, [1])
    waits, now = [], 0.0
    for _ in range(6):
        at = outbox.next_due()
        assert outbox.due(at - 0.001).resend == []
        assert outbox.due(at).resend == [1]
        waits.append(at - now)
        now = at
        outbox.acknowledged(1, now)
    assert waits == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]


def test_a_second_acknowledgement_does_not_prolong_the_wait():
    outbox = make()
    sent_and_acknowledged(outbox, [1])
    outbox.acknowledged(1, 4.0)
    outbox.acknowledged(99, 4.0)
    assert outbox.next_due() == 5.0


@pytest.mark.parametrize(("chance", "wait"), [(0.0, 5.0), (0.5, 3.75), (1.0, 2.5)])
def test_the_time_out_is_jittered_so_that_gateways_do_not_send_in_step(chance, wait):
    outbox = Outbox(FlowPolicy(first_wait_s=5.0, jitter=0.5), lambda: chance)
    sent_and_acknowledged(outbox, [1])
    assert outbox.next_due() == wait


def test_a_message_that_was_overtaken_is_sent_again_soon():
    outbox = make()
    sent_and_acknowledged(outbox, [1], now=0.0)
    sent_and_acknowledged(outbox, [2], now=0.5)
    outbox.answered([(2, 2)], newest_seq=2, now=1.0)
    assert outbox.next_due() == 2.0
    assert outbox.due(2.0).resend == [1]


def test_a_message_that_the_broker_does_not_have_yet_is_not_hastened():
    outbox = make()
    offer(outbox, Lane.LIVE, [1], now=0.0)
    sent_and_acknowledged(outbox, [2], now=0.5)
    outbox.answered([(2, 2)], newest_seq=2, now=1.0)
    assert outbox.due(10.0).resend == []


def test_after_a_reconnect_all_that_was_on_the_way_is_due_at_once_and_the_rest_is_backfill():
    outbox = make()
    sent_and_acknowledged(outbox, [1, 2])
    offer(outbox, Lane.LIVE, [3])
    outbox.open_road(9, now=3.0)
    assert outbox.due(3.0).resend == [1, 2, 3]
    assert (outbox.span(Lane.BACKFILL).after, outbox.span(Lane.BACKFILL).until) == (0, 9)
    assert outbox.span(Lane.LIVE).after == 9
    assert offer(outbox, Lane.BACKFILL, [1, 2, 3, 4], now=3.0) == [4]  # what is in doubt is passed over


def test_after_a_silence_of_the_collector_its_first_answer_turns_what_waits_into_backfill():
    outbox = make()
    sent_and_acknowledged(outbox, [1, 2])
    outbox.answered([(1, 1)], newest_seq=500, now=31.0)
    assert outbox.span(Lane.LIVE).after == 500
    assert outbox.span(Lane.BACKFILL).until == 500


def test_answers_without_a_silence_leave_the_lanes_alone():
    outbox = make()
    sent_and_acknowledged(outbox, [1, 2])
    outbox.answered([(1, 1)], newest_seq=500, now=29.0)
    assert outbox.span(Lane.LIVE).after == 2


def test_an_answer_to_what_was_never_sent_changes_nothing():
    outbox = make()
    sent_and_acknowledged(outbox, [5])
    outbox.answered([(1, 4), (6, 10**12)], newest_seq=5, now=1.0)
    assert outbox.in_doubt == 1
    assert outbox.next_due() == 5.0


def test_one_that_is_never_answered_while_others_are_is_set_aside_after_eight_sendings():
    outbox = make()
    now, struck, sendings = 0.0, [], 1
    sent_and_acknowledged(outbox, [1])
    for seq in range(2, 100):
        sent_and_acknowledged(outbox, [seq], now=now)
        outbox.answered([(seq, seq)], newest_seq=seq, now=now)
        now = outbox.next_due()
        due = outbox.due(now)
        sendings += len(due.resend)
        outbox.acknowledged(1, now)
        struck = due.set_aside
        if struck:
            break
    assert struck == [1]
    assert sendings == 8
    assert (outbox.in_doubt, outbox.bytes_in_doubt) == (0, 0)


def test_what_comes_back_from_aside_is_backfill_and_disturbs_nothing_on_its_way():
    outbox = make(newest=2)
    sent_and_acknowledged(outbox, [3, 4, 5])
    outbox.look_again()
    assert (outbox.span(Lane.BACKFILL).after, outbox.span(Lane.BACKFILL).until) == (0, 5)
    assert outbox.span(Lane.LIVE).after == 5
    assert outbox.next_due() == 5.0
    assert offer(outbox, Lane.BACKFILL, [2, 3, 4]) == [2]


def test_while_nobody_is_answered_nothing_is_set_aside():
    outbox = make()
    sent_and_acknowledged(outbox, [1, 2, 3])
    for _ in range(50):
        now = outbox.next_due()
        due = outbox.due(now)
        assert due.set_aside == []
        for seq in due.resend:
            outbox.acknowledged(seq, now)
    assert outbox.in_doubt == 3


def test_reconnects_do_not_count_against_a_message():
    outbox = make()
    sent_and_acknowledged(outbox, [1])
    for round_ in range(20):
        now = float(round_)
        sent_and_acknowledged(outbox, [100 + round_], now=now)
        outbox.answered([(100 + round_, 100 + round_)], newest_seq=200, now=now)
        outbox.open_road(100 + round_, now=now + 0.5)
        assert outbox.due(now + 0.5).set_aside == []


def test_forgetting_what_is_gone_gives_its_room_back():
    outbox = make()
    offer(outbox, Lane.LIVE, [1])
    outbox.forget(1)
    outbox.forget(1)
    assert (outbox.in_doubt, outbox.bytes_in_doubt) == (0, 0)


class AnyOrder(RuleBasedStateMachine):
    """Whatever happens in whatever order: the bounds hold, and nothing that waits is forgotten for ever."""

    def __init__(self) -> None:
        super().__init__()
        draw = random.Random(3)
        self.outbox = Outbox(FlowPolicy(max_messages=6, max_bytes=3000, set_aside_after=3), draw.random)
        self.now = 0.0
        self.spool: dict[int, int] = {}
        self.newest = 0

    @rule(size=st.integers(50, 1500))
    def append(self, size: int) -> None:
        self.newest += 1
        self.spool[self.newest] = size

    @rule()
    def reconnect(self) -> None:
        self.outbox.open_road(self.newest, self.now)

    @rule(lane=st.sampled_from(Lane))
    def send(self, lane: Lane) -> None:
        span = self.outbox.span(lane)
        if span is not None:
            waiting = [(s, size) for s, size in sorted(self.spool.items()) if span.after < s <= span.until]
            self.outbox.offer(lane, waiting[: span.limit], self.now)

    @rule(data=st.data())
    def acknowledge_or_answer(self, data: st.DataObject) -> None:
        if self.spool:
            seq = data.draw(st.sampled_from(sorted(self.spool)))
            if data.draw(st.booleans()):
                self.outbox.acknowledged(seq, self.now)
            else:
                del self.spool[seq]
                self.outbox.answered([(seq, seq)], newest_seq=self.newest, now=self.now)

    @rule(seconds=st.floats(0.0, 400.0))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        for seq in self.outbox.due(self.now).set_aside:
            del self.spool[seq]

    @invariant()
    def the_bounds_hold(self) -> None:
        assert self.outbox.in_doubt <= 6
        assert self.outbox.bytes_in_doubt <= 3000

    def teardown(self) -> None:
        for _ in range(10 * len(self.spool) + 10):
            self.now += 1000.0
            for lane in Lane:
                self.send(lane)
            due = self.outbox.due(self.now)
            for seq in due.resend:
                self.outbox.acknowledged(seq, self.now)
            for seq in due.set_aside:
                del self.spool[seq]
            for seq in [seq for seq in self.spool if seq in self.outbox._doubts]:
                del self.spool[seq]
                self.outbox.answered([(seq, seq)], newest_seq=self.newest, now=self.now)
        assert self.spool == {}
        assert (self.outbox.in_doubt, self.outbox.bytes_in_doubt) == (0, 0)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
