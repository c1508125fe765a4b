"""The rows behind a statement's charts, as its bundle holds them."""

import csv
from io import StringIO
from pathlib import Path

import numpy as np

from meterproof_api.statements.bundle_file import member
from meterproof_core.errors import DataError
from meterproof_evidence.layout import ROWS, csv_path
from meterproof_mv.dossier.assessment import StreamRows


def stream_rows(bundle: Path, stream: str) -> StreamRows:
    """Return the compared rows of a stream.

    Raises
    ------
    DataError
        When the bundle does not hold them, or they cannot be read.
    """
    name = csv_path(ROWS, stream)
    try:
        cells = list(csv.reader(StringIO(member(bundle, name).decode(), newline=""), strict=True))[1:]
        day, end = (np.array([row[place] for row in cells], "datetime64[D]") for place in (0, 1))
        actual, expected = (np.array([float(row[place] or "nan") for row in cells]) for place in (3, 4))
        period = np.array([row[2] for row in cells], object)
    except (ValueError, IndexError, csv.Error) as error:
        raise DataError(f"{name} is no table of rows ({error})") from None
    return StreamRows(day, end, period, actual, expected, {})
