"""A meter that shows finished intervals: whatever comes late, the books are those of all readings at once."""

import numpy as np
import pytest
from book_worlds import NAME, PLANT, POINT, Series, World, rows_of

from meterproof_collector.ledger import counting, point_reader, sight
from meterproof_core.wire import CounterKind, CounterSpec, Meters, PointConfig
from meterproof_mv.ledger import IntervalMeter, finished_intervals

MINUTE = 60_000
SHAPES = ((10, 3), (15, 4), (60, 7), (30, 1), (7, 2))
"""Length of the meter's interval and how often it is read [min]."""


def series_of_intervals(draw, length_ms, poll_ms):
    size = int(draw.integers(80, 500))
    t_ms = 1_600_000_000_000 + np.arange(size) * poll_ms + draw.integers(0, poll_ms // 3, size)
    amount = draw.integers(0, 4000, 10_000)
    register = amount[(t_ms // length_ms) % len(amount)]
    for at in draw.integers(0, size, 4):
        register[at] = draw.integers(0, 9000)
    kept = np.ones(size, bool)
    for at in draw.integers(0, size, 3):
        kept[at : at + int(draw.integers(1, 30))] = False
    return Series(t_ms[kept], register[kept], np.zeros(int(kept.sum()), bool))


def played(seed):
    draw = np.random.default_rng(seed)
    length, poll = SHAPES[seed % len(SHAPES)]
    spec = CounterSpec("u32", 0.001, None, 1.0, 200.0, kind=CounterKind.INTERVAL, interval_ms=length * MINUTE)
    series = series_of_intervals(draw, length * MINUTE, poll * MINUTE)
    world = World()
    world.configurations.add(PLANT, Meters(1, "c2", [PointConfig(POINT, "m", 1, 1000, [NAME], {NAME: spec})]))
    parts = [rows for rows in np.array_split(np.arange(len(series)), int(draw.integers(3, 40))) if len(rows)]
    if seed % 2:
        draw.shuffle(parts)
    else:
        parts.append(parts.pop(int(draw.integers(len(parts)))))
    for rows in parts:
        world.arrive(series[rows], config="c2")
    meter = IntervalMeter(scale=0.001, interval_ms=length * MINUTE, resolution=1.0, max_rate_per_h=200.0)
    return world, finished_intervals(series.t_ms, series.register, ~series.bad, meter=meter)


@pytest.mark.parametrize("seed", range(120))
def test_late_parts_leave_the_books_as_if_they_had_come_in_time(seed):
    world, result = played(seed)
    assert world.rows() == rows_of(result)
    assert [d[:2] for d in world.decisions()] == sorted((event.code, event.t_ms) for event in result.events)


@pytest.mark.parametrize("seed", range(120))
def test_however_little_is_seen_at_a_time(seed, monkeypatch):
    for module in (sight, point_reader):
        monkeypatch.setattr(module, "NEIGHBOURS", 8)
    monkeypatch.setattr(sight, "_SPARE", 4)
    monkeypatch.setattr(point_reader, "PART_MS", 3 * 3_600_000)
    monkeypatch.setattr(point_reader, "_ROWS", 30)
    monkeypatch.setattr(counting, "_MOST_ROWS", 90)
    world, result = played(seed)
    assert world.rows() == rows_of(result)


def test_there_are_intervals_and_spans_to_compare():
    kinds = {row[5] for seed in range(10) for row in played(seed)[0].rows()}
    assert kinds == {False, True}
