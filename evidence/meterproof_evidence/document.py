"""``statement.json``: who issued which figures when, and the figures."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from meterproof_evidence.canonical import Json, plain
from meterproof_evidence.errors import IssueError
from meterproof_evidence.layout import STATEMENT_FORMAT
from meterproof_mv.dossier.assessment import Assessment
from meterproof_mv.dossier.plan import Plan

UNSIGNED = "unsigned"
"""The one state that there is until statements can be signed."""
IDENTITY_KEYS = ("format", "statement_id", "version", "supersedes", "state", "language", "issued_at", "program")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\.\d{4}-\d{2}-\d{2}\.\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Identity:
    """Which statement it is.

    Parameters
    ----------
    statement_id : str
        ``<plant>.<first day>.<end day>`` of the reporting period; the same for all versions.
    version : int
        From 1; a correction is a new version.
    supersedes : str or None
        Which version it takes the place of, such as ``1``; None of the first.
    issued_at : datetime
        With its zone.
    language : str
        Of the paper, as ``en``.
    program : str
        Name and version of the program that issued it.
    """

    statement_id: str
    version: int
    supersedes: str | None
    issued_at: datetime
    language: str
    program: str

    def __post_init__(self) -> None:
        if _ID.fullmatch(self.statement_id) is None:
            raise IssueError(f"statement_id {self.statement_id!r}: <plant>.<first day>.<end day> is accepted")
        if self.version < 1:
            raise IssueError(f"version {self.version}: 1 or more is accepted")
        if self.issued_at.tzinfo is None:
            raise IssueError(f"issued_at {self.issued_at}: an instant with its zone is accepted")


def statement_id_of(plan: Plan) -> str:
    """Return the id of the statement on a plan."""
    return f"{plan.plant.id}.{plan.reporting.start.isoformat()}.{plan.reporting.end.isoformat()}"


def statement_document(assessment: Assessment, identity: Identity) -> Json:
    """Return the statement as its JSON reads: identity and figures.

    Parameters
    ----------
    assessment : Assessment
        The figures.
    identity : Identity
        Which statement it is; its id has to be the one of the assessment's plant and reporting period.

    Raises
    ------
    IssueError
        When it is not.
    """
    expected = statement_id_of(assessment.dossier.plan)
    if identity.statement_id != expected:
        raise IssueError(f"statement_id {identity.statement_id!r} is not that of these figures; {expected!r} is")
    issued_at = identity.issued_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    head = {
        "format": STATEMENT_FORMAT,
        "statement_id": identity.statement_id,
        "version": identity.version,
        "supersedes": identity.supersedes,
        "state": UNSIGNED,
        "language": identity.language,
        "issued_at": issued_at,
        "program": identity.program,
    }
    return head | figures_of(assessment)


def figures_of(assessment: Assessment) -> Json:
    """Return the figures of a statement as they come back from its JSON."""
    figures: Json = plain(assessment.to_dict())
    return figures
