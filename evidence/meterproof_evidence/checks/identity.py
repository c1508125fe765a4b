"""Whether a statement is the one that it says it is."""

from collections.abc import Iterator
from datetime import UTC, datetime, time

from meterproof_evidence.canonical import Json
from meterproof_evidence.document import UNSIGNED, statement_id_of
from meterproof_evidence.layout import STATEMENT_FORMAT
from meterproof_evidence.manifest import Manifest
from meterproof_mv.dossier.plan import Plan
from meterproof_mv.errors import MvError
from meterproof_mv.local_clock import local_ms, zone_of


def identity_problems(statement: Json, manifest: Manifest, plan: Plan) -> Iterator[str]:
    """Yield what is wrong with the identity of a statement.

    Parameters
    ----------
    statement : dict
        ``statement.json``.
    manifest : Manifest
        Of its bundle.
    plan : Plan
        What it was computed for.
    """
    for name, expected in (
        ("format", STATEMENT_FORMAT),
        ("statement_id", statement_id_of(plan)),
        ("state", UNSIGNED),
    ):
        if statement.get(name) != expected:
            yield f"{name}: stated {statement.get(name)!r}, {expected!r} is accepted"
    for name, stated in (
        ("statement_id", manifest.statement_id),
        ("version", manifest.version),
        ("program", manifest.program),
    ):
        if statement.get(name) != stated:
            yield f"{name}: {statement.get(name)!r} in the statement, {stated!r} in the manifest"
    yield from _version_problems(statement)
    yield from _text_problems(statement)
    yield from _instant_problems(statement.get("issued_at"), plan)


def _version_problems(statement: Json) -> Iterator[str]:
    version, supersedes = statement.get("version"), statement.get("supersedes")
    if type(version) is not int or version < 1:
        yield f"version: stated {version!r}, a whole number from 1 is accepted"
    elif (supersedes is None) is not (version == 1):
        yield f"supersedes: stated {supersedes!r} of version {version}; the first supersedes none, every other one does"


def _text_problems(statement: Json) -> Iterator[str]:
    for name in ("language", "program"):
        value = statement.get(name)
        if not isinstance(value, str) or not value:
            yield f"{name}: stated {value!r}, a text is accepted"


def _instant_problems(issued_at: object, plan: Plan) -> Iterator[str]:
    try:
        instant = datetime.fromisoformat(issued_at if isinstance(issued_at, str) else "")
        ended_ms = local_ms(plan.reporting.end, time(), zone_of(plan.plant.time_zone))
    except MvError as error:
        yield str(error)
        return
    except (ValueError, OverflowError, OSError):
        yield f"issued_at: stated {issued_at!r}, an instant such as 2026-01-31T12:00:00Z is accepted"
        return
    if instant.tzinfo is None:
        yield f"issued_at: stated {issued_at!r} without its zone"
    elif instant < datetime.fromtimestamp(ended_ms / 1000, UTC):
        yield f"issued_at: stated {issued_at!r}, which is before the reporting period ended"
