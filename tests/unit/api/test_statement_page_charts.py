"""The charts of a statement add up to its figures, and what is not known leaves a hole."""

import numpy as np
import pytest
from statement_worlds import assess, ceramics, document_of, food, several, zipped

from meterproof_api.drawing import Drawing
from meterproof_api.statements.charts import CHARTS, baseline_chart, cumulative_chart, months_chart
from meterproof_api.statements.document import shaped
from meterproof_api.statements.rows import stream_rows
from meterproof_core.errors import DataError
from meterproof_mv.dossier.assessment import StreamRows


def stream_and_rows(dossier, place=0):
    assessment = assess(dossier)
    return shaped(document_of(assessment)).streams[place], assessment.streams[place].rows


@pytest.fixture(scope="module")
def kiln():
    return stream_and_rows(ceramics())


def test_months_add_up_to_adjusted_baseline_and_actual_use(kiln):
    stream, rows = kiln
    values = months_chart(stream, rows)["data"]["values"]
    sums = {
        side: sum(row["amount"] for row in values if row["side"] == side) for side in {row["side"] for row in values}
    }
    assert sums["Actual use"] == pytest.approx(stream.savings.actual)
    assert sums["Baseline model"] == pytest.approx(stream.savings.adjusted_baseline)
    assert [row["day"] for row in values[::2]] == [f"2025-{month:02}-01" for month in range(1, 13)]


def test_the_cumulative_difference_ends_at_the_point_value_with_its_interval(kiln):
    spec = cumulative_chart(*kiln)
    assert spec["data"]["values"][0] == {"day": "2025-01-01", "sum": 0.0}
    last = spec["data"]["values"][-1]
    assert (last["day"], last["sum"]) == ("2026-01-01", pytest.approx(kiln[0].savings.avoided))
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["rule", "line", "errorbar", "text"]


def test_without_an_interval_no_bar_is_drawn(kiln):
    stream, rows = stream_and_rows(food())
    assert stream.savings.lower is None
    assert [layer["mark"]["type"] for layer in cumulative_chart(stream, rows)["layer"]] == ["rule", "line"]


def test_a_row_that_is_not_known_leaves_a_hole():
    stream, rows = stream_and_rows(several(), place=1)
    values = baseline_chart(stream, rows)["data"]["values"]
    assert [row["day"] for row in values if row["actual"] is None] == [f"2024-02-{day:02}" for day in range(10, 22)]
    assert values[-1]["day"] == "2026-01-01"


def test_no_rows_give_an_empty_chart(kiln):
    nothing, days = np.array([]), np.array([], "datetime64[D]")
    rows = StreamRows(days, days, np.array([], object), nothing, nothing, {})
    for make in CHARTS.values():
        assert len(make(kiln[0], rows)["data"]["values"]) <= 1


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_can_be_drawn_the_same_twice(kiln, name):
    spec = {**CHARTS[name](*kiln), "width": 400}
    first, second = (Drawing().svg(spec) for _ in range(2))
    assert first == second
    assert first.count("<path") > 3


@pytest.mark.parametrize(
    "table",
    [b"\xff", b"start,end\nnow,then\n", b"a\n2025-01-01,2025-01-02\n", b'a\n"2025-01-01"x,1\n', b"a\n1,2,3,four,5\n"],
)
def test_rows_that_are_no_table_are_an_error_that_names_the_file(tmp_path, table):
    bundle = tmp_path / "b.zip"
    bundle.write_bytes(zipped({"rows/kiln-gas.csv": table}))
    with pytest.raises(DataError, match=r"rows/kiln-gas\.csv is no table of rows"):
        stream_rows(bundle, "kiln-gas")
