"""What a statement does not say: read before its figures are used for anything else."""

from meterproof_api.statements.document import StatementShape, StreamShape
from meterproof_api.statements.view_stream import kinds
from meterproof_api.wording import say

_METER = "meter"


def limits(statement: StatementShape) -> list[str]:
    """Return what was not measured, not known or not decided."""
    return [
        say("statement.limit_boundary"),
        say("statement.limit_interval"),
        *(text for stream in statement.streams for text in _of_stream(stream)),
        say("statement.limit_money"),
    ]


def _of_stream(stream: StreamShape) -> list[str]:
    both = (stream.baseline, stream.reporting)
    missing = [coverage.rows - coverage.known_rows for coverage in both]
    spans = sum(coverage.spans for coverage in both)
    origins = sorted({origin for coverage in both for origin in coverage.origins} - {_METER})
    label, found = stream.label, []
    if any(missing):
        grain = say(f"statement.grain_{stream.grain}")
        rows = {"baseline": missing[0], "reporting": missing[1]}
        found.append(say("statement.limit_rows", label=label, grain=grain, **rows))
    if spans:
        found.append(say("statement.limit_spans", label=label, count=spans))
    if origins:
        found.append(say("statement.limit_by_hand", label=label, origins=kinds(origins)))
    if stream.savings is not None and stream.tonnes is None:
        found.append(say("statement.limit_factor", label=label))
    return found
