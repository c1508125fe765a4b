import logging
import sqlite3
import threading
from pathlib import Path

import pytest
from spooling import everything, fill, group, open_roomy, sound

from meterproof_core.errors import SettingsError, StoreError, WireError
from meterproof_core.names import is_id
from meterproof_core.wire import ClockState, Group, LostRange, MessageKind, decode
from meterproof_edge.spool import Spool


@pytest.fixture
def path(tmp_path):
    return tmp_path / "spool.db"


@pytest.fixture
def spool(path):
    spool = open_roomy(path)
    yield spool
    spool.close()


def test_a_new_spool_is_empty_and_has_a_stream(spool):
    counts = spool.counts()
    assert (counts.waiting, counts.set_aside, counts.bytes, counts.newest_seq) == (0, 0, 0, 0)
    assert is_id(spool.stream)
    assert spool.cursors() == {}
    assert everything(spool) == []
    assert spool.append([], config="c", clock_state=ClockState.SYNCED) == []


def test_two_spools_have_two_streams(tmp_path):
    a, b = open_roomy(tmp_path / "a.db"), open_roomy(tmp_path / "b.db")
    assert a.stream != b.stream
    a.close()
    b.close()


def test_what_was_appended_comes_back_as_the_wire_wants_it(spool):
    given = [[group(1000), group(1000, point="mill")], [group(20_000)]]
    numbers = spool.append(given, config="abc", clock_state=ClockState.HOLDOVER)
    batches = [sound(message) for message in spool.waiting()]
    assert numbers == [1, 2]
    assert [batch.groups for batch in batches] == given
    assert {(batch.stream, batch.config, batch.clock) for batch in batches} == {
        (spool.stream, "abc", ClockState.HOLDOVER)
    }


def test_the_cursor_of_a_point_is_its_last_instant_and_never_goes_back(spool):
    spool.append([[group(50_000, 2), group(1000, 3, point="mill")]], config="c", clock_state=ClockState.SYNCED)
    spool.append([[group(1000, 1)]], config="c", clock_state=ClockState.SYNCED)
    assert spool.cursors() == {"furnace": 51_000, "mill": 3000}


def test_a_cursor_of_a_clock_that_was_far_ahead_falls_with_the_next_sample(spool):
    ten_years_ms = 3650 * 24 * 3_600_000
    ahead, after = group(ten_years_ms, 1), group(2000, 2)
    spool.append([[group(1000, 1)], [ahead], [after]], config="c", clock_state=ClockState.SYNCED)
    assert spool.cursors() == {"furnace": 3000}


def test_stream_numbers_cursors_and_counts_outlive_the_process(path):
    spool = open_roomy(path)
    fill(spool, 3)
    spool.set_aside(2)
    stream, counts, cursors = spool.stream, spool.counts(), spool.cursors()
    spool.close()
    again = open_roomy(path)
    assert (again.stream, again.counts(), again.cursors()) == (stream, counts, cursors)
    assert [message.seq for message in everything(again)] == [1, 3]
    again.close()


def test_a_number_never_comes_twice_even_when_all_was_deleted(path):
    spool = open_roomy(path)
    fill(spool, 3)
    assert spool.delete([(1, 3)]) == 3
    spool.close()
    again = open_roomy(path)
    assert fill(again, 1) == [4]
    again.close()


def test_waiting_gives_a_range_oldest_first_and_no_more_than_asked(spool):
    fill(spool, 9)
    assert [message.seq for message in spool.waiting(after=2, until=8, limit=3)] == [3, 4, 5]
    assert [message.seq for message in spool.waiting(after=7, until=8)] == [8]


def test_a_receipt_deletes_its_ranges_both_ends_included_and_nothing_else(spool):
    fill(spool, 6)
    before = spool.counts().bytes
    assert spool.delete([(1, 2), (5, 5), (5, 5), (40, 2**70), (-(2**70), 0)]) == 3
    assert [message.seq for message in everything(spool)] == [3, 4, 6]
    counts = spool.counts()
    assert counts.waiting == 3
    assert 0 < counts.bytes < before


def test_bytes_come_back_to_zero_when_all_is_deleted(spool):
    fill(spool, 5)
    spool.set_aside(4)
    spool.delete([(1, 5)])
    counts = spool.counts()
    assert (counts.waiting, counts.set_aside, counts.bytes) == (0, 0, 0)


def test_what_is_set_aside_is_kept_and_waits_again_on_request(spool):
    fill(spool, 3)
    spool.set_aside(2)
    spool.set_aside(2)
    spool.set_aside(99)
    assert [message.seq for message in everything(spool)] == [1, 3]
    assert (spool.counts().waiting, spool.counts().set_aside) == (2, 1)
    assert sound(spool.read(2)).seq == 2
    assert spool.retry_set_aside() == 1
    assert [message.seq for message in everything(spool)] == [1, 2, 3]
    assert (spool.counts().waiting, spool.counts().set_aside) == (3, 0)


def test_reading_what_is_gone_gives_none(spool):
    assert spool.read(1) is None


def test_a_loss_travels_through_the_spool_with_a_number_of_the_stream(spool):
    fill(spool, 1)
    assert spool.emit_losses() is None
    spool.record_losses([LostRange("mill", 500, 900, 3, "reboot"), LostRange("mill", 100, 200, 2, "reboot")])
    assert spool.emit_losses() == 2
    message = spool.read(2)
    loss = decode(message.kind, message.payload)
    assert message.kind is MessageKind.LOSS
    assert (loss.stream, loss.seq, loss.lost) == (spool.stream, 2, [LostRange("mill", 100, 900, 5, "reboot")])


def test_losses_wait_in_their_ledger_while_an_earlier_message_waits(spool):
    spool.record_losses([LostRange("mill", 1, 2, 1, "reboot")])
    assert spool.emit_losses() == 1
    spool.record_losses([LostRange("mill", 3, 4, 1, "reboot")])
    assert spool.emit_losses() is None
    spool.delete([(1, 1)])
    assert spool.emit_losses() == 2


def test_many_losses_are_told_in_messages_that_the_wire_accepts(spool):
    spool.record_losses(LostRange(f"{n:064}", 2**41, 2**41 + 1, 2**20, "x" * 60) for n in range(450))
    told = []
    while (seq := spool.emit_losses()) is not None:
        message = spool.read(seq)
        told += decode(message.kind, message.payload).lost
        spool.delete([(seq, seq)])
    assert len(told) == len({one.point for one in told}) == 450


def test_a_batch_that_the_wire_would_refuse_is_refused_whole(spool):
    fill(spool, 1)
    before = spool.counts()
    with pytest.raises(WireError, match="at most 65536"):
        spool.append([[group(90_000)], [group(100_000, 5000)]], config="c", clock_state=ClockState.SYNCED)
    assert spool.counts() == before
    assert spool.cursors() == {"furnace": 10_000}
    assert [message.seq for message in everything(spool)] == [1]
    assert fill(spool, 1, start_ms=90_000) == [2]


def test_it_is_written_through_to_the_disk_at_each_commit(path):
    spool = open_roomy(path)
    connection = spool._file._connection
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    spool.close()


def test_several_threads_may_append_while_another_deletes(spool):
    def append(point: str) -> None:
        for index in range(50):
            spool.append([[group(1000 + 20_000 * index, point=point)]], config="c", clock_state=ClockState.SYNCED)

    threads = [threading.Thread(target=append, args=(f"p{n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    gone = 0
    while gone < 150:
        gone += spool.delete([(message.seq, message.seq) for message in spool.waiting(limit=7)])
    for thread in threads:
        thread.join()
    assert spool.counts().newest_seq == 150
    assert spool.counts().bytes == 0


def test_a_full_disk_is_told_and_leaves_the_spool_as_it_was(spool):
    fill(spool, 2)
    before = spool.counts()
    pages = spool._file.rows("PRAGMA page_count")[0][0]
    spool._file.rows(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StoreError, match="see that the disk is sound and has room"):
        spool.append([[group(90_000, 500)]], config="c", clock_state=ClockState.SYNCED)
    assert spool.counts() == before
    spool._file.rows("PRAGMA max_page_count=100000")
    assert fill(spool, 1, start_ms=90_000) == [3]


def test_a_spool_is_held_by_one_at_a_time(spool, path):
    with pytest.raises(SettingsError, match="in use by another process"):
        open_roomy(path)


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("", "is a folder; name a file"),
        ("missing/spool.db", "does not exist; make it first"),
    ],
)
def test_a_path_that_cannot_hold_a_spool_says_so(tmp_path, where, says):
    with pytest.raises(SettingsError, match=says):
        open_roomy(tmp_path / where)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that nobody can write to")
def test_a_folder_that_cannot_be_written_says_so():
    with pytest.raises(SettingsError, match="name a file that can be written"):
        open_roomy(Path("/proc/self/spool.db"))


def test_a_bound_that_is_too_small_says_what_is_accepted(path):
    with pytest.raises(SettingsError, match="max_bytes 5 is too small; use 1048576 or more"):
        Spool(path, max_bytes=5)


def test_another_programs_database_is_left_alone(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE accounts (name)")
    other.close()
    content = path.read_bytes()
    with pytest.raises(SettingsError, match="another program's database"):
        open_roomy(path)
    assert path.read_bytes()[100:] == content[100:]  # the header says WAL now, the content is untouched


def test_a_spool_of_a_later_version_is_left_alone(path):
    open_roomy(path).close()
    with sqlite3.connect(path) as later:
        later.execute("PRAGMA user_version=9")
    later.close()
    with pytest.raises(SettingsError, match="version 9; this program reads version 2"):
        open_roomy(path)


@pytest.mark.parametrize("damage", ["no database at all", "a page overwritten"])
def test_a_damaged_file_is_moved_aside_and_a_new_stream_begins(path, caplog, damage):
    spool = open_roomy(path)
    fill(spool, 200)
    stream = spool.stream
    spool.close()
    content = bytearray(path.read_bytes())
    if damage == "no database at all":
        content = bytearray(b"not a database" * 100)
    else:
        content[4096:8192] = b"\xff" * 4096
    path.write_bytes(content)
    with caplog.at_level(logging.ERROR):
        again = open_roomy(path)
    assert again.stream != stream
    saved = 0 if damage == "no database at all" else 200  # the page held the stream, not the batches
    assert [sound(message).stream for message in everything(again)] == [again.stream] * saved
    assert fill(again, 1) == [saved + 1]
    assert path.with_name("spool.db.corrupt-1").read_bytes() == bytes(content)
    assert "is damaged" in caplog.text
    assert "spool.db.corrupt-1" in caplog.text
    again.close()


def test_each_damaged_file_gets_a_name_of_its_own(path):
    for _ in range(2):
        path.write_bytes(b"x" * 5000)
        path.with_name("spool.db-wal").write_bytes(b"y")
        open_roomy(path).close()
    names = sorted(found.name for found in path.parent.iterdir() if "corrupt" in found.name)
    assert names == ["spool.db.corrupt-1", "spool.db.corrupt-2"]


def test_a_raw_register_of_several_parts_keeps_its_form(spool):
    composite = Group("water", ["volume_m3"], [1000], [[3.25]], {"volume_m3": [[3, 250_000]]})
    spool.append([[composite]], config="c", clock_state=ClockState.SYNCED)
    assert sound(spool.read(1)).groups == [composite]
