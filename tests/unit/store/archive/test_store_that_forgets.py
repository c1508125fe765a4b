"""A store that does not read back what was written into it is found out, and the first difference is named."""

from dataclasses import replace

import msgspec
import pytest
from archiving import archived, filled, in_memory, restored
from contract.readings_samples import KW, KWH, group

from meterproof_core.errors import DataError
from meterproof_core.storage import EntryKind, JournalEntry, SeriesKey


class Altering:
    """Ports that alter what is written before it is stored."""

    def __init__(self, store, *, groups=None, intervals=None, entries=None):
        def alter(change):
            return (lambda each: each) if change is None else change

        class Readings:
            read, extents = store.readings.read, store.readings.extents

            def write(self, given):
                store.readings.write([kept for each in given if (kept := alter(groups)(each)) is not None])

        class Intervals:
            read, series = store.intervals.read, store.intervals.series

            def replace(self, key, start_ms, end_ms, columns):
                store.intervals.replace(key, start_ms, end_ms, alter(intervals)(columns))

        class Journal:
            read = store.journal.read

            def append(self, given):
                store.journal.append([kept for each in given if (kept := alter(entries)(each)) is not None])

        self.readings, self.intervals, self.journal = Readings(), Intervals(), Journal()


def of_boiler(change):
    """Return a change of the boiler's first batch only."""

    def changed(item):
        if item.group.point != "boiler" or item.seq != 1:
            return item
        return change(item)

    return changed


def in_group(**changes):
    return of_boiler(
        lambda item: replace(
            item,
            group=msgspec.structs.replace(
                item.group, **{name: change(getattr(item.group, name)) for name, change in changes.items()}
            ),
        )
    )


def first_value_off(values):
    return [[2.5, *values[0][1:]], *values[1:]]


def no_values(values):
    return [[None] * len(column) for column in values]


LIES = {
    "a lost row": ({"groups": in_group(t=lambda t: [t[0] + 1, *t[1:]])}, "works/boiler: instant 1000 is missing"),
    "a lost batch": ({"groups": of_boiler(lambda item: None)}, "works/boiler: instant 1000 is missing"),
    "another value": (
        {"groups": in_group(values=first_value_off)},
        f"{KWH} at 1000: value 1.5 in the archive, 2.5 in the store",
    ),
    "no value": ({"groups": in_group(values=no_values)}, f"{KWH} at 1000: value 1.5 in the archive, nan in the store"),
    "another register": (
        {"groups": in_group(raw=lambda raw: {KWH: [2**63 - 2, *raw[KWH][1:]]})},
        "register 9223372036854775807 in the archive, 9223372036854775806 in the store",
    ),
    "a register of another type": (
        {"groups": in_group(raw=lambda raw: {KWH: [float(r) if r is not None else None for r in raw[KWH]]})},
        "register 9223372036854775807 in the archive, 9.22.* in the store",
    ),
    "no registers": ({"groups": in_group(raw=lambda raw: {})}, "register 9223372036854775807 in the archive, None"),
    "no flags": (
        {"groups": in_group(q=lambda q: [])},
        rf"{KWH} at 2000: flag missing \(timeout é\) in the archive, none in the store",
    ),
    "another reason": (
        {"groups": in_group(q=lambda q: [(r, c, level, "who knows") for r, c, level, _ in q])},
        rf"{KWH} at 2000: flag missing \(timeout é\) in the archive, missing \(who knows\) in the store",
    ),
    "a flag on a good value": (
        {"groups": in_group(q=lambda q: [*q, (0, 0, "bad", "x")])},
        rf"{KWH} at 1000: flag none in the archive, bad \(x\) in the store",
    ),
    "another batch": ({"groups": of_boiler(lambda item: replace(item, seq=77))}, r"\('s1', 'c1', 77\) in the store"),
    "another configuration": (
        {"groups": of_boiler(lambda item: replace(item, config="c9"))},
        r"\('s1', 'c1', 1\) in the archive, \('s1', 'c9', 1\) in the store",
    ),
    "another amount": (
        {"intervals": lambda columns: replace(columns, amount=[a + 1 for a in columns.amount])},
        "intervals of mill/water volume_m3: the one that begins at 0 is .* in the archive and not so in the store",
    ),
    "a lost entry": (
        {"entries": lambda entry: None if entry.kind is EntryKind.LOSS else entry},
        "journal: entry 'loss/ü' of 1000 is in the archive and not so in the store",
    ),
    "other data": (
        {"entries": lambda entry: replace(entry, data={**entry.data, "more": 1})},
        "journal: entry .* not so in the store",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_a_store_does_not_read_back_is_named(lie, tmp_path):
    alterations, says = LIES[lie]
    archived(filled(in_memory()), tmp_path / "a.zip")
    with pytest.raises(DataError, match=f"does not read back what the archive holds: .*{says}"):
        restored(tmp_path / "a.zip", Altering(in_memory(), **alterations))


@pytest.mark.parametrize("lie", [lie for lie in LIES if lie not in ("other data", "another amount")])
def test_it_is_named_too_where_a_store_held_something_before(lie, tmp_path):
    alterations, says = LIES[lie]
    archived(filled(in_memory()), tmp_path / "a.zip")
    store = in_memory()
    store.readings.write([group([77], {KW: [1.0]}, point="other")])
    with pytest.raises(DataError, match=says):
        restored(tmp_path / "a.zip", Altering(store, **alterations), into_existing=True)


def test_an_interval_that_becomes_another_is_found_by_the_number_of_those_that_are_otherwise(tmp_path):
    archived(filled(in_memory()), tmp_path / "a.zip")
    alterations, _ = LIES["another amount"]
    with pytest.raises(DataError, match="7 intervals are otherwise in the store; before, 0 were"):
        restored(tmp_path / "a.zip", Altering(in_memory(), **alterations), into_existing=True)


def test_rows_that_appear_from_nowhere_are_found_by_their_number(tmp_path):
    archived(filled(in_memory()), tmp_path / "a.zip")
    store = in_memory()

    def with_another(item):
        store.readings.write([group([1], {KW: [1.0]}, point="ghost")])
        return item

    with pytest.raises(DataError, match="7 rows of readings in the archive, 8 in the store"):
        restored(tmp_path / "a.zip", Altering(store, groups=with_another))


def test_series_that_appear_from_nowhere_are_found_by_their_number(tmp_path):
    archived(filled(in_memory()), tmp_path / "a.zip")
    store = in_memory()

    def with_another(columns):
        store.intervals.replace(SeriesKey("ghost", "p", KWH), 0, 10**12, columns)
        return columns

    with pytest.raises(DataError, match="2 series of intervals in the archive, 3 in the store"):
        restored(tmp_path / "a.zip", Altering(store, intervals=with_another))


def test_journal_entries_that_appear_from_nowhere_are_found_by_their_number(tmp_path):
    archived(filled(in_memory()), tmp_path / "a.zip")
    store = in_memory()

    def with_another(entry):
        store.journal.append([JournalEntry("ghost", EntryKind.LOSS, "", 5)])
        return entry

    with pytest.raises(DataError, match="5 entries of the journal in the archive, 6 in the store"):
        restored(tmp_path / "a.zip", Altering(store, entries=with_another))
