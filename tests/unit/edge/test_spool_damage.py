"""A spool whose bytes were altered on disk: nothing is sent that was not put in, and what is gone is told."""

import logging
import random
import shutil
import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from spooling import ROOMY, everything, fill, group, open_roomy, sound

from meterproof_core.errors import SettingsError
from meterproof_core.wire import ClockState, LostRange, MessageKind, decode
from meterproof_edge.spool import Spool
from meterproof_edge.spool.soundness import DAMAGED, NAMELESS, Spooled, checksum, losses_of, readable
from meterproof_edge.spool.soundness import sound as as_put_in

_ROUNDS = 50
_BATCHES = 60


@pytest.fixture
def filled(tmp_path):
    """Give a closed spool of many batches of which some were answered, and the groups that wait in it."""
    path = tmp_path / "spool.db"
    spool = open_roomy(path)
    fill(spool, _BATCHES, rows=20)
    spool.delete([(1, 9), (31, 35)])
    spool.record_losses([LostRange("furnace", 1, 2, 3, "spool full")])
    assert spool.emit_losses() is not None
    groups = [sound(message).groups for message in everything(spool) if message.kind is MessageKind.READINGS]
    spool.close()
    return path, groups


def open_as_it_is(path):
    """Open a spool as the agent does at its start; None when it refuses, which moves and deletes nothing."""
    before = path.read_bytes()
    try:
        return open_roomy(path)
    except SettingsError:
        assert path.read_bytes()[100:] == before[100:]
        return None


def check_nothing_made_up(spool, groups):
    """Check that all that would be sent decodes, makes sense and was put in; return how many batches that is."""
    found = 0
    for message in everything(spool):
        if message.kind is MessageKind.READINGS:
            batch = sound(message)
            assert batch.stream == spool.stream
            assert batch.groups in groups
            found += 1
    return found


def told_losses(spool):
    """Return what the loss ledger says."""
    while any(message.kind is MessageKind.LOSS for message in everything(spool)):
        message = next(message for message in everything(spool) if message.kind is MessageKind.LOSS)
        yield from decode(MessageKind.LOSS, message.payload).lost
        spool.delete([(message.seq, message.seq)])
        spool.emit_losses()


def damaged(path, to, alter):
    folder = to
    folder.mkdir()
    copy = Path(shutil.copy(path, folder / "spool.db"))
    content = bytearray(copy.read_bytes())
    content = alter(content) or content
    copy.write_bytes(content)
    return copy


def flip(draw, bytes_altered):
    def alter(content):
        for _ in range(bytes_altered):
            content[draw.randrange(len(content))] = draw.randrange(256)

    return alter


@pytest.mark.parametrize("bytes_altered", [1, 8, 200])
def test_bytes_altered_anywhere_never_make_a_batch_that_was_not_put_in(filled, tmp_path, bytes_altered):
    path, groups = filled
    draw = random.Random(bytes_altered)
    ends = Counter()
    for round_ in range(_ROUNDS):
        copy = damaged(path, tmp_path / f"{bytes_altered}-{round_}", flip(draw, bytes_altered))
        spool = open_as_it_is(copy)
        if spool is None:
            ends["refused"] += 1
            continue
        found = check_nothing_made_up(spool, groups)
        spool.emit_losses()
        lost = list(told_losses(spool))
        if found < len(groups):
            assert [one for one in lost if one.reason.startswith("spool damaged")]
        ends["whole" if found == len(groups) else "part of it"] += 1
        assert fill(spool, 1, start_ms=10**9)
        spool.close()
    assert ends["whole"] + ends["part of it"] >= 0.95 * _ROUNDS, ends
    assert ends["part of it"] > 5, ends


def test_a_file_cut_at_any_byte_gives_only_what_was_put_in(filled, tmp_path):
    path, groups = filled
    size = path.stat().st_size
    draw = random.Random(29)
    cuts = [1, 15, 16, 99, 100, 4095, 4096, size - 1, *(draw.randrange(1, size) for _ in range(_ROUNDS))]
    for round_, cut in enumerate(cuts):
        copy = damaged(path, tmp_path / f"cut-{round_}", lambda content, cut=cut: content[:cut])
        spool = open_as_it_is(copy)
        assert spool is not None, cut
        found = check_nothing_made_up(spool, groups)
        spool.emit_losses()
        lost = list(told_losses(spool))
        assert found == len(groups) or [one for one in lost if one.reason.startswith("spool damaged")], cut
        spool.close()


def test_a_damaged_file_is_kept_and_a_message_says_so_with_what_was_saved(filled, caplog):
    path, groups = filled
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"\xff" * 4096  # the page of the stream's own table
    path.write_bytes(content)
    with caplog.at_level(logging.ERROR):
        spool = open_roomy(path)
    assert check_nothing_made_up(spool, groups) == len(groups)
    assert path.with_name("spool.db.corrupt-1").read_bytes() == bytes(content)
    assert spool.emit_losses() is not None
    lost = {one.point: one for one in told_losses(spool)}
    assert lost["furnace"] == LostRange("furnace", 1, 2, 3, "spool full")  # the ledger of losses moved over as well
    assert "kept as spool.db.corrupt-1, 47 messages saved from it" in lost[NAMELESS].reason
    assert lost[NAMELESS].first_ms > 1_500_000_000_000
    assert spool.cursors() == {"furnace": groups[-1][0].t[-1]}
    spool.close()


def altered_row(path, seq, **columns):
    with sqlite3.connect(path) as other:
        for name, value in columns.items():
            other.execute(f"UPDATE batch SET {name} = ? WHERE seq = ?", (value, seq))
    other.close()


def payload_of(path, seq):
    with sqlite3.connect(path) as other:
        (payload,) = other.execute("SELECT payload FROM batch WHERE seq = ?", (seq,)).fetchone()
    other.close()
    return payload


def test_a_message_with_one_digit_changed_is_not_sent_and_its_samples_are_named_as_lost(filled, caplog):
    path, groups = filled
    payload = payload_of(path, 20)
    altered_row(path, 20, payload=payload.replace(b'"values":[[', b'"values":[[9', 1))
    spool = open_roomy(path)
    assert spool.read(20) is None
    assert 20 not in [message.seq for message in everything(spool)]
    assert check_nothing_made_up(spool, groups) == len(groups) - 1
    assert spool.counts().waiting == len(groups)  # one batch less, one message of losses
    assert "message 20 of spool" in caplog.text
    spool.delete([(_BATCHES + 1, _BATCHES + 1)])
    assert spool.emit_losses() is not None
    t = decode(MessageKind.READINGS, payload).groups[0].t
    assert list(told_losses(spool)) == [LostRange("furnace", t[0], t[-1], len(t), DAMAGED)]
    spool.close()


@pytest.mark.parametrize(
    "columns",
    [{"kind": "rubbish"}, {"kind": "loss"}, {"payload": "text"}, {"payload": 5}, {"crc": None}, {"payload": b""}],
    ids=str,
)
def test_a_row_of_rubbish_is_given_up_when_it_is_looked_at(filled, columns):
    path, groups = filled
    altered_row(path, 20, **columns)
    spool = open_roomy(path)
    assert check_nothing_made_up(spool, groups) == len(groups) - 1
    assert spool.read(20) is None
    spool.close()


def test_at_the_bound_a_damaged_message_does_not_stop_those_that_come(tmp_path):
    path = tmp_path / "spool.db"
    spool = Spool(path, max_bytes=1 << 20)
    fill(spool, 100, rows=200)
    spool.close()
    for seq in (1, 2, 3):
        altered_row(path, seq, payload=payload_of(path, seq).replace(b"furnace", b"f\xffrnace"))
    altered_row(path, 2, gauges=0)
    spool = Spool(path, max_bytes=1 << 20)
    while spool.read(20) is not None:
        spool.append(
            [[group(10**7 + 10**6 * spool.counts().newest_seq, 200)]], config="c", clock_state=ClockState.SYNCED
        )
    assert spool.counts().bytes <= 1 << 20
    assert spool.emit_losses() is not None
    assert NAMELESS in {one.point for one in told_losses(spool)}
    spool.close()


@pytest.mark.parametrize(
    "alter",
    [
        "UPDATE meta SET next_seq = 3",
        "UPDATE meta SET stream = 'another'",
        "UPDATE meta SET next_seq = 3, again = stream || ' 3'",
        "DELETE FROM meta",
        "PRAGMA application_id = 7",
        "UPDATE meta SET again = NULL",
    ],
)
def test_numbers_and_names_that_were_altered_begin_a_new_stream_with_all_that_waits(filled, alter):
    path, groups = filled
    stream = open_roomy(path)
    old = stream.stream
    stream.close()
    with sqlite3.connect(path) as other:
        other.execute(alter)
    other.close()
    spool = open_roomy(path)
    assert spool.stream not in {old, "another"}
    assert check_nothing_made_up(spool, groups) == len(groups)
    spool.close()


def test_a_state_that_nobody_knows_waits_again(filled):
    path, groups = filled
    altered_row(path, 20, state=77)
    spool = open_roomy(path)
    assert check_nothing_made_up(spool, groups) == len(groups)
    spool.close()


def test_a_spool_of_the_first_version_gets_its_checksums_and_loses_nothing(filled):
    path, groups = filled
    with sqlite3.connect(path) as old:
        old.execute("ALTER TABLE batch DROP COLUMN crc")
        old.execute("ALTER TABLE meta DROP COLUMN again")
        old.execute("PRAGMA user_version=1")
    old.close()
    for _ in range(2):
        spool = open_roomy(path)
        assert check_nothing_made_up(spool, groups) == len(groups)
        spool.close()
    altered_row(path, 20, payload=payload_of(path, 20)[:-5])
    spool = open_roomy(path)
    assert check_nothing_made_up(spool, groups) == len(groups) - 1
    spool.close()


def test_the_log_of_a_damaged_file_goes_with_it_and_is_read_as_well(tmp_path):
    path = tmp_path / "spool.db"
    spool = open_roomy(path)
    fill(spool, 20)
    shutil.copytree(tmp_path, tmp_path.with_name("copy"))
    spool.close()
    copy = tmp_path.with_name("copy") / "spool.db"
    with sqlite3.connect(copy) as other:
        other.execute("UPDATE meta SET stream = 'another'")
        shutil.copytree(copy.parent, tmp_path.with_name("again"))
    again = tmp_path.with_name("again") / "spool.db"
    assert again.with_name("spool.db-wal").stat().st_size > 0
    spool = open_roomy(again)
    assert len(everything(spool)) == 20
    spool.close()


def test_a_message_is_sound_only_with_its_own_number_and_kind():
    crc = checksum(7, "readings", b"x")
    assert as_put_in(7, "readings", b"x", crc) == Spooled(7, MessageKind.READINGS, b"x")
    for other in (
        (8, "readings", b"x", crc),
        (7, "loss", b"x", crc),
        (7, "readings", b"y", crc),
        (7, "readings", b"x", 0),
    ):
        assert as_put_in(*other) is None


def test_what_makes_no_sense_is_not_taken_over_and_its_loss_has_no_name():
    assert readable(Spooled(1, MessageKind.READINGS, b"{}")) is None
    assert losses_of(b"{}") == losses_of(None) == [LostRange(NAMELESS, 0, 0, 0, DAMAGED)]
    assert ROOMY
