from hypothesis import given
from hypothesis import strategies as st

from meterproof_core.backoff import CAP_S, Backoff


def test_without_a_failure_a_try_is_due_at_once():
    assert Backoff().wait_s(now_s=100.0) == 0


def test_the_wait_doubles_with_every_failure():
    backoff = Backoff(first_s=0.5, chance=lambda: 1.0)
    waits = []
    for _ in range(4):
        backoff.failed(now_s=0.0)
        waits.append(backoff.wait_s(now_s=0.0))
    assert waits == [0.5, 1.0, 2.0, 4.0]


def test_the_first_failures_may_be_free():
    backoff = Backoff(free=2, chance=lambda: 1.0)
    waits = []
    for _ in range(3):
        backoff.failed(now_s=0.0)
        waits.append(backoff.wait_s(now_s=0.0))
    assert waits == [0.0, 0.0, 0.5]


def test_a_success_forgets_the_failures():
    backoff = Backoff(chance=lambda: 1.0)
    for _ in range(9):
        backoff.failed(now_s=0.0)
    backoff.succeeded()
    assert backoff.wait_s(now_s=0.0) == 0
    backoff.failed(now_s=0.0)
    assert backoff.wait_s(now_s=0.0) == 0.5


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_no_wait_passes_the_cap_and_jitter_takes_at_most_half(failures, chance):
    backoff = Backoff(first_s=0.5, chance=lambda: chance)
    for _ in range(failures):
        backoff.failed(now_s=0.0)
    full = min(0.5 * 2.0 ** min(failures - 1, 16), CAP_S)
    assert full / 2 <= backoff.wait_s(now_s=0.0) <= full <= CAP_S


def test_a_lower_cap_is_never_passed_however_often_it_fails():
    backoff = Backoff(cap_s=2.0, chance=lambda: 0.999)
    for _ in range(40):
        backoff.failed(100.0)
    assert 1.0 < backoff.wait_s(100.0) <= 2.0
