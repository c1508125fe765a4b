"""A question that meets a row while the server takes it: some of its fields are to be seen, others not yet."""

import pytest

from meterproof_core.storage import ReadingsQuery
from meterproof_store.influx.asking import Series
from meterproof_store.influx.reading import read_readings

COLUMNS = ("time", "_config", "_seq", "_stream", "energy_import_kwh", "energy_import_kwh__raw_i")


class Answers:
    """An asker whose server gives these rows to the first statement."""

    def __init__(self, rows):
        self.rows = rows

    def source(self, policy, measurement):
        return f'"{policy}"."{measurement}"'

    def ask(self, statements, policy, type_of):
        return [Series(0, {}, COLUMNS, self.rows)]


def read(*rows):
    return read_readings(Answers(rows), ReadingsQuery("works", "boiler", ("energy_import_kwh",), 0, 10))


def test_a_row_whose_source_is_not_there_yet_is_passed_over():
    found = read((1, "c", 7, "s", 0.5, 500), (2, None, None, None, 0.6, 600))
    assert list(found.t_ms) == [1]
    assert (list(found.seq), list(found.stream), list(found.config)) == ([7], ["s"], ["c"])
    assert list(found.values["energy_import_kwh"]) == [0.5]
    assert list(found.raw["energy_import_kwh"].registers) == [500]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_whole_rows_beside_it_stay(place):
    rows = [(t, "c", t, "s", float(t), t) for t in (1, 2, 3)]
    rows[place] = (rows[place][0], None, None, None, 9.0, None)
    assert list(read(*rows).t_ms) == [t for t in (1, 2, 3) if t != place + 1]


def test_when_no_row_is_whole_there_is_none():
    assert list(read((1, None, None, None, 0.5, 500)).t_ms) == []
