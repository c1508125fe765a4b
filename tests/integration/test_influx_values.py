"""What goes into a real InfluxDB 1.6 comes out as it was: floods, strange numbers, hostile names, several writers."""

import math
import struct

import pytest
from contract.readings_samples import KW, KWH, group, plain, query
from influx_server import InfluxServer

from meterproof_core.errors import StoreError, StoreRefusedError
from meterproof_core.memory import interval_columns
from meterproof_core.storage import EntryKind, JournalEntry, SeriesKey
from meterproof_store.influx.setting_up import set_up
from meterproof_store.opened import open_store

pytestmark = pytest.mark.influxdb
HOSTILE = [
    "works' OR 'a'='a",
    'works"',
    "works; DROP DATABASE meterproof",
    "works\\",
    "wörks €",
    "works\nx=1",
    "a,b=c d",
    "",
]


@pytest.fixture(scope="module")
def server(require_program, tmp_path_factory):
    program = require_program("influxd", package="influxdb")
    with InfluxServer(program, tmp_path_factory.mktemp("influx")) as running:
        yield running


@pytest.fixture
def database(request):
    return f"test-{abs(hash(request.node.nodeid))}"


@pytest.fixture
def open_again(server, database):
    """Return a function that opens the same database once more."""
    set_up(server.settings(database))
    opened = []

    def open_(**others):
        opened.append(open_store(server.settings(database), **others))
        return opened[-1]

    yield open_
    for store in opened:
        store.close()


NUMBERS = [
    0.0,
    -0.0,
    1.0,
    0.1 + 0.2,
    1e300,
    -1e300,
    5e-324,
    2.0**53,
    2.0**53 + 2,
    1e16,
    1e21,
    1e22,
    math.pi,
    1.7976931348623157e308,
]


def test_every_number_comes_back_with_its_bits(open_again):
    store = open_again()
    store.readings.write([group(range(1, len(NUMBERS) + 1), {KWH: NUMBERS}, raw={KWH: NUMBERS})])
    found = store.readings.read(query(0, 99, KWH))
    for column in (found.values[KWH], found.raw[KWH].registers):
        assert [struct.pack("d", value) for value in column] == [struct.pack("d", value) for value in NUMBERS]


def test_a_hundred_thousand_entries_of_one_plant_and_one_millisecond_all_come_back(server, database, open_again):
    store = open_again()
    told = [
        JournalEntry(f"dead-letter/{number}", EntryKind.DEAD_LETTER, "works", 1_700_000_000_000, {"n": number})
        for number in range(100_000)
    ]
    for first in range(0, len(told), 20_000):
        store.journal.append(told[first : first + 20_000])
    assert server.query("SELECT count(entry_id) AS n FROM counters.journal", database)[0]["n"] == 100_000
    found = open_again().journal.read([EntryKind.DEAD_LETTER], "works")
    assert [entry.data["n"] for entry in found] == list(range(100_000))


def test_arrivals_of_one_millisecond_are_kept_apart_by_stream_and_number(open_again):
    store = open_again()
    told = [
        JournalEntry(f"arrival/works/{stream}/{seq}", EntryKind.ARRIVAL, "works", 5, {"stream": stream, "seq": seq})
        for stream in ("s1", "s2", "s3")
        for seq in range(2000)
    ]
    store.journal.append(told)
    found = store.journal.read([EntryKind.ARRIVAL])
    assert {entry.entry_id for entry in found} == {entry.entry_id for entry in told}
    assert len(found) == len(told)


def test_two_processes_that_tell_the_same_arrival_write_one_point(server, database, open_again):
    told = JournalEntry(
        "arrival/works/s1/7",
        EntryKind.ARRIVAL,
        "works",
        5,
        {"stream": "s1", "seq": 7, "points": {"boiler": [1, 9, 5], "air": [1, 9, 2]}},
    )
    for writer in ("one", "two"):
        open_again(writer=writer).journal.append([told])
    assert [row["rows"] for row in server.query("SELECT * FROM counters.journal", database)] == [7]


def test_an_entry_that_two_processes_told_is_read_once_as_it_was_told_first(server, database, open_again):
    for writer, at_ms in (("one", 9), ("two", 5), ("three", 7)):
        open_again(writer=writer).journal.append(
            [JournalEntry("event/x", EntryKind.EVENT, "works", at_ms, {"by": writer})]
        )
    assert len(server.query("SELECT * FROM counters.journal", database)) == 3
    assert [(entry.at_ms, entry.data) for entry in open_again().journal.read([EntryKind.EVENT])] == [(5, {"by": "two"})]


def test_a_limit_counts_entries_and_not_how_often_they_were_told(open_again):
    first = open_again()
    first.journal.append([JournalEntry(f"event/{number}", EntryKind.EVENT, "works", number) for number in range(3)])
    for writer in range(40):
        open_again(writer=f"w{writer}").journal.append(
            [JournalEntry("event/2", EntryKind.EVENT, "works", 100 + writer)]
        )
    assert [entry.entry_id for entry in first.journal.read([EntryKind.EVENT], limit=3)] == [
        "event/0",
        "event/1",
        "event/2",
    ]


def test_an_entry_told_again_and_again_by_one_process_does_not_grow_the_store(server, database, open_again):
    store = open_again()
    for at_ms in range(50):
        store.journal.append([JournalEntry("event/x", EntryKind.EVENT, "works", at_ms)])
    assert len(server.query("SELECT * FROM counters.journal", database)) == 1


def test_an_entry_whose_answer_was_lost_is_told_again_at_the_same_place(server, database, open_again, monkeypatch):
    store = open_again()
    post, lost = store.opened.link.road.post, iter([True])

    def post_and_lose(policy, body, precision):
        answer = post(policy, body, precision)
        if next(lost, False):
            raise StoreError("the answer was lost")
        return answer

    monkeypatch.setattr(store.opened.link.road, "post", post_and_lose)
    with pytest.raises(StoreError, match="lost"):
        store.journal.append([JournalEntry("event/x", EntryKind.EVENT, "works", 5)])
    store.journal.append([JournalEntry("event/x", EntryKind.EVENT, "works", 9)])
    assert len(server.query("SELECT * FROM counters.journal", database)) == 1
    assert [entry.at_ms for entry in store.journal.read([EntryKind.EVENT])] == [5]


def test_an_entry_that_the_server_is_still_taking_in_is_passed_over(server, database, open_again):
    server.write('journal,kind=event,source=x entry_id="\\"a\\"" 1', database, "counters")
    server.write('journal,kind=event,source=x data="{}" 2', database, "counters")
    assert list(open_again().journal.read([EntryKind.EVENT])) == []


def test_samples_of_a_loss_can_be_added_up_and_an_odd_entry_is_kept_all_the_same(server, database, open_again):
    lost = {"lost": [{"point": "boiler", "samples": 5}, {"point": "air", "samples": 2}]}
    odd = {"lost": [{"point": "boiler"}]}
    store = open_again()
    store.journal.append([JournalEntry(str(n), EntryKind.LOSS, "works", n, data) for n, data in enumerate([lost, odd])])
    assert [row["samples"] for row in server.query("SELECT * FROM counters.journal", database)] == [7, None]
    assert [entry.data for entry in store.journal.read([EntryKind.LOSS])] == [lost, odd]


def test_an_entry_as_long_as_the_longest_message_comes_back(open_again):
    store = open_again()
    payload = "\\\"'\n,= é" * 12_000
    store.journal.append([JournalEntry("a\nb", EntryKind.DEAD_LETTER, "works", 1, {"payload": payload})])
    (found,) = store.journal.read([EntryKind.DEAD_LETTER])
    assert (found.entry_id, found.data["payload"]) == ("a\nb", payload)


# ---------------------------------------------------------------- names


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_never_written_and_reads_as_nothing(open_again, name):
    store = open_again()
    store.readings.write([group([1], {KWH: [1.0]})])
    store.intervals.replace(SeriesKey("works", "boiler", KWH), 0, 9, interval_columns([(1, 2, 1.0, 0.0, 1.0, False)]))
    for writes in (
        lambda: store.readings.write([group([1], {KWH: [1.0]}, plant=name)]),
        lambda: store.readings.write([group([1], {KWH: [1.0]}, point=name)]),
        lambda: store.readings.write([group([1], {name: [1.0]})]),
        lambda: store.intervals.replace(
            SeriesKey(name, "boiler", KWH), 0, 9, interval_columns([(1, 2, 1.0, 0.0, 1.0, False)])
        ),
    ):
        with pytest.raises(StoreRefusedError):
            writes()
    assert plain(store.readings.read(query(0, 9, KWH, plant=name)))["t"] == []
    assert plain(store.readings.read(query(0, 9, KWH, point=name)))["t"] == []
    assert plain(store.readings.read(query(0, 9, KWH, name)))["values"][KWH] == [1.0]
    assert list(store.intervals.read(SeriesKey("works", name, KWH), 0, 9).start_ms) == []
    assert list(store.readings.extents(name)) == list(store.intervals.series(name)) == []
    assert len(store.readings.extents()) == len(store.intervals.series()) == 1


def test_a_hostile_name_of_a_writer_is_a_value_and_no_statement(open_again, server, database):
    writer = 'host\', "x"=1 y;DROP'
    open_again(writer=writer).journal.append([JournalEntry("a", EntryKind.EVENT, "works", 1)])
    assert [row["source"] for row in server.query("SELECT * FROM counters.journal", database)] == [writer]


# ---------------------------------------------------------------- two processes, one point


def test_a_second_process_clears_the_flag_that_a_first_one_set(open_again):
    open_again().readings.write([group([1000], {KW: [9.0]}, q=[(0, KW, "bad", "limit")])])
    later = open_again()
    later.readings.write([group([1000], {KW: [9.0]})])
    assert plain(later.readings.read(query(0, 9999, KW)))["flags"] == []


def test_a_second_process_replaces_a_register_of_another_type(open_again):
    open_again().readings.write([group([1000], {KWH: [9.0]}, raw={KWH: [7]})])
    later = open_again()
    later.readings.write([group([1000], {KWH: [9.0]}, raw={KWH: [7.5]})])
    assert plain(later.readings.read(query(0, 9999, KWH)))["raw"] == {KWH: [7.5]}


def test_a_flag_of_another_value_than_the_one_that_stands_is_not_told(server, database, open_again):
    store = open_again()
    store.readings.write([group([1000], {KW: [9.0]}, q=[(0, KW, "bad", "limit")])])
    server.write(f"readings,plant=works,point=boiler {KW}=1.0 1000000000", database, "gauges")
    assert plain(store.readings.read(query(0, 9999, KW)))["flags"] == []


def test_the_quantities_of_a_point_are_those_of_which_something_is_held(open_again):
    store = open_again()
    store.readings.write(
        [
            group([1000], {KWH: [None], KW: [1.0]}, raw={KWH: [2**63]}),
            group([1000], {"own__v": [1.0], "own__flag": [2.0]}, raw={"own__flag": [1.5]}, point="oven"),
            group([1000], {"voltage_l1_v": [None]}, q=[(0, "voltage_l1_v", "bad", "range")], point="silent"),
            group([1000], {KWH: [None]}, point="empty"),
        ]
    )
    assert list(store.readings.quantities("works", "boiler")) == [KWH, KW]
    assert list(store.readings.quantities("works", "oven")) == ["own__flag", "own__v"]
    assert list(store.readings.quantities("works", "silent")) == ["voltage_l1_v"]
    assert list(store.readings.quantities("works", "empty")) == []
    assert list(store.readings.quantities("works", "nowhere")) == []
