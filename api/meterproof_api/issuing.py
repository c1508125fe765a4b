"""Issues a statement: gathers a dossier, computes its figures, prints them, binds the evidence, keeps the bundle."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from meterproof_api import __version__
from meterproof_api.gathering import Books, gather
from meterproof_api.paper import statement_pdf
from meterproof_api.plants import Plant
from meterproof_api.statements.shelf import Shelf, Shelved
from meterproof_core.errors import DataError
from meterproof_evidence.bundle import build_bundle
from meterproof_evidence.document import IDENTITY_KEYS, Identity, figures_of, statement_document, statement_id_of
from meterproof_evidence.errors import EvidenceError
from meterproof_mv.dossier.assess import assess
from meterproof_mv.dossier.assessment import Assessment
from meterproof_mv.errors import MvError

PROGRAM = f"meterproof {__version__}"
LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Issued:
    """What became of issuing a statement.

    Parameters
    ----------
    statement : Shelved
        The current version.
    new : bool
        Whether it was issued now; else the same figures had been issued before.
    """

    statement: Shelved
    new: bool


def issue(plant: Plant, books: Books, shelf: Shelf, *, issued_at: datetime) -> Issued:
    """Return the current statement of a plant, issued now when its figures are not those of the last version.

    Parameters
    ----------
    plant : Plant
        Whose.
    books : Books
        Its data.
    shelf : Shelf
        Where statements are kept; a correction becomes a new version beside the old one.
    issued_at : datetime
        Now, with its zone.

    Raises
    ------
    DataError
        When the data cannot be used at all.
    StoreError
        When a store fails.
    """
    try:
        assessment = assess(gather(plant, books))
    except MvError as error:
        raise DataError(f"plant {plant.id!r}: {error}") from error
    _check_over(plant, issued_at)
    last = shelf.find(statement_id_of(assessment.dossier.plan))
    if last is not None and _figures(last) == figures_of(assessment):
        return Issued(last, new=False)
    try:
        bundle = _bundle(assessment, _identity(assessment, last, issued_at))
    except EvidenceError as error:
        raise DataError(f"plant {plant.id!r}: {error}") from error
    path = shelf.put(bundle)
    return Issued(_kept(shelf, statement_id_of(assessment.dossier.plan), path.name), new=True)


def _check_over(plant: Plant, issued_at: datetime) -> None:
    today = issued_at.astimezone(ZoneInfo(plant.time_zone)).date()
    if today < plant.reporting_period.end:
        raise DataError(
            f"plant {plant.id!r}: its reporting period ends {plant.reporting_period.end} and it is {today} there; "
            "a statement is issued when the period is over"
        )


def _figures(statement: Shelved) -> dict[str, object]:
    return {name: value for name, value in statement.document.items() if name not in IDENTITY_KEYS}


def _identity(assessment: Assessment, last: Shelved | None, issued_at: datetime) -> Identity:
    return Identity(
        statement_id=statement_id_of(assessment.dossier.plan),
        version=last.version + 1 if last else 1,
        supersedes=str(last.version) if last else None,
        issued_at=issued_at.replace(microsecond=0),
        language=LANGUAGE,
        program=PROGRAM,
    )


def _bundle(assessment: Assessment, identity: Identity) -> bytes:
    document = statement_document(assessment, identity)
    pdf = statement_pdf(document, {stream.stream.id: stream.rows for stream in assessment.streams})
    return build_bundle(assessment, identity, pdf=pdf)


def _kept(shelf: Shelf, statement_id: str, file_name: str) -> Shelved:
    found = shelf.find(statement_id)
    if found is None:
        raise DataError(f"{file_name}: was put on the shelf and cannot be read from it; see `statement show`")
    return found
