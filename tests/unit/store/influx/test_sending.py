"""Bodies are bounded and keep their order; what a server says to them is summed up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterproof_core.errors import StoreAccessError, StoreError, StoreRefusedError, StoreRetentionError
from meterproof_core.faults import NoFaults
from meterproof_store.influx.schema import Policy
from meterproof_store.influx.sending import Sender, bodies
from meterproof_store.influx.transport import Answer

C, G = Policy.COUNTERS, Policy.GAUGES
TOO_OLD = Answer(400, {}, b'{"error":"points beyond retention policy dropped=1"}')
REFUSED = Answer(400, {}, b'{"error":"field type conflict"}')
FULL = Answer(500, {}, b'{"error":"no space left on device"}')
CLOSED = Answer(401, {}, b'{"error":"authorization failed"}')


class Road:
    """Answers as it is told, by what a body holds; keeps what it was sent."""

    def __init__(self, most=10**9, **answers):
        self.most = most
        self.answers = {key.encode(): answer for key, answer in answers.items()}
        self.sent = []

    def post(self, policy, body, precision):
        if len(body) > self.most:
            return Answer(413, {}, b"")
        self.sent.append((policy, body, precision))
        return next((answer for key, answer in self.answers.items() if key in body), Answer(204, {}, b""))


class Counting:
    """Counts the places that are reached."""

    def __init__(self):
        self.reached = []

    def reach(self, point):
        self.reached.append(point)


def send(road, sent, faults=None):
    sender = Sender(road, "db", faults or NoFaults())
    try:
        sender.send(sent)
    finally:
        sender.close()


blocks = st.lists(st.tuples(st.sampled_from([C, G]), st.text("ab", min_size=1, max_size=9)), max_size=20)


@given(blocks, st.integers(1, 30))
def test_bodies_hold_every_block_in_its_order_and_are_closed_in_time(given_blocks, most):
    found = list(bodies(given_blocks, most))
    for policy in Policy:
        parts = [body.decode().split("\n") for of, body in found if of is policy]
        assert [block for part in parts for block in part] == [block for of, block in given_blocks if of is policy]
        assert all(sum(map(len, part[:-1])) < most for part in parts)


def test_nothing_to_send_is_nothing_sent():
    road, faults = Road(), Counting()
    send(road, [], faults)
    assert (road.sent, faults.reached) == ([], [])


@pytest.mark.parametrize(("count", "reached"), [(1, 0), (2, 1), (3, 2)])
def test_the_place_to_kill_lies_between_two_bodies(count, reached):
    road, faults = Road(), Counting()
    send(road, [(C, b"%d" % number) for number in range(count)], faults)
    assert [body for _, body, _ in road.sent] == [b"%d" % number for number in range(count)]
    assert faults.reached == ["store.mid_commit"] * reached


@given(st.lists(st.text("ab", min_size=1, max_size=6), min_size=1, max_size=20), st.integers(6, 40))
def test_a_body_that_is_too_large_comes_in_pieces_that_lose_nothing(lines, most):
    road = Road(most)
    send(road, [(C, "\n".join(lines).encode())])
    assert b"\n".join(body for _, body, _ in road.sent).decode().split("\n") == lines


def test_a_single_line_that_is_too_large_is_refused_and_the_others_are_sent():
    road = Road(4)
    with pytest.raises(StoreRefusedError, match="413"):
        send(road, [(C, b"aa\nbbbbbbbb\ncc")])
    assert [body for _, body, _ in road.sent] == [b"aa", b"cc"]


@pytest.mark.parametrize(
    ("order", "kind"),
    [
        ("r", StoreRefusedError),
        ("o", StoreRetentionError),
        ("or", StoreRefusedError),
        ("ro", StoreRefusedError),
        ("oo", StoreRetentionError),
    ],
)
def test_all_bodies_are_sent_and_the_worst_refusal_is_raised(order, kind):
    road = Road(r=REFUSED, o=TOO_OLD)
    with pytest.raises(StoreRefusedError) as caught:
        send(road, [(C, letter.encode()) for letter in f"g{order}g"])
    assert type(caught.value) is kind
    assert len(road.sent) == len(order) + 2


@pytest.mark.parametrize(("answer", "kind"), [(FULL, StoreError), (CLOSED, StoreAccessError)])
def test_behind_a_server_that_fails_nothing_more_is_sent(answer, kind):
    road = Road(f=answer)
    with pytest.raises(StoreError) as caught:
        send(road, [(C, b"a"), (C, b"f"), (C, b"b"), (C, b"c")])
    assert type(caught.value) is kind
    assert [body for _, body, _ in road.sent] == [b"a", b"f"]


def test_a_block_that_cannot_be_built_waits_for_what_is_under_way():
    def broken():
        yield C, b"a"
        raise StoreRefusedError("no id")

    road = Road()
    with pytest.raises(StoreRefusedError, match="no id"):
        send(road, broken())
    assert [body for _, body, _ in road.sent] == [b"a"]
