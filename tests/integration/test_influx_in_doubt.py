"""What a real InfluxDB does after its answer was lost, or while it takes a row in, and what is read of it then."""

import pytest
from influx_server import InfluxServer

from meterproof_core.errors import StoreInDoubtError
from meterproof_core.storage import EntryKind, JournalEntry
from meterproof_store.influx import open_influx
from meterproof_store.influx.setting_up import set_up
from meterproof_store.walking import journal_backwards

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
