"""What a statement shows, part by part, in words and formatted figures; page and paper only place it."""

from collections.abc import Sequence
from dataclasses import dataclass

Term = tuple[str, str]


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding in plain words; its code leads to the same finding in ``statement.json``."""

    weight: str
    label: str
    title: str
    message: str
    mend: str
    clause: str
    code: str


@dataclass(frozen=True, slots=True)
class FigureView:
    """A key figure, what it is, and the point value and interval beside it; faint where it is no part of the claim."""

    label: str
    value: str
    text: str
    beside: str
    faint: bool = False


@dataclass(frozen=True, slots=True)
class TableView:
    """A table whose first column names the rows; text columns are named, all others hold figures."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    text_columns: Sequence[int] = (0,)


@dataclass(frozen=True, slots=True)
class ChartView:
    """A chart of a stream."""

    stream: str
    name: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class StreamView:
    """Everything about one stream."""

    id: str
    heading: str
    badge: str
    status: str
    claimed: str
    method: Sequence[Term]
    no_model: str
    coefficients: TableView | None
    data: TableView
    figures: Sequence[Term]
    charts: Sequence[ChartView]
    findings: Sequence[FindingView]


@dataclass(frozen=True, slots=True)
class StatementView:
    """Everything on the page of a statement and on its paper."""

    id: str
    version: int
    plant_id: str
    plant: str
    where: str
    simulated: bool
    marks: Sequence[str]
    identity: Sequence[Term]
    status: str
    badge: str
    sentences: Sequence[str]
    figures: Sequence[FigureView]
    why: str
    reasons: Sequence[str]
    project: Sequence[Term]
    chart: ChartView | None
    options: Sequence[Sequence[Term]]
    streams: Sequence[StreamView]
    findings: Sequence[FindingView]
    emissions: TableView | None
    emissions_text: Sequence[str]
    factors: TableView | None
    limits: Sequence[str]
    verify: Sequence[str]
    command: str
