"""The inbox holds so much and no more, and drops nothing."""

import threading

import pytest

from meterproof_collector.messages.intake import Delivered
from meterproof_collector.road.inbox import Inbox


def message(size=10, name="t"):
    return Delivered(name, b"x" * size)


def test_messages_come_out_in_the_order_they_went_in():
    inbox = Inbox(10, 1000)
    for name in "abc":
        assert inbox.put(message(name=name))
    assert [inbox.take().topic for _ in range(3)] == ["a", "b", "c"]


@pytest.mark.parametrize(("most_messages", "most_bytes"), [(2, 10_000), (100, 25)])
def test_a_full_inbox_makes_the_giver_wait_until_something_is_done_with(most_messages, most_bytes):
    inbox = Inbox(most_messages, most_bytes)
    inbox.put(message())
    inbox.put(message())
    passed = threading.Event()
    giver = threading.Thread(target=lambda: (inbox.put(message(name="third")), passed.set()))
    giver.start()
    inbox.take()
    assert not passed.wait(0.05), "what was taken out is not done with"
    inbox.release(1, 10)
    assert passed.wait(10)
    giver.join()
    assert inbox.held == (2, 20)


def test_a_message_longer_than_the_bound_still_passes_alone():
    inbox = Inbox(10, 5)
    assert inbox.put(message(1000))
    assert inbox.held == (1, 1000)


def test_who_waits_at_a_closed_inbox_is_sent_away_and_what_is_in_it_comes_out():
    inbox = Inbox(1, 1000)
    inbox.put(message(name="in"))
    answers = []
    giver = threading.Thread(target=lambda: answers.append(inbox.put(message())))
    giver.start()
    inbox.close()
    giver.join(10)
    assert answers == [False]
    assert (inbox.put(message()), inbox.take().topic, inbox.take()) == (False, "in", None)


def test_nothing_within_the_time_is_none():
    assert Inbox(1, 1).take(0.0) is None
