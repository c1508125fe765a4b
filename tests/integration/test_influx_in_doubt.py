"""What a real InfluxDB does after its answer was lost, or while it takes a row in, and what is read of it then."""

import logging
from itertools import pairwise

import pytest
from contract.readings_samples import KWH, group, query
from influx_server import InfluxServer

from meterproof_core.errors import StoreInDoubtError
from meterproof_core.memory import interval_columns, interval_rows
from meterproof_core.storage import EntryKind, JournalEntry, SeriesKey
from meterproof_store.influx import open_influx
from meterproof_store.influx.setting_up import set_up
from meterproof_store.walking import intervals_backwards, journal_backwards

pytestmark = pytest.mark.influxdb
T0 = 1_800_000_000_000
ARRIVALS = [EntryKind.ARRIVAL]


@pytest.fixture(scope="module")
def server(require_program, tmp_path_factory):
    program = require_program("influxd", package="influxdb")
    with InfluxServer(program, tmp_path_factory.mktemp("influx")) as running:
        yield running


@pytest.fixture
def settings(server, request):
    return server.settings(f"doubt{abs(hash(request.node.name))}")


@pytest.fixture
def store(settings):
    set_up(settings)
    opened = open_influx(settings)
    yield opened
    opened.close()


class LostAnswers:
    """Keeps what a store sends while the block lasts, and says that no answer came."""

    def __init__(self, store):
        self.sender, self.road, self.kept = store.sender, store.link.road, []

    def post(self, policy, body, precision):
        self.kept.append((policy, body, precision))
        raise StoreInDoubtError("no answer")

    def __enter__(self):
        self.sender._road = self
        return self

    def __exit__(self, *_):
        self.sender._road = self.road

    def arrive(self):
        """Let the server do it now."""
        for each in self.kept:
            assert self.road.post(*each).status == 204


def arrival(seq, at_ms):
    data = {"gateway": "g", "stream": "s", "seq": seq, "config": "c", "points": {"main": [1, 2, 2]}}
    return JournalEntry(f"arrival/works/s/{seq}", EntryKind.ARRIVAL, "works", at_ms, data)


@pytest.mark.parametrize(("later_ms", "stands_at"), [(0, 0), (60_000, 0), (60_001, 60_001), (600_000, 600_000)])
def test_an_entry_told_again_much_later_stands_at_its_new_time(store, later_ms, stands_at):
    with LostAnswers(store), pytest.raises(StoreInDoubtError):
        store.journal.append([arrival(1, T0)])
    store.journal.append([arrival(1, T0 + later_ms)])
    assert [entry.at_ms for entry in store.journal.read(ARRIVALS)] == [T0 + stands_at]


def test_a_copy_that_arrives_late_is_read_once_and_the_new_time_is_seen_too(store):
    with LostAnswers(store) as lost, pytest.raises(StoreInDoubtError):
        store.journal.append([arrival(1, T0)])
    store.journal.append([arrival(1, T0 + 600_000)])
    lost.arrive()
    assert [entry.at_ms for entry in store.journal.read(ARRIVALS)] == [T0]
    assert [entry.at_ms for entry in store.journal.read(ARRIVALS, since_ms=T0 + 300_000)] == [T0 + 600_000]


@pytest.mark.parametrize("entries", [1, 50, 1000])
def test_a_walk_through_the_journal_tells_copies_that_lie_apart_once(store, entries):
    with LostAnswers(store) as lost, pytest.raises(StoreInDoubtError):
        store.journal.append([arrival(seq, T0 + seq) for seq in range(100)])
    store.journal.append([arrival(seq, T0 + 600_000 + seq) for seq in range(100)])
    lost.arrive()
    pages = journal_backwards(store.journal, ARRIVALS, entries=entries)
    assert sorted(entry.data["seq"] for page in pages for entry in page) == list(range(100))


def test_the_third_telling_is_measured_from_the_second(store):
    for later_ms in (0, 50_000, 100_000):
        with LostAnswers(store), pytest.raises(StoreInDoubtError):
            store.journal.append([arrival(1, T0 + later_ms)])
    store.journal.append([arrival(1, T0 + 150_000)])
    assert [entry.at_ms for entry in store.journal.read(ARRIVALS)] == [T0 + 100_000]


@pytest.mark.parametrize("entries", [1, 2, 3, 100])
def test_pages_tell_all_of_the_journal_also_where_many_entries_share_a_time(store, entries):
    told = [arrival(seq, T0 + seq // 5) for seq in range(23)]
    store.journal.append(told)
    pages = list(journal_backwards(store.journal, ARRIVALS, before_ms=T0 + 4, entries=entries))
    assert [entry for page in reversed(pages) for entry in page] == told[:20]
    assert max(len(page) for page in pages) <= (20 if entries == 100 else 5)


def test_a_page_is_full_although_the_server_is_still_taking_rows_in(server, store, settings):
    store.journal.append([arrival(seq, T0 + seq) for seq in range(10)])
    for half in range(40):
        server.write(
            f'journal,kind=arrival,plant=works,source=other entry_id="{half}" {(T0 + 20 + half) * 1_000_000}',
            settings.database,
            "counters",
        )
    assert [entry.at_ms for entry in store.journal.read(ARRIVALS, limit=3)] == [T0 + 7, T0 + 8, T0 + 9]


KEY = SeriesKey("works", "boiler", KWH)
QUARTER = 900_000
SPAN = (0, 16 * QUARTER, 16.0, 0.0, 16.0, True)
QUARTERS = [(k * QUARTER, (k + 1) * QUARTER, 1.0, float(k), float(k + 1), False) for k in range(16)]


@pytest.fixture
def overlapping(store):
    """Give a store in which a span was written late over the intervals that had taken its place."""
    with LostAnswers(store) as lost, pytest.raises(StoreInDoubtError):
        store.intervals.replace(KEY, 0, 16 * QUARTER, interval_columns([SPAN]))
    store.intervals.replace(KEY, 0, 16 * QUARTER, interval_columns(QUARTERS))
    lost.arrive()
    return store


@pytest.mark.parametrize("limit", [None, 100])
def test_a_span_that_is_written_late_over_intervals_is_left_out_and_told(overlapping, limit, caplog):
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert interval_rows(overlapping.intervals.read(KEY, 0, 100 * QUARTER, limit=limit)) == QUARTERS[1:]
    (told,) = caplog.records
    assert "works/boiler energy_import_kwh: 1 stored intervals overlap" in told.getMessage()
    assert "the last [0, 14400000) with 16.0" in told.getMessage()


@pytest.mark.parametrize("start", range(0, 17, 3))
@pytest.mark.parametrize("end", range(1, 18, 4))
def test_whichever_period_is_read_nothing_overlaps_and_the_same_is_left_out(overlapping, start, end):
    period = (start * QUARTER + 1, end * QUARTER + 1)
    wanted = [row for row in QUARTERS[1:] if row[0] < period[1] and row[1] > period[0] and period[0] < period[1]]
    assert interval_rows(overlapping.intervals.read(KEY, *period)) == wanted


@pytest.mark.parametrize("rows", [1, 2, 5, 15, 16])
def test_a_walk_over_intervals_that_overlap_comes_to_its_end(overlapping, rows):
    overlapping.intervals.replace(KEY, -9 * QUARTER, 0, interval_columns([(-QUARTER, 0, 0.5, -0.5, 0.0, False)]))
    pieces = list(intervals_backwards(overlapping.intervals, KEY, (-9 * QUARTER, 99 * QUARTER), rows=rows))
    found = [row for piece in reversed(pieces) for row in interval_rows(piece)]
    assert found == [(-QUARTER, 0, 0.5, -0.5, 0.0, False), *QUARTERS[1:]]
    assert all(before[1] <= after[0] for before, after in pairwise(found))


def test_what_reaches_into_a_period_does_not_stand_for_intervals_that_a_limit_left_out(store):
    spans = [(k * QUARTER, 99 * QUARTER, 1.0, 0.0, 1.0, True) for k in range(20, 26)]
    store.intervals.replace(KEY, 0, 99 * QUARTER, interval_columns(QUARTERS + spans))
    found = store.intervals.read(KEY, QUARTER + 1, 99 * QUARTER, limit=2)
    assert interval_rows(found) == [QUARTERS[-1], spans[-1]]


def test_writing_the_intervals_again_mends_what_a_late_span_did(overlapping):
    overlapping.intervals.replace(KEY, 0, 16 * QUARTER, interval_columns(QUARTERS))
    assert interval_rows(overlapping.intervals.read(KEY, 0, 100 * QUARTER)) == QUARTERS


def test_neighbours_are_as_many_as_asked_while_the_server_is_still_taking_rows_in(server, store, settings):
    store.readings.write([group(range(0, 100_000, 1000), {KWH: [k / 1000 for k in range(100)]})])
    for half in range(200, 60_000, 2000):
        server.write(f"readings,plant=works,point=boiler {KWH}=1 {half}000000", settings.database, "counters")
    read = store.readings.read(query(20_000, 22_000, KWH, neighbours=5))
    assert list(read.t_ms) == list(range(15_000, 27_000, 1000))
