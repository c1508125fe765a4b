"""Through a server, a store answers as it answers inside the server's own process."""

import math

import pytest
from contract.readings_samples import KW, KWH, group, plain, query
from contract.test_intervals_contract import plain as plain_intervals
from contract.test_intervals_contract import quarter, rows
from contract.test_readings_against_the_fake import NAMES, queries, writes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_server import holding

from meterproof_core.errors import StoreError
from meterproof_core.storage import EntryKind, IntervalColumns, JournalEntry, SeriesKey
from meterproof_store.duckdb_store import open_duckdb
from meterproof_store.remote import open_remote
from meterproof_store.walking import PIECE_ENTRIES, PIECE_ROWS

KEY = SeriesKey("works", "boiler", KWH)
ALL = list(EntryKind)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("held")


class Switch:
    """Ports of the store that a test has just filled: a server is not started for each of a hundred examples."""

    def __init__(self):
        self.store = None

    @property
    def readings(self):
        return self.store.readings

    @property
    def intervals(self):
        return self.store.intervals

    @property
    def journal(self):
        return self.store.journal


class Ports:
    """Passes every call on to the port of the store that is in place now."""

    def __init__(self, switch, port):
        self._switch, self._port = switch, port

    def __getattr__(self, name):
        return getattr(getattr(self._switch, self._port), name)


@pytest.fixture(scope="module")
def switch():
    return Switch()


@pytest.fixture(scope="module")
def served(switch, folder):
    class Served:
        readings, intervals, journal = (Ports(switch, port) for port in ("readings", "intervals", "journal"))

    switch.store = open_duckdb(":memory:")
    with holding(Served, folder / "store.duckdb"):
        yield open_remote(folder / "store.duckdb")
    switch.store.close()


@pytest.fixture
def local(switch, served):
    """Give an empty store that the server holds from now on."""
    switch.store.close()
    switch.store = open_duckdb(":memory:")
    return switch.store


@pytest.mark.parametrize(
    "registers", [[2**63 - 1, 2**53 + 1, -1], [2**64 - 1, 0, 2**63], [0.5, 7, None], [5.0, 6.0, 7.0]]
)
def test_registers_arrive_with_every_bit_and_their_type(local, served, registers):
    local.readings.write([group([1, 2, 3], {KWH: [1.0, None, 3.0]}, raw={KWH: registers})])
    here, there = (plain(store.readings.read(query())) for store in (local, served))
    assert there == here
    assert [type(register) for register in there["raw"][KWH]] == [type(register) for register in registers]


def test_a_value_that_is_not_there_arrives_as_nan_and_its_flag_with_it(local, served):
    local.readings.write([group([1], {KW: [None]}, q=[(0, KW, "missing", "timeout é")])])
    read = served.readings.read(query(0, 9, KW, "never_seen_m3"))
    assert [math.isnan(value) for column in read.values.values() for value in column] == [True, True]
    assert plain(read)["flags"] == [(0, KW, "missing", "timeout é")]


def test_a_long_history_arrives_whole_in_its_order(local, served):
    count = 2 * PIECE_ROWS + 7
    instants = [*range(count), *range(10**9, 10**9 + 50), 10**12]
    local.readings.write([group(instants, {KW: [float(t) for t in instants]})])
    for asked in (query(0, 10**13, KW), query(5, 10**9 + 7, KW, neighbours=3)):
        assert plain(served.readings.read(asked)) == plain(local.readings.read(asked))
    assert served.readings.extents() == local.readings.extents()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=writes(), asked=st.lists(queries, min_size=1, max_size=4))
def test_readings_through_a_server_are_those_of_the_store(switch, served, written, asked):
    switch.store.close()
    switch.store = local = open_duckdb(":memory:")
    for each in written:
        local.readings.write(each)
    for question in [*asked, query(0, 99, *NAMES)]:
        assert plain(served.readings.read(question)) == plain(local.readings.read(question))
    for plant in (None, "works", "mill", "nowhere"):
        assert list(served.readings.extents(plant)) == list(local.readings.extents(plant))


def test_intervals_arrive_whole_and_a_limit_keeps_the_newest(local, served):
    count = PIECE_ROWS + 5
    stored = [quarter(number, first=math.nan if number == 3 else None) for number in range(count)]
    local.intervals.replace(KEY, 0, 10**12, rows(*stored))
    local.intervals.replace(SeriesKey("mill", "boiler", KWH), 0, 10**12, rows(quarter(1, is_span=True)))
    for limit in (None, 0, 1, PIECE_ROWS, PIECE_ROWS + 3):
        there = served.intervals.read(KEY, 900_000, 10**12, limit=limit)
        assert plain_intervals(there) == plain_intervals(local.intervals.read(KEY, 900_000, 10**12, limit=limit))
    assert plain_intervals(served.intervals.read(SeriesKey("mill", "x", KWH), 0, 9)) == []
    for plant in (None, "works", ""):
        assert list(served.intervals.series(plant)) == list(local.intervals.series(plant))


def test_the_journal_arrives_whole_in_its_order_and_a_limit_keeps_the_newest(local, served):
    count = PIECE_ENTRIES + 20
    entries = [
        JournalEntry(f"a/{n} ü", ALL[n % 4], "works" if n % 3 else "", n // 7, {"n": [n, 0.1, None], "big": 2**63})
        for n in range(count)
    ]
    local.journal.append([*entries, *(JournalEntry(f"same/{n}", ALL[0], "", 10**9) for n in range(PIECE_ENTRIES + 5))])
    questions = [(ALL,), ([],), (ALL[:2], "works"), (ALL, ""), (ALL, None, 700)]
    for question in questions:
        for limit in (None, 0, 3, PIECE_ENTRIES + 9):
            there = served.journal.read(*question, limit=limit)
            assert there == list(local.journal.read(*question, limit=limit))


def test_writing_through_a_server_is_refused_with_a_clear_word(local, served):
    metered = IntervalColumns([0], [1], [1.0], [7.0], [8.0], [False])
    for write in (
        lambda: served.readings.write([group([1], {KW: [1.0]})]),
        lambda: served.intervals.replace(KEY, 0, 1, metered),
        lambda: served.journal.append([JournalEntry("a", ALL[0], "", 1)]),
    ):
        with pytest.raises(StoreError, match=r"store\.duckdb through http://127.*: the server holds the store"):
            write()
