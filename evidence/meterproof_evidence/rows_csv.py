"""The rows that a stream's model compared, as CSV: what a spreadsheet needs to fit the same line.

They follow from the data; a check computes them again and compares.
"""

import numpy as np

from meterproof_evidence.number_columns import floats_text
from meterproof_evidence.plain_table import text_table_bytes
from meterproof_mv.dossier.assessment import StreamAssessment


def rows_csv(stream: StreamAssessment) -> bytes:
    """Return the compared rows of a stream as CSV: empty where an amount is not known."""
    rows, unit = stream.rows, stream.stream.unit
    columns = [
        np.datetime_as_string(rows.day).tolist(),
        np.datetime_as_string(rows.end).tolist(),
        rows.period.tolist(),
        floats_text(rows.actual),
        floats_text(rows.expected),
        *(_texts(column) for column in rows.drivers.values()),
    ]
    header = ("start", "end", "period", f"actual [{unit}]", f"expected [{unit}]", *rows.drivers)
    return text_table_bytes([header, *zip(*columns, strict=True)])


def _texts(column: np.ndarray[tuple[int], np.dtype[np.generic]]) -> list[str]:
    if column.dtype.kind == "f":
        return floats_text(column.astype(np.float64))
    return ["" if value is None else str(value) for value in column.tolist()]
