"""Every case folder: a file, how it is to be read, and what comes out of it, word for word."""

import json
from pathlib import Path

import msgspec
import pytest

from meterproof_api.importing.kinds import Layout
from meterproof_api.importing.parsed_file import InstantColumns
from meterproof_api.importing.reading import read_file

FOLDER = Path(__file__).parents[2] / "cases" / "import"
CASES = sorted(path.parent.name for path in FOLDER.glob("*/file.csv"))
ALWAYS = ("start", "end", "amount")


def _row(row):
    values = {name: getattr(row, name) for name in row.__dataclass_fields__ if name not in ("origin", "source")}
    return {name: value for name, value in values.items() if value or name in ALWAYS}


def _columns(columns):
    if isinstance(columns, InstantColumns):
        return {"t_ms": columns.t_ms.tolist(), "value": columns.value.tolist(), "line": columns.line.tolist()}
    return {name: getattr(columns, name).tolist() for name in ("start_ms", "end_ms", "amount", "line")}


def shown(parsed):
    told = {
        "problems": [str(problem) for problem in parsed.problems],
        "findings": [finding.message for finding in parsed.findings],
        "records": {
            f"{name} [{parsed.units[name]}]": [_row(row) for row in rows] for name, rows in parsed.records.items()
        },
        "columns": {"/".join(key): _columns(columns) for key, columns in parsed.columns.items()},
    }
    return json.loads(json.dumps({part: value for part, value in told.items() if value}, default=str))


def test_there_are_cases():
    assert len(CASES) >= 45


@pytest.mark.parametrize("name", CASES)
def test_a_file_gives_its_rows_or_everything_that_is_wrong_with_it(name):
    layout = msgspec.json.decode((FOLDER / name / "layout.json").read_bytes(), type=Layout)
    parsed = read_file(FOLDER / name / "file.csv", layout)
    assert shown(parsed) == json.loads((FOLDER / name / "expected.json").read_text())
    assert not (parsed.problems and (parsed.records or parsed.columns))
