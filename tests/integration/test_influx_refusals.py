"""What a real InfluxDB 1.6 refuses comes as the error that says what to do; what lies beside it is stored."""

import pytest
from contract.readings_samples import KW, KWH, group, plain, query
from influx_server import InfluxServer

from meterproof_core.errors import StoreAccessError, StoreError, StoreRefusedError, StoreRetentionError
from meterproof_core.storage import EntryKind, JournalEntry
from meterproof_store.influx.setting_up import set_up
from meterproof_store.opened import open_store
from meterproof_store.settings import StoreSettings

pytestmark = pytest.mark.influxdb
NOW_MS = 4_102_444_800_000  # 2100: nothing of it is ever older than 90 days


@pytest.fixture(scope="module")
def server(require_program, tmp_path_factory):
    program = require_program("influxd", package="influxdb")
    with InfluxServer(program, tmp_path_factory.mktemp("influx")) as running:
        yield running


@pytest.fixture
def settings(server, request):
    return server.settings(f"{request.node.name[:40]}-{abs(hash(request.node.name))}".translate({91: "-", 93: "-"}))


@pytest.fixture
def store(settings):
    set_up(settings)
    opened = open_store(settings)
    yield opened
    opened.close()


def test_a_database_that_was_not_set_up_is_refused_with_the_command_that_does_it(settings):
    with pytest.raises(StoreAccessError, match=r"database not found.*`meterproof store setup`"):
        open_store(settings)


def test_a_database_of_somebody_else_is_refused_with_the_command_that_does_it(server, settings):
    server.query(f'CREATE DATABASE "{settings.database}"')
    server.query(f'CREATE RETENTION POLICY counters ON "{settings.database}" DURATION INF REPLICATION 1')
    with pytest.raises(StoreAccessError, match=r"not set up for meterproof; run `meterproof store setup`"):
        open_store(settings)


def test_a_later_layout_is_refused(server, settings):
    set_up(settings)
    server.write("meterproof_schema version=2i 1", settings.database, "counters")
    for opens in (open_store, set_up):
        with pytest.raises(StoreError, match="schema version 2 unknown; this program reads up to 1"):
            opens(settings)


def test_a_server_that_is_not_there_is_an_error_to_try_again():
    with pytest.raises(StoreError, match=r"http://127.0.0.1:9: GET /ping failed") as caught:
        open_store(StoreSettings(influx="http://127.0.0.1:9", timeout_s=2))
    assert type(caught.value) is StoreError


def test_a_field_of_another_type_is_refused_and_the_rows_beside_it_are_stored(server, settings, store):
    server.write(
        f'readings,plant=works,point=boiler {KWH}="somebody\'s text" {NOW_MS}000000', settings.database, "counters"
    )
    good = group([NOW_MS, NOW_MS + 1], {"volume_m3": [1.0, 2.0]}, point="water")
    bad = group([NOW_MS, NOW_MS + 1], {KWH: [1.0, 2.0], "volume_m3": [3.0, 4.0]})
    with pytest.raises(
        StoreRefusedError, match=f"{settings.database}/counters: refused with 400: .*{KWH}.*type float.*string"
    ) as caught:
        store.readings.write([good, bad, group([NOW_MS], {KW: [5.0]})])
    assert not isinstance(caught.value, StoreRetentionError)
    assert (
        server.query("SELECT count(\"_seq\") AS n FROM counters.readings WHERE point='water'", settings.database)[0][
            "n"
        ]
        == 2
    )
    assert plain(store.readings.read(query(NOW_MS, NOW_MS + 9, "volume_m3", point="water")))["values"] == {
        "volume_m3": [1.0, 2.0]
    }
    assert plain(store.readings.read(query(NOW_MS, NOW_MS + 9, KW)))["values"] == {KW: [5.0]}


def test_what_is_older_than_its_retention_is_told_apart_and_the_rest_is_stored(server, settings):
    settings = replace_gauge_days(settings, 90)
    set_up(settings)
    store = open_store(settings)
    old_ms = 1_000_000_000_000
    with pytest.raises(StoreRetentionError, match=r"gauges: partial write: points beyond retention policy dropped=2"):
        store.readings.write([group([old_ms, old_ms + 1, NOW_MS], {KWH: [1.0, 2.0, 3.0], KW: [4.0, 5.0, 6.0]})])
    assert plain(store.readings.read(query(0, NOW_MS + 1))) == {
        "t": [old_ms, old_ms + 1, NOW_MS],
        "values": {KWH: [1.0, 2.0, 3.0], KW: [None, None, 6.0]},
        "raw": {},
        "flags": [],
        "config": ["c1"] * 3,
        "batch": [("s1", 1)] * 3,
    }
    store.close()


def replace_gauge_days(settings, days):
    return StoreSettings(influx=settings.influx, database=settings.database, gauge_days=days)


def test_a_refusal_weighs_more_than_an_age(server, settings):
    settings = replace_gauge_days(settings, 90)
    set_up(settings)
    server.write(f'readings,plant=works,point=boiler {KWH}="text" {NOW_MS}000000', settings.database, "counters")
    store = open_store(settings)
    with pytest.raises(StoreRefusedError, match="type float") as caught:
        store.readings.write([group([1], {KW: [1.0]}), group([NOW_MS], {KWH: [1.0]})])
    assert not isinstance(caught.value, StoreRetentionError)
    store.close()


def test_a_database_that_is_dropped_under_way_turns_us_away(server, settings, store):
    server.query(f'DROP DATABASE "{settings.database}"')
    with pytest.raises(StoreAccessError, match="database not found"):
        store.readings.write([group([1], {KWH: [1.0]})])
    with pytest.raises(StoreAccessError, match="database not found"):
        store.readings.read(query(0, 9))
    with pytest.raises(StoreAccessError, match="database not found"):
        store.journal.append([JournalEntry("a", EntryKind.LOSS, "works", 1)])


def test_a_retention_policy_that_is_dropped_under_way_turns_us_away(server, settings, store):
    store.readings.write([group([1], {KW: [1.0]})])
    server.query(f'DROP RETENTION POLICY gauges ON "{settings.database}"')
    store.readings.write([group([2], {KWH: [1.0]})])
    with pytest.raises(StoreAccessError, match="retention policy not found"):
        store.readings.write([group([2], {KW: [1.0]})])


def test_a_column_that_somebody_else_spoilt_is_an_error_that_names_it(server, settings, store):
    server.write(
        f'readings,plant=works,point=boiler _config="c",_stream="s",_seq=1i,{KWH}="text" 1000000',
        settings.database,
        "counters",
    )
    with pytest.raises(StoreError, match=f"{KWH}.*another type than ours"):
        store.readings.read(query(0, 9, KWH))


def test_a_body_that_the_server_finds_too_large_comes_in_pieces(require_program, tmp_path):
    program = require_program("influxd", package="influxdb")
    with InfluxServer(program, tmp_path, max_body=2000) as small:
        set_up(small.settings())
        store = open_store(small.settings())
        rows = range(1, 301)
        store.readings.write([group(rows, {KWH: [float(at) for at in rows]})])
        assert plain(store.readings.read(query(0, 999, KWH)))["values"][KWH] == [float(at) for at in rows]
        with pytest.raises(StoreRefusedError, match="refused with 413"):
            store.journal.append([JournalEntry("a", EntryKind.DEAD_LETTER, "works", 1, {"payload": "x" * 3000})])
        store.close()


def test_a_refused_body_does_not_hold_back_those_behind_it(server, settings, store, monkeypatch):
    monkeypatch.setattr("meterproof_store.influx.sending.MOST_CHARACTERS", 1)
    server.write(f'readings,plant=works,point=boiler {KWH}="text" {NOW_MS}000000', settings.database, "counters")
    parts = [group([NOW_MS + n], {KWH if n == 1 else "volume_m3": [1.0]}, point="boiler") for n in range(4)]
    with pytest.raises(StoreRefusedError):
        store.readings.write(parts)
    found = store.readings.read(query(NOW_MS, NOW_MS + 9, "volume_m3"))
    assert [int(at) - NOW_MS for at in found.t_ms] == [0, 2, 3]
