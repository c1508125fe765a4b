"""A collector that is away for hours: few messages ask for it, and all follow once it is back."""

import random
from collections import Counter

from meterproof_edge.outbox import FlowPolicy, Lane, Outbox

_HOUR_S = 3600.0


def full(policy=None):
    outbox = Outbox(policy or FlowPolicy(), random.Random(3).random)
    outbox.open_road(1000, 0.0)
    sent = outbox.offer(Lane.BACKFILL, [(seq, 1000) for seq in range(1, 100)], 0.0)
    for seq in sent:
        outbox.acknowledged(seq, 0.1)
    return outbox, sent


def pass_hours(outbox, start_s, hours):
    """Let time pass to each next due moment; return how often each message was sent again."""
    sendings, now = Counter(), start_s
    while now < start_s + hours * _HOUR_S:
        now = max(outbox.next_due(), now + 0.01)
        for seq in outbox.due(now).resend:
            sendings[seq] += 1
            outbox.acknowledged(seq, now + 0.1)
    return sendings, now


def test_over_six_hours_a_few_messages_a_minute_ask_whether_it_is_back():
    outbox, sent = full()
    assert len(sent) == 48
    early, now = pass_hours(outbox, 0.0, 30 / _HOUR_S)
    assert sum(early.values()) <= 4 * 48
    later, _ = pass_hours(outbox, now, 6)
    assert 6 * 60 <= sum(later.values()) <= 6 * 60 * 2 * 2.1  # two at a time, every 30 to 60 s


def test_those_that_ask_change_so_that_one_that_is_never_answered_does_not_ask_alone():
    outbox, sent = full()
    sendings, _ = pass_hours(outbox, 0.0, 2)
    assert set(sendings) == set(sent)
    assert max(sendings.values()) - min(sendings.values()) <= 2


def test_once_one_is_answered_all_others_follow_within_seconds():
    outbox, sent = full()
    _, now = pass_hours(outbox, 0.0, 3)
    while not (asked := outbox.due(now).resend):
        now = outbox.next_due()
    for seq in asked:
        outbox.acknowledged(seq, now)
    outbox.answered([(asked[0], asked[0])], newest_seq=5000, now=now + 0.2)
    again = outbox.due(now + 1.3).resend
    assert set(again) | set(asked) == set(sent)
    assert outbox.in_doubt == len(sent) - 1


def test_nothing_is_set_aside_while_nobody_is_answered():
    outbox, _ = full(FlowPolicy(set_aside_after=2))
    now, aside = 0.0, []
    while now < 12 * _HOUR_S:
        now = max(outbox.next_due(), now + 0.01)
        due = outbox.due(now)
        aside += due.set_aside
        for seq in due.resend:
            outbox.acknowledged(seq, now)
    assert aside == []


def test_a_new_connection_asks_with_everything_at_once():
    outbox, sent = full()
    _, now = pass_hours(outbox, 0.0, 3)
    outbox.open_road(2000, now)
    assert len(outbox.due(now).resend) == len(sent)


def test_a_quarter_of_the_room_is_kept_for_what_is_live_when_it_comes_back():
    outbox, _ = full()
    now = 40.0
    outbox.due(now)
    assert outbox.span(Lane.LIVE) is None
    for _ in range(200):
        now = max(outbox.next_due(), now + 0.01)
        for seq in outbox.due(now).resend:
            outbox.acknowledged(seq, now)
    outbox.answered([(1, 1)], newest_seq=5000, now=now)
    assert outbox.span(Lane.LIVE).after == 5000
    assert outbox.offer(Lane.LIVE, [(5001 + n, 1000) for n in range(30)], now) == list(range(5001, 5018))


def test_what_was_live_before_the_outage_is_backfill_after_it():
    outbox = Outbox(FlowPolicy(), random.Random(3).random)
    outbox.open_road(0, 0.0)
    sent = outbox.offer(Lane.LIVE, [(seq, 1000) for seq in range(1, 60)], 0.0)
    for seq in sent:
        outbox.acknowledged(seq, 0.1)
    outbox.answered([(1, 1)], newest_seq=500, now=100.0)
    assert outbox.span(Lane.BACKFILL) is None  # 58 of its 48 are taken
    assert len(outbox.offer(Lane.LIVE, [(600 + n, 1000) for n in range(30)], 100.0)) == 6
    assert outbox.bytes_in_doubt == 64_000
