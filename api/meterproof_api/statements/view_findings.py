"""Findings in plain words, those that stop a claim first."""

from collections.abc import Iterable, Sequence

from meterproof_api.statements.document import FindingShape
from meterproof_api.statements.view_parts import FindingView
from meterproof_api.wording import knows, say
from meterproof_mv.claim import stops_claim
from meterproof_mv.findings import Finding, Severity

WEIGHTS = ("stops", "warning", "info")


def finding_views(findings: Iterable[FindingShape]) -> list[FindingView]:
    """Return findings in plain words, the weightiest first."""
    return sorted(map(_view, findings), key=lambda finding: WEIGHTS.index(finding.weight))


def stopping(findings: Iterable[FindingView]) -> Sequence[FindingView]:
    """Return those that stop a claim."""
    return [finding for finding in findings if finding.weight == "stops"]


def _view(finding: FindingShape) -> FindingView:
    key, weight = f"finding.{finding.code}", _weight(finding)
    return FindingView(
        weight=weight,
        label=say(f"page.{weight}"),
        title=say(f"{key}.title") if knows(f"{key}.title") else finding.code.replace("_", " "),
        message=finding.message[:1].upper() + finding.message[1:],
        mend=say(f"{key}.mend") if knows(f"{key}.mend") else "",
        clause=finding.clause if finding.clause != "meterproof" else "",
        code=finding.code,
    )


def _weight(finding: FindingShape) -> str:
    share = finding.data.get("share")
    data = {**finding.data, "share": share if isinstance(share, int | float) else 0.0}
    value = Finding(finding.code, Severity(finding.severity), finding.message, finding.clause, data)
    return "stops" if stops_claim(value) else finding.severity
