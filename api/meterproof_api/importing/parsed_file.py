"""What reading a file gives: rows that can be counted, or everything that is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from meterproof_api.importing.kinds import Kind, Layout
from meterproof_api.importing.problems_of_file import Problem
from meterproof_mv.dossier.series import RecordRow
from meterproof_mv.findings import Finding

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class IntervalColumns:
    """The intervals of one point and quantity, in rising time and without overlap.

    Parameters
    ----------
    start_ms, end_ms : (n,) int64
        Half-open [start, end) [ms since 1970-01-01 UTC].
    amount : (n,) float64
        In the quantity's unit; empty cells are left out.
    line : (n,) int64
        Of the file.
    """

    start_ms: IntArray
    end_ms: IntArray
    amount: FloatArray
    line: IntArray

    def __len__(self) -> int:
        return len(self.amount)


@dataclass(frozen=True, slots=True, eq=False)
class InstantColumns:
    """The readings of one point and quantity, in rising time.

    Parameters
    ----------
    t_ms : (n,) int64
        Instants [ms since 1970-01-01 UTC].
    value : (n,) float64
        In the quantity's unit; empty cells are left out.
    line : (n,) int64
        Of the file.
    """

    t_ms: IntArray
    value: FloatArray
    line: IntArray

    def __len__(self) -> int:
        return len(self.value)


Columns = IntervalColumns | InstantColumns


@dataclass(frozen=True, slots=True, eq=False)
class ParsedFile:
    """A file as it was understood; with a problem in it, nothing of it may be used.

    Parameters
    ----------
    kind : Kind
        What its rows are.
    name, sha256 : str
        Of the file: its name without folders, and the digest of its bytes.
    layout : Layout
        How it was read.
    records : mapping of series to tuple of RecordRow
        By names such as ``bills/natural_gas``, in rising time and without overlap.
    units : mapping of series to str
        The canonical unit of each.
    columns : mapping of (point, quantity) to Columns
        Of intervals and readings.
    problems : tuple of Problem
        What has to be corrected.
    more_problems : int
        How many there are beyond those.
    findings : tuple of Finding
        What was understood in a way that somebody should know.
    """

    kind: Kind
    name: str
    sha256: str
    layout: Layout
    records: Mapping[str, tuple[RecordRow, ...]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[tuple[str, str], Columns] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    more_problems: int = 0
    findings: tuple[Finding, ...] = ()
