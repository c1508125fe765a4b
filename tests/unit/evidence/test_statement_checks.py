"""Identity, factors, paper, and the comparison of what is stated with what follows."""

import zlib
from dataclasses import replace
from datetime import UTC, datetime

import bundle_worlds as worlds
import pytest

from meterproof_evidence.checks.comparison import cell_differences, differences
from meterproof_evidence.checks.factors import factor_problems
from meterproof_evidence.checks.identity import identity_problems
from meterproof_evidence.checks.paper import is_pdf, statement_ids_in
from meterproof_evidence.document import statement_document
from meterproof_evidence.manifest import Manifest
from meterproof_mv.dossier.assess import assess

DOSSIER = worlds.bakery()
DOCUMENT = statement_document(assess(DOSSIER), worlds.identity(DOSSIER))
ID = "test-bakery.2024-01-01.2025-01-01"
MANIFEST = Manifest("meterproof-bundle/1", "meterproof 0.1.0", ID, 1, {})


def identity(plan=DOSSIER.plan, manifest=MANIFEST, **changes):
    return list(identity_problems({**DOCUMENT, **changes}, manifest, plan))


def test_a_statement_as_it_was_issued_has_no_problem():
    assert identity() == []
    assert identity(manifest=replace_manifest(version=2), version=2, supersedes="1") == []
    assert identity(issued_at="2025-01-01T05:00:00Z") == []  # midnight in New York


def replace_manifest(**changes):
    return Manifest(**{name: changes.get(name, getattr(MANIFEST, name)) for name in Manifest.__struct_fields__})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"format": "x/1"}, "format: stated 'x/1', 'meterproof-statement/1' is accepted"),
        ({"state": "signed"}, "state: stated 'signed', 'unsigned' is accepted"),
        ({"program": "other 1"}, "program: 'other 1' in the statement, 'meterproof 0.1.0' in the manifest"),
        ({"version": True}, "version: stated True, a whole number from 1 is accepted"),
        ({"supersedes": "0"}, "supersedes: stated '0' of version 1; the first supersedes none"),
        ({"language": ""}, "language: stated '', a text is accepted"),
        ({"issued_at": "2025-01-01T04:59:59Z"}, "issued_at: stated '2025-01-01T04:59:59Z', which is before the report"),
        ({"issued_at": "2025-06-01T00:00:00"}, "issued_at: stated '2025-06-01T00:00:00' without its zone"),
        ({"issued_at": "soon"}, "issued_at: stated 'soon', an instant such as"),
        ({"issued_at": 7}, "issued_at: stated 7, an instant such as"),
    ],
)
def test_an_identity_that_is_not_its_own_is_named(changes, told):
    (found,) = identity(**changes)
    assert found.startswith(told)


def test_a_later_version_supersedes_one_and_is_a_whole_number():
    assert identity(manifest=replace_manifest(version=2), version=2) == [
        "supersedes: stated None of version 2; the first supersedes none, every other one does"
    ]
    assert identity(manifest=replace_manifest(version=0), version=0) == [
        "version: stated 0, a whole number from 1 is accepted"
    ]


def test_an_id_of_another_plant_is_named_against_plan_and_manifest():
    assert len(identity(statement_id="other.2024-01-01.2025-01-01")) == 2


def test_a_zone_that_does_not_exist_is_a_problem_and_no_traceback():
    plan = replace(DOSSIER.plan, plant=replace(DOSSIER.plan.plant, time_zone="Middle/Earth"))
    assert identity(plan) == ["time zone 'Middle/Earth' unknown; an IANA name such as Asia/Seoul is accepted"]


def factored(**changes):
    return list(factor_problems(DOCUMENT, replace(DOSSIER, **changes)))


def test_factors_as_pinned_and_stated_have_no_problem():
    assert factored() == []


def test_a_factor_that_is_missing_twice_there_without_source_or_no_number_is_named():
    first, *others = DOSSIER.factors
    assert f"stream 'gas' pins factor {first.ref!r}, which is not there" in factored(factors=tuple(others))
    assert factored(factors=(first, *DOSSIER.factors))[0] == f"factor {first.ref!r} is there 2 times"
    unsourced = factored(factors=(replace(first, document=" "), *others))
    assert unsourced[0] == f"factor {first.ref!r} names no publisher or no document"
    assert (
        factored(factors=(replace(first, value="5x"), *others))[0] == f"factor {first.ref!r}: value '5x' is no number"
    )


def test_a_factor_that_the_statement_prints_otherwise_is_named():
    first, *others = DOSSIER.factors
    (told,) = factored(factors=(replace(first, page_or_table="elsewhere"), *others))
    assert told.startswith("factors[0].page_or_table: stated ")


def test_differences_are_named_by_their_place():
    stated = {"a": [1.0, {"b": "x"}], "gone": 1, "c": None, "d": [1]}
    recomputed = {"a": [1.0 + 1e-12, {"b": "y"}], "new": 2, "c": 0.0, "d": [1, 2]}
    assert list(differences(stated, recomputed)) == [
        "a[1].b: stated 'x', recomputed 'y'",
        "c: stated None, recomputed 0.0",
        "d: stated 1 entries, recomputed 2",
        "gone: stated 1, nothing of the kind is computed",
        "new: not stated, recomputed 2",
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1.0, True),
        (1.0, 1.0 + 5e-10, True),
        (1.0, 1.0 + 2e-9, False),
        (0.0, 1e-13, True),
        (True, 1, False),
        (True, True, True),
        ("1", 1, False),
        (10**400, 1.0, False),
        ([], {}, False),
    ],
)
def test_numbers_agree_within_the_tolerance_and_all_else_exactly(one, other, same):
    assert (not list(differences({"x": one}, {"x": other}))) is same


def test_a_long_value_is_cut_where_it_is_named():
    (told,) = differences({"x": "a" * 10_000}, {"x": "b"})
    assert len(told) < 300


def test_cells_that_differ_are_named_by_line_and_column():
    right = b"start,actual\n2024-01-01,1.5\n2024-01-02,2.5\n"
    assert list(cell_differences("rows/a.csv", right, right)) == []
    assert list(cell_differences("rows/a.csv", right.replace(b"2.5", b"2.50000000001"), right)) == []
    assert list(cell_differences("rows/a.csv", right.replace(b"2.5", b"2.6"), right)) == [
        "rows/a.csv line 3 actual: stated '2.6', recomputed '2.5'"
    ]
    assert list(cell_differences("rows/a.csv", right.replace(b"2.5", b"x"), right)) == [
        "rows/a.csv line 3 actual: stated 'x', recomputed '2.5'"
    ]
    assert list(cell_differences("rows/a.csv", right.replace(b"1.5", b"1.5,2"), right)) == [
        "rows/a.csv line 2: stated 3 fields, recomputed 2"
    ]
    assert list(cell_differences("rows/a.csv", right[:-15], right)) == ["rows/a.csv: stated 2 lines, recomputed 3"]
    assert list(cell_differences("rows/a.csv", b"\xff", right)) == ["rows/a.csv line 1: byte 0 is no UTF-8"]


def test_the_id_is_read_from_a_paper_where_it_stands_plainly_or_plainly_packed():
    assert statement_ids_in(b"%PDF-1.7 <dc:identifier>" + ID.encode() + b"</dc:identifier>") == {ID}
    assert statement_ids_in(b"%PDF-1.7 /Title (" + ID.encode("utf-16-be") + b")") == {ID}
    assert statement_ids_in(b"%PDF-1.7 stream\n" + zlib.compress(ID.encode()) + b"endstream") == {ID}
    assert statement_ids_in(b"%PDF-1.7 stream\nnot packed endstream") == set()
    assert is_pdf(b"%PDF-1.7") is True
    assert is_pdf(b"PDF") is False


def test_a_paper_that_unpacks_without_end_is_read_as_far_as_any_title_stands():
    assert statement_ids_in(b"stream\n" + zlib.compress(b"0" * 5_000_000 + ID.encode())) == set()


def test_an_instant_keeps_its_second_and_is_told_in_utc():
    issued = datetime.fromisoformat("2026-03-01T21:00:00+09:00")
    document = statement_document(assess(DOSSIER), worlds.identity(DOSSIER, issued_at=issued))
    assert document["issued_at"] == "2026-03-01T12:00:00Z"
    assert datetime.fromisoformat(document["issued_at"]) == issued.astimezone(UTC)
