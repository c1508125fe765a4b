"""What may stand in the database is asked once a plant and followed from then on."""

import pytest

from meterproof_core.errors import StoreError
from meterproof_store.influx.standing import NEVER, StandingFields


class Database:
    """Answers as a database does, and counts how often it is asked."""

    def __init__(self, newest=None, fields=()):
        self.newest = newest or {}
        self.fields = [*fields, *(field for of in self.newest.values() for _, field in of)]
        self.asked = []

    def __call__(self, plant, fields):
        self.asked.append((plant, tuple(fields)))
        held = self.newest.get(plant, {})
        return {key: at_ms for key, at_ms in held.items() if key[1] in fields}

    def opened(self):
        return StandingFields(lambda: self.fields, self)


def test_in_an_empty_database_nothing_stands_and_no_plant_is_asked():
    database = Database()
    standing = database.opened().of("works", "boiler")
    assert (standing.until("x__flag"), database.asked) == (NEVER, [])


def test_a_plant_is_asked_once_for_all_its_points():
    database = Database({"works": {("boiler", "x__flag"): 5, ("air", "x__flag"): 7}})
    fields = database.opened()
    assert [fields.of("works", point).until("x__flag") for point in ("boiler", "air", "new")] == [5, 7, NEVER]
    assert [fields.of("works", point).until("x__flag") for point in ("boiler", "air", "new")] == [5, 7, NEVER]
    assert database.asked == [("works", ("x__flag",))]
    assert fields.of("mill", "boiler").until("x__flag") == NEVER


def test_only_the_newest_instant_is_kept():
    standing = Database().opened().of("works", "boiler")
    for at_ms in (5, 9, 7):
        standing.wrote("x__flag", at_ms)
    assert standing.until("x__flag") == 9


def test_registers_of_one_type_are_not_asked_for():
    database = Database({"works": {("boiler", "x__raw_i"): 5}}, fields=["y__raw_f", "x", "_config"])
    database.opened().of("works", "boiler").meets("x__raw_i")
    assert database.asked == []


def test_a_second_type_of_register_makes_the_plant_be_asked_for_the_first():
    database = Database({"works": {("boiler", "x__raw_i"): 5}})
    fields = database.opened()
    standing = fields.of("works", "boiler")
    standing.meets("x__raw_f")
    assert standing.until("x__raw_i") == 5
    assert database.asked == [("works", ("x__raw_f", "x__raw_i"))]
    standing.wrote("x__raw_f", 6)
    standing.meets("x__raw_f")
    assert len(database.asked) == 1


def test_a_database_that_does_not_answer_is_asked_again():
    def no_answer():
        raise StoreError("no answer")

    fields = StandingFields(no_answer, Database())
    for _ in range(2):
        with pytest.raises(StoreError, match="no answer"):
            fields.of("works", "boiler")
