"""A bundle: the same bytes every time, and what was put in comes out."""

import json
from dataclasses import replace
from datetime import datetime

import bundle_worlds as worlds
import numpy as np
import pytest

from meterproof_evidence.bundle import build_bundle, read_bundle
from meterproof_evidence.document import Identity, figures_of
from meterproof_evidence.errors import BundleError, IssueError
from meterproof_mv.dossier.assess import assess
from meterproof_mv.dossier.series import Dossier


@pytest.fixture
def kept(tmp_path):
    def kept(content):
        path = tmp_path / "bundle.zip"
        path.write_bytes(content)
        return path

    return kept


def test_the_same_statement_gives_the_same_bytes():
    dossier = worlds.bakery()
    other_way_round = Dossier(dossier.plan, dict(reversed(dossier.series.items())), dossier.factors)
    built = [
        build_bundle(assess(one), worlds.identity(one), pdf=worlds.paper(one)) for one in (dossier, other_way_round)
    ]
    assert built[0] == built[1] == worlds.bundle_of(worlds.bakery)


def test_a_bundle_has_the_documented_files_and_no_others():
    assert list(worlds.files_of(worlds.bundle_of(worlds.mill))) == [
        "README.txt",
        "data/kiln-exit--production_t.csv",
        "data/kiln-gas--volume_m3.csv",
        "factors.json",
        "manifest.json",
        "plan.json",
        "rows/kiln-gas.csv",
        "series.json",
        "statement.json",
        "statement.pdf",
    ]


@pytest.mark.parametrize("world", [worlds.mill, worlds.bakery])
def test_the_dossier_that_is_read_gives_the_stated_figures_bit_by_bit(world, kept):
    read, dossier = read_bundle(kept(worlds.bundle_of(world))), world()
    assert read.dossier.plan == dossier.plan
    assert read.dossier.factors == dossier.factors
    assert figures_of(assess(read.dossier)) == {name: read.statement[name] for name in figures_of(assess(dossier))}
    assert read.pdf == worlds.paper(dossier)
    assert read.manifest.statement_id == read.statement["statement_id"]


def test_the_series_of_a_counter_come_back_with_the_stretches_that_were_imported(kept):
    read, dossier = read_bundle(kept(worlds.bundle_of(worlds.mill))).dossier, worlds.mill()
    for name, series in dossier.series.items():
        assert read.series[name].imported == series.imported
        assert np.array_equal(read.series[name].amount, series.amount)


def test_a_statement_says_that_it_is_unsigned_and_who_issued_it():
    document = json.loads(worlds.files_of(worlds.bundle_of(worlds.mill))["statement.json"])
    head = {name: document[name] for name in list(document)[:8]}
    assert head == {
        "format": "meterproof-statement/1",
        "statement_id": "test-mill.2025-03-02.2025-04-01",
        "version": 1,
        "supersedes": None,
        "state": "unsigned",
        "language": "en",
        "issued_at": "2026-03-01T12:00:00Z",
        "program": "meterproof 0.1.0",
    }


def test_the_readme_says_what_a_stranger_needs():
    mill, bakery = (
        worlds.files_of(worlds.bundle_of(world))["README.txt"].decode() for world in (worlds.mill, worlds.bakery)
    )
    assert "SIMULATED   the plant or its data are invented" in mill
    assert "SIMULATED" not in bakery
    for text in (mill, bakery):
        assert "unsigned: issued by this program" in text
        assert "=LINEST(" in text
    assert "driver   hdd60 from data/drivers--hdd60.csv" in bakery
    assert "heat     36.4 MJ/m3, net: supplier's sheet of 2025" in mill


def test_a_plan_without_data_still_makes_a_bundle_that_says_so(kept):
    dossier = worlds.bakery()
    empty = {name: replace(series, rows=()) for name, series in dossier.series.items()}
    bare = replace(dossier, series=empty)
    read = read_bundle(kept(build_bundle(assess(bare), worlds.identity(bare), pdf=worlds.paper(bare))))
    assert read.dossier.series == empty
    assert read.statement["streams"][0]["savings"] is None


def test_a_category_among_the_drivers_stands_in_the_rows(kept):
    dossier = worlds.mill()
    stream = replace(dossier.plan.streams[0], drivers=("day_type",))
    day_type = replace(dossier.plan.drivers[0], name="day_type", series="", unit="", production=False)
    plan = replace(dossier.plan, streams=(stream,), drivers=(*dossier.plan.drivers, day_type))
    files = worlds.files_of(
        build_bundle(assess(replace(dossier, plan=plan)), worlds.identity(dossier), pdf=worlds.paper(dossier))
    )
    assert files["rows/kiln-gas.csv"].decode().split("\n")[1].endswith(",weekday")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"statement_id": "Mill"}, "statement_id 'Mill'"),
        ({"version": 0}, "version 0: 1 or more"),
        ({"issued_at": datetime(2026, 1, 1)}, "an instant with its zone is accepted"),  # noqa: DTZ001 - the wrong one
    ],
)
def test_an_identity_that_makes_no_sense_is_refused(changes, told):
    with pytest.raises(IssueError, match=told):
        worlds.identity(worlds.mill(), **changes)


def test_figures_are_not_issued_under_the_id_of_others():
    with pytest.raises(IssueError, match=r"is not that of these figures; 'test-bakery\.2024-01-01\.2025-01-01' is"):
        build_bundle(assess(worlds.bakery()), worlds.identity(worlds.mill()), pdf=worlds.paper(worlds.mill()))


def test_a_paper_that_is_none_is_refused():
    dossier = worlds.bakery()
    with pytest.raises(IssueError, match="the paper begins with b'<html>'; a PDF is accepted"):
        build_bundle(assess(dossier), worlds.identity(dossier), pdf=b"<html>")


def test_a_name_too_long_for_a_file_is_refused():
    dossier = worlds.bakery()
    long = replace(dossier, series={**dossier.series, "x" * 300: dossier.series["drivers/hdd60"]})
    with pytest.raises(IssueError, match="too long a name"):
        build_bundle(assess(long), worlds.identity(long), pdf=worlds.paper(long))


def test_a_bundle_with_a_changed_file_is_not_read(kept):
    files = worlds.with_text(worlds.files_of(worlds.bundle_of(worlds.bakery)), "README.txt", "unsigned", "signed")
    with pytest.raises(BundleError, match=r"bundle\.zip: README\.txt: stated \d+ bytes, found \d+"):
        read_bundle(kept(worlds.packed(files)))


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        (None, r"there is no manifest\.json in it; this is no bundle"),
        (b"{}", r"manifest\.json: Object missing required field `format`"),
        (b'{"format":"x/2","program":"","statement_id":"","version":1,"files":{}}', "format 'x/2' is not known"),
        (b'{"format":"x","program":"","statement_id":"","version":1,"files":{"a":{"sha256":"0","bytes":1}}}', "sha256"),
    ],
)
def test_a_manifest_that_is_none_is_told(kept, manifest, told):
    files = {"a": b"1"} if manifest is None else {"manifest.json": manifest}
    with pytest.raises(BundleError, match=told):
        read_bundle(kept(worlds.packed(files)))


def test_a_manifest_may_name_neither_itself_nor_strange_files(kept):
    files = worlds.with_json(
        worlds.files_of(worlds.bundle_of(worlds.bakery)),
        "manifest.json",
        lambda manifest: manifest["files"].update({"manifest.json": manifest["files"]["plan.json"]}),
    )
    with pytest.raises(BundleError, match=r"'manifest\.json' is no file of a bundle"):
        read_bundle(kept(worlds.packed(files)))


def test_an_identity_is_a_value():
    assert worlds.identity(worlds.mill()) == Identity(
        "test-mill.2025-03-02.2025-04-01", 1, None, worlds.identity(worlds.mill()).issued_at, "en", "meterproof 0.1.0"
    )
