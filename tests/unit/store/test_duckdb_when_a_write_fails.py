"""A write that fails leaves nothing behind, and the store knows afterwards what it holds."""

import duckdb
import pytest

from meterproof_core.errors import StoreError
from meterproof_core.storage import IntervalColumns, PlantGroup, ReadingsQuery, SeriesKey
from meterproof_core.wire import Group
from meterproof_store.duckdb_store import open_duckdb

KWH = "energy_import_kwh"
KEY = SeriesKey("works", "boiler", KWH)


class Stumble:
    """Does something at the next fault point, once."""

    def __init__(self):
        self.then = None

    def reach(self, point):
        act, self.then = self.then, None
        if act:
            act()


@pytest.fixture
def stumble():
    return Stumble()


@pytest.fixture
def store(tmp_path, stumble):
    opened = open_duckdb(tmp_path / "store.duckdb", faults=stumble)
    yield opened
    opened.close()


def samples(*instants, name=KWH, raw=None, seq=1):
    group = Group("boiler", [name], list(instants), [[float(t) for t in instants]], {name: raw} if raw else {})
    return [PlantGroup("works", "gw1", "s1", seq, "c1", group)]


def held(store, name=KWH):
    return list(store.readings.read(ReadingsQuery("works", "boiler", (name,), 0, 10**15)).t_ms)


def interrupt():
    raise KeyboardInterrupt


def test_a_write_that_is_interrupted_before_its_commit_is_not_there_and_can_be_made_again(store, stumble):
    store.readings.write(samples(1000))
    stumble.then = interrupt
    with pytest.raises(KeyboardInterrupt):
        store.readings.write(samples(2000, 3000))
    assert held(store) == [1000]
    store.readings.write(samples(2000, 3000))
    assert held(store) == [1000, 2000, 3000]
    assert store.readings.extents("works")[0].rows == 3


def test_a_write_that_is_interrupted_right_after_its_commit_is_not_stored_twice(store, stumble):
    def commit_and_interrupt():
        with store.database.writing() as connection:
            connection.execute("COMMIT")
        raise KeyboardInterrupt

    stumble.then = commit_and_interrupt
    with pytest.raises(KeyboardInterrupt):
        store.readings.write(samples(1000, 2000))
    store.readings.write(samples(1000, 2000))
    assert held(store) == [1000, 2000]
    assert store.readings.extents("works")[0].rows == 2


def test_a_commit_that_fails_is_told_with_the_files_name(store, stumble):
    def lose_the_transaction():
        with store.database.writing() as connection:
            connection.execute("ROLLBACK")

    stumble.then = lose_the_transaction
    with pytest.raises(StoreError, match=r"store\.duckdb: .*no transaction is active"):
        store.readings.write(samples(1000))
    assert held(store) == []
    store.readings.write(samples(1000))
    assert held(store) == [1000]


def test_a_replacement_that_is_interrupted_leaves_the_old_intervals(store, stumble):
    def intervals(amount):
        return IntervalColumns([0, 1], [1, 2], [amount, amount], [0.0, 0.0], [1.0, 1.0], [False, False])

    store.intervals.replace(KEY, 0, 2, intervals(1.0))
    stumble.then = interrupt
    with pytest.raises(KeyboardInterrupt):
        store.intervals.replace(KEY, 0, 2, intervals(2.0))
    assert list(store.intervals.read(KEY, 0, 2).amount) == [1.0, 1.0]
    store.intervals.replace(KEY, 0, 2, intervals(2.0))
    assert list(store.intervals.read(KEY, 0, 2).amount) == [2.0, 2.0]


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (samples(5000, seq=2**63), r"an instant or a seq of boiler does not fit 64 bits .*; nothing is stored"),
        (samples(10**30), r"an instant or a seq of boiler does not fit 64 bits"),
        (samples(5000, raw=[2**64]), r"raw register 18446744073709551616 has more than 64 bits; use -9223"),
        (samples(5000, name='a"; DROP TABLE readings; --'), r"is not a name; use a-z, 0-9 and '_'"),
    ],
)
def test_what_no_column_holds_is_refused_and_nothing_of_the_call_is_stored(store, bad, sentence):
    store.readings.write(samples(1000))
    with pytest.raises(StoreError, match=sentence):
        store.readings.write([*samples(4000), *bad, *samples(6000)])
    assert held(store) == [1000]
    store.readings.write(samples(4000))
    assert held(store) == [1000, 4000]


def test_a_quantity_that_is_no_name_is_not_looked_for(store):
    store.readings.write(samples(1000))
    with pytest.raises(StoreError, match=r"quantity '1; --' is not a name"):
        held(store, "1; --")


def test_a_file_that_lacks_a_table_is_refused_and_can_be_opened_by_others_afterwards(tmp_path):
    path = tmp_path / "store.duckdb"
    open_duckdb(path).close()
    meddler = duckdb.connect(str(path))
    meddler.execute("DROP TABLE journal")
    meddler.close()
    with pytest.raises(StoreError, match=r"store\.duckdb: .*journal"):
        open_duckdb(path)
    duckdb.connect(str(path)).close()


def test_a_file_that_was_taken_away_while_it_is_open_takes_nothing_more(store, tmp_path):
    store.readings.write(samples(1000))
    (tmp_path / "store.duckdb").rename(tmp_path / "elsewhere.duckdb")
    with pytest.raises(StoreError, match=r"store\.duckdb: the file was taken away or replaced while it was open"):
        store.readings.write(samples(2000))
    (tmp_path / "store.duckdb").write_bytes(b"another")
    with pytest.raises(StoreError, match="taken away or replaced"):
        store.readings.write(samples(3000))
    (tmp_path / "elsewhere.duckdb").replace(tmp_path / "store.duckdb")
    store.readings.write(samples(4000))
