"""Whatever a register does and however late a part of its readings comes, the books are those of all readings at once.

The seeds named first are those on which the books went wrong before they looked beyond a window's end: one late part
turned a rollover or a replacement behind it into something else.
"""

import numpy as np
import pytest
from book_worlds import KINDS, World, rows_of, series_of

WENT_WRONG = (1494, 2214, 2939, 3170, 3180, 4235, 5263, 6235, 6799, 6845, 6900, 7870)


@pytest.mark.parametrize("seed", [*WENT_WRONG, *range(60)])
def test_one_late_part_leaves_the_books_as_if_it_had_come_in_time(seed):
    draw = np.random.default_rng(seed)
    series = series_of(draw, KINDS[seed % len(KINDS)])
    parts = [part for part in np.array_split(np.arange(len(series)), int(draw.integers(10, 60))) if len(part)]
    late = parts.pop(int(draw.integers(1, len(parts))))
    world = World()
    for part in [*parts, late]:
        world.arrive(series[part])
    assert world.rows() == rows_of(series.at_once())
