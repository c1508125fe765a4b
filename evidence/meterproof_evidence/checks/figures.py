"""Whether the figures follow: everything is computed again from plan, data and factors, and compared."""

from collections.abc import Callable, Iterator, Mapping

from meterproof_evidence.bundle import rows_files
from meterproof_evidence.canonical import Json
from meterproof_evidence.checks.comparison import cell_differences, differences
from meterproof_evidence.document import IDENTITY_KEYS, figures_of
from meterproof_evidence.layout import ROWS
from meterproof_mv.dossier.assessment import Assessment
from meterproof_mv.dossier.series import Dossier
from meterproof_mv.errors import MvError

Assess = Callable[[Dossier], Assessment]
_MOST_DAYS = 36_600  # of a plan, a century: what is longer was made to keep a computer busy


def figure_problems(statement: Json, dossier: Dossier, files: Mapping[str, bytes], *, assess: Assess) -> Iterator[str]:
    """Yield every figure that is not the one that follows.

    Parameters
    ----------
    statement : dict
        ``statement.json``.
    dossier : Dossier
        Plan, data and factors.
    files : mapping of name to bytes
        The files of the bundle, for the compared rows.
    assess : callable
        The maths that computes the figures again.
    """
    span = dossier.plan.reporting.end - dossier.plan.baseline.start
    if not 0 < span.days <= _MOST_DAYS:
        yield f"plan.json: baseline and reporting period span {span.days} days; 1 to {_MOST_DAYS} are accepted"
        return
    try:
        assessment = assess(dossier)
    except MvError as error:
        yield f"nothing could be computed: {error}"
        return
    stated = {name: value for name, value in statement.items() if name not in IDENTITY_KEYS}
    yield from differences(stated, figures_of(assessment))
    yield from _row_problems(assessment, files)


def _row_problems(assessment: Assessment, files: Mapping[str, bytes]) -> Iterator[str]:
    recomputed = rows_files(assessment)
    there = {path for path in files if path.startswith(ROWS)}
    for path in sorted(there ^ set(recomputed)):
        yield f"{path} is missing" if path in recomputed else f"{path} belongs to no stream"
    for path in sorted(there & set(recomputed)):
        yield from cell_differences(path, files[path], recomputed[path])
