"""What an archive holds beyond its journal, the ledger takes up with the next readings after a restore."""

import numpy as np
import pytest
from archiving import archived, in_memory, restored
from book_worlds import World, rows_of, series_of

from meterproof_core.memory import MemoryJournal


@pytest.mark.parametrize("seed", range(8))
def test_readings_that_came_during_a_backup_are_in_the_books_after_the_next_ones(seed, tmp_path):
    series = series_of(np.random.default_rng(seed), (("roll",), ("reset", "glitch"))[seed % 2], 120)
    before, during, after = (series[rows] for rows in (slice(0, 60), slice(60, 90), slice(90, None)))
    source = World()
    source.arrive(before)
    known = source.journal
    source.journal = MemoryJournal()  # the batch is stored; its arrival comes too late for the archive
    source.store(during)
    source.journal = known
    archived(source, tmp_path / "a.zip")
    copy = in_memory()
    restored(tmp_path / "a.zip", copy)
    world = World(copy.readings, copy.intervals, copy.journal)
    assert world.rows() != rows_of(series.at_once())
    world.arrive(after)
    assert world.rows() == rows_of(series.at_once())
