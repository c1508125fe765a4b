"""Builds a bundle, and reads one back: everything that a statement was computed from, in one file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from meterproof_evidence.archive import read_archive, write_archive
from meterproof_evidence.canonical import Json, converted, decode, encode
from meterproof_evidence.document import Identity, statement_document
from meterproof_evidence.errors import BundleError, IssueError
from meterproof_evidence.layout import (
    BUNDLE_FORMAT,
    FACTORS,
    MANIFEST,
    PDF,
    PLAN,
    README,
    ROWS,
    SERIES,
    STATEMENT,
    csv_path,
    is_known,
)
from meterproof_evidence.manifest import Manifest, file_entries, file_problems, read_manifest
from meterproof_evidence.readme import readme
from meterproof_evidence.rows_csv import rows_csv
from meterproof_evidence.series_list import Entries, entries_of, read_series, series_csv
from meterproof_mv.dossier.assessment import Assessment
from meterproof_mv.dossier.plan import Plan
from meterproof_mv.dossier.series import Dossier
from meterproof_mv.ghg.factors import Factor

_PDF_MARK = b"%PDF-"


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A bundle whose files are all there, as their digests say, and readable.

    Parameters
    ----------
    manifest : Manifest
        Its files.
    statement : dict
        ``statement.json``.
    dossier : Dossier
        What the statement was computed from.
    pdf : bytes
        The statement on paper.
    """

    manifest: Manifest
    statement: Json
    dossier: Dossier
    pdf: bytes


def build_bundle(assessment: Assessment, identity: Identity, *, pdf: bytes) -> bytes:
    """Return a statement with its evidence as a zip file; the same input gives the same bytes.

    Parameters
    ----------
    assessment : Assessment
        The figures, and the dossier that they follow from.
    identity : Identity
        Which statement it is.
    pdf : bytes
        The statement on paper.

    Raises
    ------
    IssueError
        When identity and figures do not fit, the paper is no PDF, or a name cannot become that of a file.
    """
    if not pdf.startswith(_PDF_MARK):
        raise IssueError(f"the paper begins with {pdf[:8]!r}; a PDF is accepted")
    dossier = assessment.dossier
    document = statement_document(assessment, identity)
    entries = entries_of(dossier.series)
    files = {
        STATEMENT: encode(document),
        PDF: pdf,
        PLAN: encode(dossier.plan),
        SERIES: encode(entries),
        FACTORS: encode(dossier.factors),
        README: readme(assessment, document).encode(),
        **{entry.file: series_csv(dossier.series[name]) for name, entry in entries.items()},
        **rows_files(assessment),
    }
    for path in files:
        if not is_known(path):
            raise IssueError(f"{path!r} is too long a name for a file of a bundle")
    manifest = Manifest(
        format=BUNDLE_FORMAT,
        program=identity.program,
        statement_id=identity.statement_id,
        version=identity.version,
        files=file_entries(files),
    )
    return write_archive({MANIFEST: encode(manifest), **files})


def rows_files(assessment: Assessment) -> dict[str, bytes]:
    """Return the compared rows of every stream by file."""
    return {csv_path(ROWS, stream.stream.id): rows_csv(stream) for stream in assessment.streams}


def read_bundle(path: Path) -> Bundle:
    """Return what a bundle holds; its figures are not computed again.

    Raises
    ------
    BundleError
        When it is no bundle, a file is missing, unknown or not as its digest says, or cannot be read.
    """
    files = read_archive(path)
    manifest = read_manifest(files)
    for problem in file_problems(manifest, files):
        raise BundleError(f"{path.name}: {problem}")
    return Bundle(manifest, read_statement(files), read_dossier(files), files[PDF])


def read_statement(files: Mapping[str, bytes]) -> Json:
    """Return ``statement.json``.

    Raises
    ------
    BundleError
        When it cannot be read.
    """
    return converted(STATEMENT, decode(STATEMENT, _file(files, STATEMENT)), Json)


def read_dossier(files: Mapping[str, bytes]) -> Dossier:
    """Return plan, series and factors.

    Raises
    ------
    BundleError
        Naming the file and what in it cannot be read.
    """
    plan = converted(PLAN, decode(PLAN, _file(files, PLAN)), Plan)
    entries = converted(SERIES, decode(SERIES, _file(files, SERIES)), Entries)
    factors = converted(FACTORS, decode(FACTORS, _file(files, FACTORS)), tuple[Factor, ...])
    return Dossier(plan, read_series(entries, files), factors)


def _file(files: Mapping[str, bytes], path: str) -> bytes:
    if path not in files:
        raise BundleError(f"{path} is missing")
    return files[path]
