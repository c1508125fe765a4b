"""Whether a bundle is whole and its figures follow from its data: nothing in it is believed, all is computed again.

Every check gives a value, so that one that fails hides none of those behind it. What cannot be read ends in a failed
check that names file and place, never in a traceback.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from meterproof_evidence.archive import read_archive
from meterproof_evidence.bundle import read_dossier, read_statement
from meterproof_evidence.canonical import Json
from meterproof_evidence.checks.factors import factor_problems
from meterproof_evidence.checks.figures import Assess, figure_problems
from meterproof_evidence.checks.identity import identity_problems
from meterproof_evidence.checks.metered import metered_problems
from meterproof_evidence.checks.paper import is_pdf, statement_ids_in
from meterproof_evidence.checks.recorded import recorded_problems
from meterproof_evidence.document import UNSIGNED
from meterproof_evidence.errors import BundleError
from meterproof_evidence.layout import PDF
from meterproof_evidence.manifest import Manifest, file_problems, read_manifest
from meterproof_mv.dossier.assess import assess
from meterproof_mv.dossier.series import Dossier, Metered

NOT_CHECKED = (
    "who issued it: statements carry no signature yet; whoever changes data, figures and digests together is not found",
    "the formulas: the figures are computed again by the maths that computed them first; README.txt in the bundle says "
    "how to compute them without it",
    "what no figure follows from: remarks, costs, sources, README.txt and the text of the PDF are guarded by their "
    "digests alone",
)
"""What passing all checks does not say."""
_NAMED = 20


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Parameters
    ----------
    name : str
        ``bundle``, ``files``, ``content``, ``data``, ``factors``, ``figures``, ``identity`` or ``paper``.
    ok : bool
        Whether it holds; False also where it could not be looked at.
    detail : str
        What was found; of a check that fails, a line for each contradiction.
    """

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True, eq=False)
class Verification:
    """What was found of a bundle.

    Parameters
    ----------
    path : Path
        Which.
    checks : tuple of Check
        In the order in which they were made.
    statement : dict or None
        ``statement.json``, as far as it could be read.
    """

    path: Path
    checks: tuple[Check, ...]
    statement: Json | None = None

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return all(check.ok for check in self.checks)

    @property
    def is_bundle(self) -> bool:
        """Whether it is a bundle at all."""
        return self.checks[0].ok

    @property
    def simulated(self) -> bool:
        """Whether plant or data are invented, as far as the statement says so."""
        return bool(self.statement and self.statement.get("simulated"))

    def to_dict(self) -> Json:
        """Return it JSON-able."""
        stated = self.statement or {}
        return {
            "path": str(self.path),
            "ok": self.ok,
            "is_bundle": self.is_bundle,
            "statement_id": stated.get("statement_id"),
            "version": stated.get("version"),
            "status": stated.get("status"),
            "simulated": self.simulated,
            "state": UNSIGNED,
            "checks": [{"name": one.name, "ok": one.ok, "detail": one.detail} for one in self.checks],
            "not_checked": list(NOT_CHECKED),
        }


def verify_bundle(path: Path, *, assess: Assess = assess) -> Verification:
    """Return what checking a bundle found; whatever the file holds, this raises nothing.

    Parameters
    ----------
    path : Path
        The bundle.
    assess : callable
        The maths that computes the figures again.
    """
    try:
        files = read_archive(path)
        manifest = read_manifest(files)
    except BundleError as error:
        return Verification(path, (Check("bundle", ok=False, detail=str(error)),))
    checks = (
        Check("bundle", ok=True, detail=f"{manifest.format}, written by {manifest.program}"),
        _check("files", f"{len(manifest.files)} files, SHA-256 and size as stated", file_problems(manifest, files)),
    )
    statement: Json | None = None
    try:
        statement = read_statement(files)
        dossier = read_dossier(files)
    except BundleError as error:
        unread = Check("content", ok=False, detail=f"{error}\nnothing behind it could be checked")
        return Verification(path, (*checks, unread), statement)
    opened = _Opened(files, manifest, statement, dossier)
    return Verification(path, (*checks, *_content_checks(opened, assess)), statement)


@dataclass(frozen=True, slots=True, eq=False)
class _Opened:
    files: Mapping[str, bytes]
    manifest: Manifest
    statement: Json
    dossier: Dossier


def _content_checks(opened: _Opened, assess: Assess) -> Iterator[Check]:
    statement, dossier = opened.statement, opened.dossier
    rows = sum(map(len, dossier.series.values()))
    yield Check("content", ok=True, detail=f"{len(dossier.series)} series with {rows:,} rows")
    yield _check("data", "intervals and records agree with themselves", _data_problems(dossier))
    yield _check(
        "factors", f"{len(dossier.factors)} records, as pinned and as stated", factor_problems(statement, dossier)
    )
    yield _check("figures", "every figure recomputed", figure_problems(statement, dossier, opened.files, assess=assess))
    yield _check("identity", "as plan and manifest say", identity_problems(statement, opened.manifest, dossier.plan))
    yield _paper(statement, opened.files)


def _check(name: str, holds: str, problems: Iterable[str]) -> Check:
    try:
        with np.errstate(all="ignore"):  # numbers as large as doubles go end in a contradiction, not in a warning
            found = list(problems)
    except Exception as error:  # noqa: BLE001 - whatever a stranger's data does to the maths is a failed check
        found = [f"could not be checked to its end: {type(error).__name__}: {error}"]
    if not found:
        return Check(name, ok=True, detail=holds)
    more = [f"and {len(found) - _NAMED} more"] if len(found) > _NAMED else []
    return Check(name, ok=False, detail="\n".join([*found[:_NAMED], *more]))


def _data_problems(dossier: Dossier) -> Iterator[str]:
    for name, series in dossier.series.items():
        if isinstance(series, Metered):
            yield from metered_problems(name, series)
        else:
            yield from recorded_problems(name, series)


def _paper(statement: Json, files: Mapping[str, bytes]) -> Check:
    content = files.get(PDF, b"")
    if not is_pdf(content):
        return Check("paper", ok=False, detail=f"{PDF} is no PDF")
    named, expected = statement_ids_in(content), statement.get("statement_id")
    if not named:
        return Check("paper", ok=False, detail=f"{PDF} names no statement; {expected} is expected in it")
    if named != {expected}:
        return Check("paper", ok=False, detail=f"{PDF} names {', '.join(sorted(named))}, not {expected}")
    return Check("paper", ok=True, detail="names the statement; compared by its digest, its text was not read")
