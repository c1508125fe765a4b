"""What goes into an archive comes out of it, in whichever store."""

import dataclasses

import pytest
from archiving import KEY, QUARTER_MS, archived, arrival, filled, in_memory, restored
from contract.readings_samples import KW, KWH, group, plain, query
from contract.test_intervals_contract import plain as plain_intervals
from contract.test_journal_contract import entries as any_entries
from contract.test_readings_against_the_fake import NAMES, writes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meterproof_core.errors import SettingsError
from meterproof_core.memory import interval_columns
from meterproof_core.storage import EntryKind, JournalEntry
from meterproof_store.archive import Archive
from meterproof_store.duckdb_store import open_duckdb

ALL = list(EntryKind)


def on_duckdb():
    return open_duckdb(":memory:")


@pytest.fixture(params=[in_memory, on_duckdb])
def opener(request):
    return request.param


def everything(store):
    """Return all that a store answers, by value."""
    return {
        "extents": list(store.readings.extents()),
        "readings": [
            plain(store.readings.read(query(-(10**13), 10**13, *NAMES, point=extent.point, plant=extent.plant)))
            for extent in store.readings.extents()
        ],
        "series": list(store.intervals.series()),
        "intervals": [plain_intervals(store.intervals.read(key, 0, 10**15)) for key in store.intervals.series()],
        "journal": list(store.journal.read(ALL)),
    }


def saying(columns):
    """Return what readings say by instant; an instant of which nothing is said is left out."""
    read = plain(columns)
    rows = {
        t: {("raw", name): column[row] for name, column in read["raw"].items() if column[row] is not None}
        | {("value", name): column[row] for name, column in read["values"].items() if column[row] is not None}
        | {("flag", name): said for at, name, *said in read["flags"] if at == row}
        for row, t in enumerate(read["t"])
    }
    batches = zip(read["config"], read["batch"], strict=True)
    return {t: (rows[t], batch) for t, batch in zip(read["t"], batches, strict=True) if rows[t]}


def test_an_empty_store_goes_through_an_archive(opener, tmp_path):
    manifest = archived(opener(), tmp_path / "a.zip")
    assert (manifest.rows, manifest.entries, manifest.cut_ms) == (0, 0, None)
    assert restored(tmp_path / "a.zip", opener()).rows == 0


def test_a_store_is_the_same_after_backup_and_restore(opener, tmp_path):
    source, target = filled(in_memory()), opener()
    archived(source, tmp_path / "a.zip")
    told = restored(tmp_path / "a.zip", target)
    assert everything(target) == everything(source)
    assert dataclasses.asdict(told) == {
        "rows": 7, "values": 8, "aged": 0, "intervals": 7, "intervals_kept": 0, "entries": 5
    }  # fmt: skip


def test_from_store_to_store_and_back_the_checksums_stay(tmp_path):
    first = archived(filled(in_memory()), tmp_path / "1.zip")
    duck, fake = on_duckdb(), in_memory()
    restored(tmp_path / "1.zip", duck)
    second = archived(duck, tmp_path / "2.zip")
    restored(tmp_path / "2.zip", fake)
    third = archived(fake, tmp_path / "3.zip")
    assert first.content == second.content == third.content


def test_a_row_keeps_its_gateway(tmp_path):
    archived(filled(in_memory()), tmp_path / "a.zip")
    duck = on_duckdb()
    restored(tmp_path / "a.zip", duck)
    with duck.database.reading() as cursor:
        gateways = cursor.execute("SELECT DISTINCT stream, gateway FROM sources ORDER BY stream, gateway").fetchall()
    assert gateways == [("s1", "gw1"), ("s2", "gw2")]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=writes(), told=st.lists(any_entries, max_size=8))
def test_whatever_a_store_holds_comes_back(tmp_path_factory, written, told):
    folder = tmp_path_factory.mktemp("any")
    source, duck, fake = in_memory(), on_duckdb(), in_memory()
    for each in written:
        source.readings.write(each)
    source.journal.append(told)
    first = archived(source, folder / "1.zip")
    restored(folder / "1.zip", duck)
    second = archived(duck, folder / "2.zip")
    assert second.content == first.content
    restored(folder / "2.zip", fake)
    for store in (duck, fake):
        assert list(store.journal.read(ALL)) == list(source.journal.read(ALL))
        for extent in source.readings.extents():
            asked = query(0, 99, *NAMES, point=extent.point, plant=extent.plant)
            assert saying(store.readings.read(asked)) == saying(source.readings.read(asked))


def test_the_manifest_counts_what_is_there(tmp_path):
    manifest = archived(filled(in_memory()), tmp_path / "a.zip")
    point = manifest.points[1]
    assert [(p.plant, p.point, p.rows) for p in manifest.points] == [("mill", "water", 1), ("works", "boiler", 6)]
    assert [(q.quantity, q.values, q.raw, q.flags, q.first_ms, q.last_ms) for q in point.quantities] == [
        (KWH, 4, 4, 1, 1000, 5000),
        (KW, 3, 0, 2, 1000, 10**12),
    ]
    assert [(s.plant, s.intervals, s.spans, s.last_ms) for s in manifest.series] == [
        ("mill", 1, 0, QUARTER_MS), ("works", 6, 1, 50 * QUARTER_MS)
    ]  # fmt: skip
    assert {kind.kind: kind.entries for kind in manifest.journal} == {"arrival": 3, "event": 1, "loss": 1}
    assert manifest.cut_ms == 10**12


@pytest.mark.parametrize(
    "change",
    [
        lambda store: store.readings.write([group([1000], {KWH: [1.25]}, raw={KWH: [2**63 - 1]})]),
        lambda store: store.readings.write([group([1000], {KWH: [1.5]}, raw={KWH: [2**63 - 2]})]),
        lambda store: store.readings.write([group([5000], {KWH: [5.0]}, raw={KWH: [5]}, seq=2**63 - 1, stream="s2")]),
        lambda store: store.readings.write([group([1000], {KWH: [1.5]}, q=[(0, KWH, "bad", "x")])]),
        lambda store: store.readings.write([group([1000], {KWH: [1.5]}, seq=9)]),
        lambda store: store.readings.write([group([1000], {KWH: [1.5]}, config="c9")]),
        lambda store: store.intervals.replace(KEY, 0, 1, interval_columns([(0, QUARTER_MS, 0.0, 0.0, 1.5, False)])),
        lambda store: store.intervals.replace(KEY, 0, 1, interval_columns([(0, QUARTER_MS, 0.0, 0.0, 1.0, True)])),
        lambda store: store.journal.append([JournalEntry("z", EntryKind.LOSS, "", 1)]),
    ],
)
def test_any_change_changes_a_checksum(change, tmp_path):
    before = archived(filled(in_memory()), tmp_path / "1.zip")
    store = filled(in_memory())
    change(store)
    assert archived(store, tmp_path / "2.zip").content != before.content


def test_a_store_that_holds_something_is_not_restored_into_unless_told_to(opener, tmp_path):
    archived(filled(in_memory()), tmp_path / "a.zip")
    for fill in (
        lambda store: store.readings.write([group([1], {KW: [1.0]})]),
        lambda store: store.intervals.replace(KEY, 0, 1, interval_columns([(0, 9, 0.0, 0.0, 1.5, False)])),
        lambda store: store.journal.append([JournalEntry("z", EntryKind.LOSS, "", 1)]),
    ):
        store = opener()
        fill(store)
        before = everything(store)
        with pytest.raises(SettingsError, match=r"the store is not empty: it holds .* --into-existing"):
            restored(tmp_path / "a.zip", store)
        assert everything(store) == before


def test_restoring_twice_is_restoring_once(opener, tmp_path):
    archived(filled(in_memory()), tmp_path / "a.zip")
    store = opener()
    first = restored(tmp_path / "a.zip", store)
    before = everything(store)
    assert restored(tmp_path / "a.zip", store, into_existing=True) == first
    assert everything(store) == before


class KilledError(Exception):
    pass


class Counting:
    """Ports that stop for good at a certain write."""

    def __init__(self, store, stop_at):
        self._store, self._left = store, stop_at
        self.readings = self.intervals = self.journal = self

    def __getattr__(self, name):
        raise AttributeError(name)

    def _write(self):
        self._left -= 1
        if self._left < 0:
            raise KilledError

    def extents(self, plant=None):
        return self._store.readings.extents(plant)

    def series(self, plant=None):
        return self._store.intervals.series(plant)

    def read(self, first, *rest, **named):
        if isinstance(first, list | tuple):
            return self._store.journal.read(first, *rest, **named)
        port = self._store.readings if hasattr(first, "neighbours") else self._store.intervals
        return port.read(first, *rest, **named)

    def write(self, groups):
        for each in groups:
            self._write()
            self._store.readings.write([each])

    def replace(self, *given):
        self._write()
        self._store.intervals.replace(*given)

    def append(self, entries):
        self._write()
        self._store.journal.append(entries)


@pytest.mark.parametrize("stop_at", range(8))
def test_a_restore_that_was_cut_off_anywhere_is_made_whole_by_repeating_it(opener, stop_at, tmp_path):
    source = filled(in_memory())
    archived(source, tmp_path / "a.zip")
    store = opener()
    with pytest.raises(KilledError):
        restored(tmp_path / "a.zip", Counting(store, stop_at))
    restored(tmp_path / "a.zip", store, into_existing=True)
    assert everything(store) == everything(source)


def test_uniting_keeps_what_the_store_knows_besides(opener, tmp_path):
    archived(filled(in_memory()), tmp_path / "a.zip")
    store = opener()
    store.readings.write(
        [group([1000, 1500], {"frequency_hz": [50.0, 50.1]}, seq=7), group([1], {KW: [1.0]}, point="p")]
    )
    newer = [(0, QUARTER_MS, 99.0, 0.0, 9.0, False), (60 * QUARTER_MS, 61 * QUARTER_MS, 1.0, 0.0, 1.0, False)]
    store.intervals.replace(KEY, 0, 10**12, interval_columns(newer))
    store.journal.append([arrival(1, at_ms=77), JournalEntry("mine", EntryKind.LOSS, "", 5)])
    told = restored(tmp_path / "a.zip", store, into_existing=True)
    assert (told.intervals, told.intervals_kept) == (6, 1)
    read = plain(store.readings.read(query(0, 10**13, KWH, "frequency_hz")))
    assert read["t"] == [1000, 1500, 2000, 3000, 4000, 5000, 10**12]
    assert read["values"]["frequency_hz"][:2] == [50.0, 50.1]
    assert read["values"][KWH][:1] == [1.5]
    kept = plain_intervals(store.intervals.read(KEY, 0, 10**15))
    assert [kept[0][2], len(kept), kept[-1][0]] == [99.0, 7, 60 * QUARTER_MS]
    journal = {entry.entry_id: entry.at_ms for entry in store.journal.read(ALL)}
    assert (journal["arrival/works/s1/1"], journal["mine"], len(journal)) == (77, 5, 6)


def test_a_long_history_goes_through_in_pieces(tmp_path):
    source, duck = on_duckdb(), on_duckdb()
    count = 70_000
    t = [*range(0, count * 1000, 1000), *range(10**12, 10**12 + 5)]
    source.readings.write([group(t, {KW: [float(n % 977) for n in range(len(t))]})])
    entries = [JournalEntry(f"e{n}", EntryKind.LOSS, "", n // 7) for n in range(25_000)]
    entries += [JournalEntry(f"s{n}", EntryKind.LOSS, "", 10**9) for n in range(12_000)]
    source.journal.append(entries)
    rows = [(n * QUARTER_MS, (n + 1) * QUARTER_MS, 1.0, float(n), n + 1.0, False) for n in range(45_000)]
    source.intervals.replace(KEY, 0, 10**12, interval_columns(rows))
    manifest = archived(source, tmp_path / "a.zip")
    assert (manifest.rows, manifest.entries, manifest.intervals) == (count + 5, 37_000, 45_000)
    with Archive(tmp_path / "a.zip") as archive:
        assert max(len(piece.t) for piece in archive.readings(manifest.points[0])) < 100_000
        assert sum(1 for _ in archive.journal()) > 3
    restored(tmp_path / "a.zip", duck)
    assert list(duck.journal.read(ALL)) == list(source.journal.read(ALL))
    assert archived(duck, tmp_path / "b.zip").content == manifest.content
