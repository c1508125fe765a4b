"""A power cut may leave any part of the log: what is read afterwards is whole, in order, and never made up."""

import random
import shutil
from itertools import accumulate
from pathlib import Path

import pytest
from spooling import everything, fill, open_roomy, sound

from meterproof_edge.spool import Spool

_ROUNDS = 120


def as_power_left_it(path: Path, to: Path, log: bytes) -> Path:
    """Copy the file beside a log of our choice; the copy is what a process finds that was killed without clean-up."""
    copy = to / "spool.db"
    shutil.copy(path, copy)
    copy.with_name("spool.db-wal").write_bytes(log)
    return copy


def check_whole(spool: Spool, rows: list[int]) -> int:
    """Check that what is there is a prefix of what was appended, with its cursor; return its length."""
    batches = [sound(message) for message in everything(spool)]
    assert [batch.seq for batch in batches] == list(range(1, len(batches) + 1))
    assert [len(batch.groups[0].t) for batch in batches] == rows[: len(batches)]
    last = {"furnace": batches[-1].groups[0].t[-1]} if batches else {}
    assert spool.cursors() == last
    assert spool.counts().newest_seq == len(batches)
    return len(batches)


@pytest.fixture
def filled(tmp_path):
    """Give a spool of many commits whose log was never folded back into the file, and the rows of each."""
    spool = open_roomy(tmp_path / "spool.db")
    draw = random.Random(7)
    rows = [draw.randint(1, 60) for _ in range(40)]
    for start, count in zip(accumulate([1000, *rows], lambda at, n: at + 1000 * n), rows, strict=False):
        fill(spool, 1, rows=count, start_ms=start)
    yield tmp_path / "spool.db", rows
    spool.close()


def test_a_log_cut_at_any_byte_gives_whole_batches_in_order(filled, tmp_path):
    path, rows = filled
    log = path.with_name("spool.db-wal").read_bytes()
    draw = random.Random(11)
    cuts = [0, 1, 31, 32, 33, len(log) - 1, len(log), *(draw.randrange(len(log)) for _ in range(_ROUNDS))]
    lengths = {}
    for cut in cuts:
        folder = tmp_path / f"cut-{len(lengths)}-{cut}"
        folder.mkdir()
        spool = open_roomy(as_power_left_it(path, folder, log[:cut]))
        lengths[cut] = check_whole(spool, rows)
        assert spool.append([], config="c", clock_state="synced") == []
        assert fill(spool, 1, start_ms=10**9) == [lengths[cut] + 1]
        spool.close()
    assert lengths[len(log)] == len(rows)
    assert [lengths[cut] for cut in sorted(lengths)] == sorted(lengths.values())
    assert len(set(lengths.values())) > 10


def test_a_log_whose_tail_is_rubbish_gives_whole_batches_in_order(filled, tmp_path):
    path, rows = filled
    log = path.with_name("spool.db-wal").read_bytes()
    draw = random.Random(13)
    found = set()
    for round_ in range(_ROUNDS // 2):
        at = draw.randrange(32, len(log))
        folder = tmp_path / f"rubbish-{round_}"
        folder.mkdir()
        spool = open_roomy(as_power_left_it(path, folder, log[:at] + draw.randbytes(len(log) - at)))
        found.add(check_whole(spool, rows))
        spool.close()
    assert len(found) > 10


def test_a_log_that_was_folded_back_before_loses_only_its_own_tail(tmp_path):
    path = tmp_path / "spool.db"
    spool = open_roomy(path)
    fill(spool, 30)
    spool._file.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    fill(spool, 10, start_ms=301_000)
    log = path.with_name("spool.db-wal").read_bytes()
    draw = random.Random(17)
    for round_ in range(_ROUNDS // 4):
        folder = tmp_path / f"folded-{round_}"
        folder.mkdir()
        again = open_roomy(as_power_left_it(path, folder, log[: draw.randrange(len(log))]))
        assert check_whole(again, [10] * 40) >= 30
        again.close()
    spool.close()
