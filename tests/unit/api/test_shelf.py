"""The shelf keeps every version of every statement, whole or not at all, and no stray file hides another."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from statement_worlds import a_plan, a_plant, assess, bundle_of, ceramics, document_of, zipped

from meterproof_api.statements import bundle_file
from meterproof_api.statements.shelf import Shelf
from meterproof_core.errors import DataError

CERAMICS = "th-simulated-ceramics.2025-01-01.2026-01-01"


@pytest.fixture(scope="module")
def assessment():
    return assess(ceramics())


@pytest.fixture(scope="module")
def other():
    return assess(ceramics(plan=a_plan(plant=a_plant(id="a-works"))))


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "statements")


def test_a_shelf_whose_folder_is_not_there_yet_is_empty(shelf):
    assert (shelf.statements(), shelf.unreadable(), shelf.current(), shelf.find(CERAMICS)) == ((), (), (), None)


def test_what_is_put_on_the_shelf_is_found_again_under_its_name(shelf, assessment):
    bundle = bundle_of(document_of(assessment))
    path = shelf.put(bundle)
    assert (path.name, path.read_bytes()) == (f"{CERAMICS}.v1.zip", bundle)
    found = shelf.find(CERAMICS)
    assert (found.statement_id, found.version, found.path) == (CERAMICS, 1, path)
    assert found.document == document_of(assessment)
    assert found.pdf() == b"%PDF-1.7 test"
    assert path.stat().st_mode & 0o777 == 0o644


def test_the_same_bundle_again_changes_nothing(shelf, assessment):
    bundle = bundle_of(document_of(assessment))
    before = shelf.put(bundle).stat().st_mtime_ns
    assert shelf.put(bundle).stat().st_mtime_ns == before
    assert len(shelf.statements()) == 1


def test_an_issued_version_is_never_written_over(shelf, assessment):
    path = shelf.put(bundle_of(document_of(assessment)))
    before = path.read_bytes()
    with pytest.raises(DataError, match=r"version 1 is issued already .* give the correction the next version"):
        shelf.put(bundle_of(document_of(assessment, program="meterproof 9.9")))
    assert path.read_bytes() == before


def test_the_newest_version_is_current_and_older_ones_are_still_found(shelf, assessment, other):
    for version in (1, 2, 10):
        shelf.put(bundle_of(document_of(assessment, version)))
    shelf.put(bundle_of(document_of(other)))
    assert [(entry.shape.plant.id, entry.version) for entry in shelf.current()] == [
        ("a-works", 1),
        ("th-simulated-ceramics", 10),
    ]
    assert [entry.version for entry in shelf.statements()][1:] == [1, 2, 10]
    assert [shelf.find(CERAMICS, wanted).version for wanted in (None, 1, 2)] == [10, 1, 2]
    assert shelf.find(CERAMICS, 3) is None
    assert shelf.find("no-plant.2025-01-01.2026-01-01") is None


def test_at_a_cut_off_day_the_version_of_that_day_counts(shelf, assessment):
    for version in (1, 2):  # issued on 20 and 21 January 2026
        shelf.put(bundle_of(document_of(assessment, version)))
    found = [[entry.version for entry in shelf.current(date(2026, 1, day))] for day in (19, 20, 21)]
    assert found == [[], [1], [2]]


def test_the_day_of_issue_is_counted_in_utc(shelf, assessment):
    shelf.put(bundle_of(document_of(assessment, issued_at="2026-01-21T02:00:00+07:00")))
    assert len(shelf.current(date(2026, 1, 20))) == 1


STRAY = {
    "empty.zip": (b"", "cannot be read"),
    "text.zip": (b"not a zip at all", "cannot be read"),
    "nothing.zip": (zipped({"readme.txt": b"hello"}), "no statement.json in it"),
    "broken.zip": (zipped({"statement.json": b"{"}), "is no JSON object"),
    "latin.zip": (zipped({"statement.json": b'{"a": "\xff"}'}), "is no JSON object"),
    "list.zip": (zipped({"statement.json": b"[]"}), "is no JSON object"),
    "thin.zip": (zipped({"statement.json": b"{}"}), "missing required field"),
}


@pytest.mark.parametrize("name", STRAY)
def test_a_file_that_is_no_bundle_is_named_with_its_reason_and_hides_no_other(shelf, assessment, name):
    content, reason = STRAY[name]
    path = shelf.put(bundle_of(document_of(assessment))).with_name(name)
    path.write_bytes(content)
    [lost] = shelf.unreadable()
    assert (lost.path, reason in lost.reason) == (path, True), lost.reason
    assert [entry.statement_id for entry in shelf.statements()] == [CERAMICS]
    with pytest.raises(DataError, match=reason):
        shelf.put(content)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": "meterproof-statement/9"}, "format 'meterproof-statement/9' is not known"),
        ({"statement_id": "../../etc/passwd"}, "statement_id '../../etc/passwd' is none"),
        ({"version": 0}, "version 0 is none"),
        ({"issued_at": "2026-01-20T09:30:00"}, "issued_at '2026-01-20T09:30:00' has no time zone"),
        ({"status": "splendid"}, "Invalid enum value 'splendid'"),
        ({"streams": None}, r"Expected `array`, got `null` - at `\$.streams`"),
    ],
)
def test_a_statement_that_contradicts_its_shape_is_refused_with_the_place(shelf, assessment, change, reason):
    with pytest.raises(DataError, match=reason):
        shelf.put(bundle_of({**document_of(assessment), **change}))
    assert shelf.statements() == ()


def test_a_bundle_under_another_name_is_not_counted_twice(shelf, assessment):
    path = shelf.put(bundle_of(document_of(assessment)))
    path.with_name("copy of it.zip").write_bytes(path.read_bytes())
    assert [lost.reason for lost in shelf.unreadable()] == [
        f"holds {CERAMICS} version 1; name it {CERAMICS}.v1.zip",
    ]
    assert len(shelf.statements()) == 1


def test_a_member_that_unpacks_to_more_than_any_of_ours_is_not_read(shelf, monkeypatch):
    monkeypatch.setattr(bundle_file, "LARGEST_MEMBER", 1000)
    with pytest.raises(DataError, match=r"statement\.json is larger than 1000 bytes"):
        shelf.put(zipped({"statement.json": b" " * 1001}))


def test_a_file_is_read_once_and_again_when_it_changes(shelf, assessment):
    path = shelf.put(bundle_of(document_of(assessment)))
    first = shelf.find(CERAMICS)
    assert shelf.find(CERAMICS) is first
    path.write_bytes(bundle_of(document_of(assessment, program="meterproof 0.2.0")))
    os.utime(path, ns=(1, 1))
    assert shelf.find(CERAMICS).shape.program == "meterproof 0.2.0"


def test_a_file_that_goes_while_the_shelf_looks_is_no_statement(shelf, assessment, monkeypatch):
    path = shelf.put(bundle_of(document_of(assessment)))
    listed = Path.glob
    monkeypatch.setattr(Path, "glob", lambda folder, pattern: [*listed(folder, pattern), path.with_name("gone.zip")])
    assert [entry.path for entry in shelf.statements()] == [path]


def test_a_write_that_fails_leaves_nothing_behind(shelf, assessment, monkeypatch):
    shelf.put(bundle_of(document_of(assessment)))
    folder = shelf.find(CERAMICS).path.parent

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        shelf.put(bundle_of(document_of(assessment, 2)))
    assert [path.name for path in folder.iterdir()] == [f"{CERAMICS}.v1.zip"]


def test_several_threads_may_put_and_look_at_once(shelf, assessment):
    bundles = [bundle_of(document_of(assessment, version)) for version in range(1, 9)]

    def put(bundle):
        shelf.put(bundle)
        return len(shelf.statements())

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(put, bundles * 2))
    assert all(1 <= count <= 8 for count in seen)
    assert [entry.version for entry in shelf.statements()] == list(range(1, 9))


def test_what_is_no_zip_or_leads_nowhere_is_passed_over(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / "gone.zip").symlink_to(tmp_path / "nowhere.zip")
    assert Shelf(tmp_path).look() == ((), ())
