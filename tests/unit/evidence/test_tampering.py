"""One thing changed in a bundle: the digests find it, and where somebody repaired them, what follows from what does."""

import json

import bundle_worlds as worlds
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meterproof_evidence.bundle import build_bundle
from meterproof_evidence.verification import verify_bundle
from meterproof_mv.dossier.assess import assess


def checked(tmp_path, files):
    path = tmp_path / "bundle.zip"
    path.write_bytes(worlds.packed(files))
    return verify_bundle(path)


def failed(found):
    return {check.name: check.detail for check in found.checks if not check.ok}


MILL, BAKERY = (worlds.files_of(worlds.bundle_of(world)) for world in (worlds.mill, worlds.bakery))
GAS, BILLS = "data/kiln-gas--volume_m3.csv", "data/bills--natural_gas.csv"


def row_of(path, line, files=MILL):
    return files[path].decode().split("\n")[line - 1]


def in_row(path, line, column, text, files=MILL):
    """Return files with another text in one cell of a CSV file without quotes."""
    lines = files[path].decode().split("\n")
    cells = lines[line - 1].split(",")
    assert cells[column] != text
    cells[column] = text
    lines[line - 1] = ",".join(cells)
    return {**files, path: "\n".join(lines).encode()}


def set_in(*path_and_value):
    *path, last, value = path_and_value

    def change(document):
        for key in path:
            document = document[key]
        assert document[last] != value
        document[last] = value

    return change


CHANGES = {
    "a figure": lambda: worlds.with_json(MILL, "statement.json", set_in("streams", 0, "savings", "avoided", 9999.0)),
    "tonnes": lambda: worlds.with_json(MILL, "statement.json", set_in("tonnes", "verified_co2e_t", 90.0)),
    "a status": lambda: worlds.with_json(BAKERY, "statement.json", set_in("status", "claimable")),
    "simulated": lambda: worlds.with_json(MILL, "statement.json", set_in("simulated", False)),
    "a finding taken away": lambda: worlds.with_json(MILL, "statement.json", lambda d: d["streams"][0]["findings"].pop()),
    "an amount": lambda: in_row(GAS, 7000, 2, "3.5"),
    "an amount in its last digits": lambda: in_row(GAS, 7000, 2, repr(float(row_of(GAS, 7000).split(",")[2]) * (1 + 1e-7))),
    "a register at the start": lambda: in_row(GAS, 500, 3, "1.0"),
    "a register at the end": lambda: in_row(GAS, 500, 4, "99999999.0"),
    "a register that makes the row fall": lambda: in_row(GAS, 500, 4, "0.0"),
    "a register taken away": lambda: in_row(GAS, 500, 4, ""),
    "a start": lambda: in_row(GAS, 500, 0, "2025-01-05T21:44:00Z"),
    "an end": lambda: in_row(GAS, 500, 1, "2025-01-05T21:59:00Z"),
    "a kind": lambda: in_row(GAS, 500, 5, "span"),
    "a bill's amount": lambda: in_row("data/production--output.csv", 5, 2, "9.0", BAKERY),
    "a written figure": lambda: in_row("data/production--output.csv", 5, 3, "9.0", BAKERY),
    "a written unit": lambda: worlds.with_text(BAKERY, BILLS, "MMBtu", "GJ"),
    "a bill's estimate": lambda: worlds.with_text(BAKERY, BILLS, "bill,no", "bill,yes"),
    "a kind of evidence": lambda: worlds.with_text(MILL, "series.json", '"log"', '"interview"'),
    "a compared row": lambda: in_row("rows/kiln-gas.csv", 40, 3, "1.0"),
    "a driver in a compared row": lambda: in_row("rows/kiln-gas.csv", 40, 5, "1.0"),
    "a factor": lambda: worlds.with_text(MILL, "factors.json", '"56100"', '"66100"'),
    "a factor's source": lambda: worlds.with_text(MILL, "factors.json", "Volume 2", "Volume 3"),
    "a period": lambda: worlds.with_json(MILL, "plan.json", set_in("baseline", "start", "2025-01-03")),
    "a driver's role": lambda: worlds.with_json(MILL, "plan.json", set_in("drivers", 0, "production", False)),
    "a heat content": lambda: worlds.with_json(MILL, "plan.json", set_in("streams", 0, "heat_content", "value", "39")),
    "a heat content's source": lambda: worlds.with_text(MILL, "plan.json", "supplier's sheet", "nobody's sheet"),
    "an option": lambda: worlds.with_json(MILL, "plan.json", set_in("options", 0, "technique", "product_modification")),
    "a unit": lambda: worlds.with_text(MILL, "series.json", '"unit": "m3"', '"unit": "t"'),
    "an id": lambda: worlds.with_json(MILL, "statement.json", set_in("statement_id", "other.2025-03-02.2025-04-01")),
    "an instant": lambda: worlds.with_json(MILL, "statement.json", set_in("issued_at", "2025-03-31T00:00:00Z")),
    "a version": lambda: worlds.with_json(MILL, "statement.json", set_in("version", 2)),
    "a state": lambda: worlds.with_json(MILL, "statement.json", set_in("state", "signed")),
    "a format": lambda: worlds.with_json(MILL, "statement.json", set_in("format", "meterproof-statement/0")),
    "another paper": lambda: {**MILL, "statement.pdf": b"%PDF-1.7\nother.2025-03-02.2025-04-01"},
    "no paper": lambda: {**MILL, "statement.pdf": b"<html>"},
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_found_by_the_digests(tmp_path, change):
    assert "SHA-256" in failed(checked(tmp_path, CHANGES[change]()))["files"]


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_found_though_the_manifest_was_repaired(tmp_path, change):
    found = failed(checked(tmp_path, worlds.repaired(CHANGES[change]())))
    assert found
    assert "files" not in found


FIGURELESS = {
    "a cost": lambda: worlds.with_text(BAKERY, BILLS, "1200.50", "1100.50"),
    "a row's source": lambda: worlds.with_text(BAKERY, BILLS, "line 2", "line 9"),
    "a metering point": lambda: worlds.with_text(MILL, "series.json", '"kiln-exit"', '"gate"'),
    "an imported file's name": lambda: worlds.with_text(MILL, "series.json", "history.csv", "guesses.csv"),
    "the way to check by hand": lambda: worlds.with_text(MILL, "README.txt", "rounded down", "rounded up"),
    "the paper's words": lambda: worlds.with_text(MILL, "statement.pdf", "nothing to see", "100 t saved"),
    "the language": lambda: worlds.with_json(MILL, "statement.json", set_in("language", "fr")),
}  # fmt: skip
"""What no figure follows from: documented as guarded by the digests alone, until statements are signed."""


@pytest.mark.parametrize("change", FIGURELESS)
def test_what_no_figure_follows_from_is_guarded_by_its_digest(tmp_path, change):
    assert "files" in failed(checked(tmp_path, FIGURELESS[change]()))


@pytest.mark.parametrize("change", FIGURELESS)
def test_what_no_figure_follows_from_is_not_found_once_the_manifest_was_repaired(tmp_path, change):
    assert failed(checked(tmp_path, worlds.repaired(FIGURELESS[change]()))) == {}


def test_a_forgery_of_everything_at_once_holds_until_there_are_signatures(tmp_path):
    forged = worlds.mill(cut=0.4)
    path = tmp_path / "bundle.zip"
    path.write_bytes(build_bundle(assess(forged), worlds.identity(forged), pdf=worlds.paper(forged)))
    assert verify_bundle(path).ok


def test_the_whole_bundle_of_each_plant_holds(tmp_path):
    for files in (MILL, BAKERY):
        assert failed(checked(tmp_path, files)) == {}
        assert failed(checked(tmp_path, worlds.repaired(files))) == {}


def test_a_changed_figure_is_named_with_both_values(tmp_path):
    true = json.loads(MILL["statement.json"])["streams"][0]["savings"]["avoided"]
    found = failed(checked(tmp_path, worlds.repaired(CHANGES["a figure"]())))
    assert found == {"figures": f"streams[0].savings.avoided: stated 9999.0, recomputed {true!r}"}


def test_a_changed_amount_is_named_with_its_line_and_its_registers(tmp_path):
    found = failed(checked(tmp_path, worlds.repaired(CHANGES["an amount"]())))
    assert "kiln-gas/volume_m3 line 7000 (2025-03-14T" in found["data"]
    assert "amount 3.5 m3, but its registers differ by" in found["data"]
    assert "each worth 0.01 m3" in found["data"]
    assert "streams[0].savings.actual" in found["figures"]


def test_a_missing_file_an_unknown_one_and_one_that_no_manifest_names_are_told(tmp_path):
    without = {name: content for name, content in MILL.items() if name != "statement.pdf"}
    found = failed(checked(tmp_path, without))
    assert found == {"files": "statement.pdf is missing", "paper": "statement.pdf is no PDF"}
    assert "'setup.exe' is no file of a bundle" in failed(checked(tmp_path, {**MILL, "setup.exe": b""}))["files"]
    assert failed(checked(tmp_path, {**MILL, "rows/x.csv": b""})) == {
        "files": "rows/x.csv is not in the manifest",
        "figures": "rows/x.csv belongs to no stream",
    }
    no_rows = worlds.repaired({name: content for name, content in MILL.items() if name != "rows/kiln-gas.csv"})
    assert failed(checked(tmp_path, no_rows)) == {"figures": "rows/kiln-gas.csv is missing"}


def test_what_cannot_be_read_ends_in_a_failed_check_that_names_the_place(tmp_path):
    found = checked(tmp_path, worlds.repaired(in_row(GAS, 9, 2, "much")))
    assert failed(found)["content"].startswith(f"{GAS} line 9: amount [m3] 'much'; a finite number is accepted\n")
    assert found.statement["statement_id"] == "test-mill.2025-03-02.2025-04-01"
    missing = {name: content for name, content in MILL.items() if name != "plan.json"}
    assert "plan.json is missing" in failed(checked(tmp_path, missing))["content"]
    assert checked(tmp_path, {**MILL, "statement.json": b"[1]"}).statement is None


def test_many_contradictions_are_counted_and_the_first_named(tmp_path):
    zeroed = MILL
    for line in range(100, 130):
        zeroed = in_row("rows/kiln-gas.csv", line - 60, 3, "1.0", zeroed)
    detail = failed(checked(tmp_path, worlds.repaired(zeroed)))["figures"]
    assert detail.endswith("\nand 10 more")


def test_a_plan_that_contradicts_its_data_is_a_failed_check(tmp_path):
    files = worlds.with_json(MILL, "plan.json", set_in("streams", 0, "series", "nothing"))
    assert "nothing could be computed: plant 'test-mill'" in failed(checked(tmp_path, files))["figures"]


def test_a_plan_of_a_thousand_years_is_not_computed(tmp_path):
    files = worlds.with_json(MILL, "plan.json", set_in("baseline", "start", "1025-01-01"))
    assert "span 365" in failed(checked(tmp_path, files))["figures"]


def test_whatever_the_maths_does_with_a_strangers_data_no_traceback_comes_of_it(tmp_path):
    def broken(dossier):
        raise ZeroDivisionError("by zero")

    path = tmp_path / "bundle.zip"
    path.write_bytes(worlds.bundle_of(worlds.mill))
    assert failed(verify_bundle(path, assess=broken)) == {
        "figures": "could not be checked to its end: ZeroDivisionError: by zero"
    }


def test_a_paper_that_names_the_statement_says_so(tmp_path):
    named = {**MILL, "statement.pdf": b"%PDF-1.7\n<test-mill.2025-03-02.2025-04-01>"}
    (paper,) = (check for check in checked(tmp_path, named).checks if check.name == "paper")
    assert paper.ok
    assert paper.detail.startswith("names the statement")


STRANGE = (
    "",
    "0",
    "-1",
    "1e308",
    "-1e-308",
    "null",
    "true",
    "[]",
    "{}",
    '"',
    ",",
    "\n",
    "9" * 20,
    "\x00",
    "\xff",
    "1970",
    "/",
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted({*BAKERY} - {"manifest.json"})),
    at=st.floats(0, 1),
    width=st.integers(0, 30),
    text=st.sampled_from(STRANGE),
)
def test_whatever_stands_in_a_file_the_answer_is_a_verification(tmp_path, name, at, width, text):
    content = BAKERY[name]
    place = round(at * len(content))
    changed = content[:place] + text.encode("latin-1") + content[place + width :]
    found = checked(tmp_path, worlds.repaired({**BAKERY, name: changed}))
    assert found.is_bundle
    assert [check.name for check in found.checks][:3] == ["bundle", "files", "content"]


def test_a_paper_that_names_no_statement_is_none_of_ours(tmp_path):
    nameless = worlds.repaired({**MILL, "statement.pdf": b"%PDF-1.4 hello"})
    assert failed(checked(tmp_path, nameless)) == {
        "paper": "statement.pdf names no statement; test-mill.2025-03-02.2025-04-01 is expected in it"
    }
