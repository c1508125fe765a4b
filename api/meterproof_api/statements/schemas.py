"""What the list of statements answers, for the description of the HTTP API."""

from datetime import date, datetime

from pydantic import BaseModel

from meterproof_api.statements.shelf import Shelf, Shelved


class StatementBrief(BaseModel):
    """One version of a statement; `current` where no later version took its place."""

    statement_id: str
    version: int
    current: bool
    state: str
    status: str
    provisional: bool
    simulated: bool
    plant: str
    name: str
    country: str
    sector: str
    start: date
    end: date
    issued_at: datetime
    verified_co2e_t: float | None
    address: str


class UnreadableFile(BaseModel):
    """A file on the shelf that is no statement."""

    file: str
    reason: str


class StatementsAnswer(BaseModel):
    """Every version of every statement."""

    statements: list[StatementBrief]
    unreadable: list[UnreadableFile]


def statements_answer(shelf: Shelf) -> StatementsAnswer:
    """Return everything on a shelf, by id and version."""
    current = {entry.path for entry in shelf.current()}
    return StatementsAnswer(
        statements=[_brief(entry, current=entry.path in current) for entry in shelf.statements()],
        unreadable=[UnreadableFile(file=entry.path.name, reason=entry.reason) for entry in shelf.unreadable()],
    )


def _brief(entry: Shelved, *, current: bool) -> StatementBrief:
    shape = entry.shape
    return StatementBrief(
        statement_id=shape.statement_id,
        version=shape.version,
        current=current,
        state=shape.state,
        status=shape.status,
        provisional=shape.provisional,
        simulated=shape.simulated,
        plant=shape.plant.id,
        name=shape.plant.name,
        country=shape.plant.country,
        sector=shape.plant.sector,
        start=shape.reporting_period.start,
        end=shape.reporting_period.end,
        issued_at=shape.issued_at,
        verified_co2e_t=shape.tonnes.verified_co2e_t if shape.tonnes else None,
        address=address_of(entry),
    )


def address_of(entry: Shelved) -> str:
    """Return the address of exactly this version."""
    return f"/api/v1/statements/{entry.statement_id}?version={entry.version}"
