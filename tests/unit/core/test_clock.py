"""Clocks stamp in milliseconds since 1970."""

import time

from meterproof_core.clock import ManualClock, SystemClock


def test_the_system_clock_tells_the_machines_time():
    before = time.time_ns()
    told = SystemClock().now_ms()
    after = time.time_ns()
    assert before // 1_000_000 <= told <= after // 1_000_000


def test_a_manual_clock_stands_still_until_it_is_moved_backwards_too():
    clock = ManualClock(1000)
    assert (clock.now_ms(), clock.now_ms()) == (1000, 1000)
    clock.move_to(5000)
    assert clock.now_ms() == 5000
    clock.move_to(10)
    assert clock.now_ms() == 10
