"""What the programme's page is made of: texts and links, ready to be placed."""

from dataclasses import dataclass

from meterproof_api.programme.rows import Row


@dataclass(frozen=True, slots=True)
class FigureView:
    """A headline figure."""

    id: str
    label: str
    value: str
    text: str


@dataclass(frozen=True, slots=True)
class TonnesView:
    """A cell of tonnes: the verified value, and below it how sure the point value is."""

    verified: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowView:
    """A line of a breakdown."""

    label: str
    row: Row
    count: str
    links: tuple[str, ...]
    more: str
    annual: TonnesView
    other: str
    cumulative: TonnesView
    uses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableView:
    """A breakdown; its rows add up to its total."""

    id: str
    title: str
    head: str
    rows: tuple[RowView, ...]
    total: RowView

    @property
    def lines(self) -> tuple[RowView, ...]:
        """The rows and their total."""
        return *self.rows, self.total


@dataclass(frozen=True, slots=True)
class StatementView:
    """A line of the list of statements."""

    id: str
    version: int
    name: str
    country: str
    sector: str
    technique: str
    period: str
    days: int
    outcome: str
    claimable: bool
    provisional: bool
    state: str
    issued: str
    verified: str
    annual: bool


@dataclass(frozen=True, slots=True)
class ExclusionView:
    """Something that is left out."""

    name: str
    is_statement: bool
    version: str
    simulated: bool
    reason: str
    detail: str
    scope: str
    verified: str


@dataclass(frozen=True, slots=True)
class BlockView:
    """Real plants, or simulated ones."""

    id: str
    title: str
    simulated: bool
    empty: bool
    unsigned: str
    figures: tuple[FigureView, ...]
    tables: tuple[TableView, ...]
    statements: tuple[StatementView, ...]
    more: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProgrammeView:
    """The whole page."""

    cut_off: str
    confidence: str
    year_ends: tuple[str, ...]
    blocks: tuple[BlockView, ...]
    exclusions: tuple[ExclusionView, ...]
    more_exclusions: str
    overlaps: tuple[str, ...]
    asked: str

    @property
    def empty(self) -> bool:
        """Whether nothing counts."""
        return all(block.empty for block in self.blocks)
