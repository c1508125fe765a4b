"""Whether the factors of a bundle are those of its plan and of its statement, and say where they come from."""

from collections.abc import Iterator

from meterproof_evidence.canonical import Json, plain
from meterproof_evidence.checks.comparison import differences
from meterproof_mv.dossier.series import Dossier


def factor_problems(statement: Json, dossier: Dossier) -> Iterator[str]:
    """Yield what does not agree between plan, factors and statement.

    Parameters
    ----------
    statement : dict
        ``statement.json``.
    dossier : Dossier
        Plan and factors.
    """
    refs = [factor.ref for factor in dossier.factors]
    for ref in sorted({ref for ref in refs if refs.count(ref) > 1}):
        yield f"factor {ref!r} is there {refs.count(ref)} times"
    for stream in dossier.plan.streams:
        for ref in stream.factors:
            if ref not in refs:
                yield f"stream {stream.id!r} pins factor {ref!r}, which is not there"
    for factor in dossier.factors:
        if not factor.publisher.strip() or not factor.document.strip():
            yield f"factor {factor.ref!r} names no publisher or no document"
        if not _is_number(factor.value):
            yield f"factor {factor.ref!r}: value {factor.value!r} is no number"
    yield from differences(statement.get("factors"), plain([factor.to_dict() for factor in dossier.factors]), "factors")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
