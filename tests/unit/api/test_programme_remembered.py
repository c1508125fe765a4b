"""The programme is added up once while the shelf stays as it is, and anew when anything on it changes."""

from datetime import date, timedelta

from programme_documents import a_statement, bundle_of, shelf_of

from meterproof_api.programme.remembered import MOST_DATES, Remembered

CUT_OFF = date(2026, 12, 31)


def test_the_same_shelf_is_added_up_once_for_each_date(tmp_path):
    shelf, remembered = shelf_of(tmp_path, a_statement()), Remembered()
    table = remembered.at(shelf, CUT_OFF)
    assert remembered.at(shelf, CUT_OFF) is table
    assert remembered.at(shelf, date(2020, 1, 1)).real.total.statements == 0
    assert remembered.at(shelf, CUT_OFF) is table


def test_a_new_version_a_lost_file_and_a_broken_one_are_seen(tmp_path):
    shelf, remembered = shelf_of(tmp_path, a_statement(verified_t=500.0)), Remembered()
    assert remembered.at(shelf, CUT_OFF).real.total.cumulative.verified_t == 500.0
    newer = shelf.put(bundle_of(a_statement(verified_t=450.0, version=2)))
    assert remembered.at(shelf, CUT_OFF).real.total.cumulative.verified_t == 450.0
    newer.unlink()
    assert remembered.at(shelf, CUT_OFF).real.total.cumulative.verified_t == 500.0
    (tmp_path / "broken.zip").write_bytes(b"nothing")
    assert [one.statement_id for one in remembered.at(shelf, CUT_OFF).exclusions] == ["broken.zip"]


def test_only_so_many_dates_are_kept(tmp_path):
    shelf, remembered = shelf_of(tmp_path, a_statement()), Remembered()
    first = remembered.at(shelf, CUT_OFF)
    for days in range(1, MOST_DATES + 1):
        remembered.at(shelf, CUT_OFF + timedelta(days=days))
    assert remembered.at(shelf, CUT_OFF) is not first
