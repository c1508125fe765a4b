"""The data of a dossier: what a meter counted, and what people wrote down. Each row keeps its evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from meterproof_mv.dossier.plan import Plan
from meterproof_mv.dossier.vocabulary import Origin
from meterproof_mv.ghg.factors import Factor
from meterproof_mv.heat_content import CalorificBasis

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ImportedRange:
    """A stretch of a counter's intervals that came from a file.

    Parameters
    ----------
    start_ms, end_ms : int
        Half-open [start, end) [ms since 1970-01-01 UTC].
    origin : Origin
        What kind of evidence it is.
    source : str
        Name and digest of the file.
    """

    start_ms: int
    end_ms: int
    origin: Origin
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Metered:
    """Intervals and spans of a counter, in rising time and without overlap.

    Parameters
    ----------
    point, quantity, unit : str
        Metering point, counter and its canonical unit.
    start_ms, end_ms : (n,) int64
        Half-open [start, end) [ms since 1970-01-01 UTC].
    amount : (n,) float64
        What was counted [unit].
    register_start, register_end : (n,) float64
        The boundary registers; NaN where there is none [counts].
    is_span : (n,) bool
        Whether its distribution is unknown.
    imported : tuple of ImportedRange
        The stretches that no gateway read; all else was metered by us.
    """

    point: str
    quantity: str
    unit: str
    start_ms: IntArray
    end_ms: IntArray
    amount: FloatArray
    register_start: FloatArray
    register_end: FloatArray
    is_span: npt.NDArray[np.bool_]
    imported: tuple[ImportedRange, ...] = ()

    def __len__(self) -> int:
        return len(self.start_ms)


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One line of a hand-kept record: a bill, a day's production, a delivery.

    Parameters
    ----------
    start, end : date
        The local days it covers, half-open.
    amount : float
        In the series' unit.
    written, written_unit : str
        The figure and its unit exactly as they stand in the file.
    origin : Origin
        What kind of evidence it is.
    estimated : bool
        Whether the meter was not read for it.
    heat_content, heat_content_unit : str
        In force for this row; empty where none was needed.
    calorific_basis : CalorificBasis or None
        Of a fuel.
    cost, currency : str
        Money of the time; empty where not stated.
    source : str
        File and line.
    """

    start: date
    end: date
    amount: float
    written: str
    written_unit: str
    origin: Origin
    estimated: bool = False
    heat_content: str = ""
    heat_content_unit: str = ""
    calorific_basis: CalorificBasis | None = None
    cost: str = ""
    currency: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The rows of one hand-kept series, in rising time and without overlap.

    Parameters
    ----------
    name, unit : str
        Of the series; its unit is canonical.
    rows : tuple of RecordRow
        At least one where data are there at all.
    spread : bool
        Whether a row that crosses two periods is spread evenly over its days, as a bill is; else a period that a row
        crosses is not known.
    """

    name: str
    unit: str
    rows: tuple[RecordRow, ...]
    spread: bool

    def __len__(self) -> int:
        return len(self.rows)


Series = Metered | Recorded


@dataclass(frozen=True, slots=True, eq=False)
class Dossier:
    """Everything that a statement is computed from.

    Parameters
    ----------
    plan : Plan
        What people decided.
    series : mapping of name to Series
        The data that streams and drivers name.
    factors : tuple of Factor
        The pinned records: emission factors, heating values and global warming potentials.
    """

    plan: Plan
    series: Mapping[str, Series]
    factors: tuple[Factor, ...] = ()
