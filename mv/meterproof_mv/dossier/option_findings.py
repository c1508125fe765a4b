"""Findings about the options behind a statement: whether they can have done what is claimed."""

from collections.abc import Iterator

from meterproof_mv.dossier.plan import OptionRecord, Plan
from meterproof_mv.findings import Finding, Severity


def option_findings(plan: Plan) -> Iterator[Finding]:
    """Yield what speaks against the options of a plan; one that is objected to explains no saving, and hinders none."""
    for option in plan.options:
        if not option.works:
            yield _own(option, "option_not_working", Severity.WARNING, f"is {option.state}: it saves nothing yet")
            continue
        if not option.streams:
            yield _own(
                option, "option_without_stream", Severity.WARNING, "acts on no stream; nothing is claimed for it"
            )
        yield from _in_time(plan, option)


def _in_time(plan: Plan, option: OptionRecord) -> Iterator[Finding]:
    explains = "it explains no difference between the two periods"
    if option.start_up < plan.baseline.end:
        message = f"worked from {option.start_up}, before the baseline ends {plan.baseline.end}: {explains}"
        yield _own(option, "option_in_baseline", Severity.WARNING, message)
    elif option.start_up >= plan.reporting.end:
        message = f"worked from {option.start_up}, after the reporting period ended {plan.reporting.end}: {explains}"
        yield _own(option, "option_after_reporting", Severity.WARNING, message)
    elif option.start_up > plan.reporting.start:
        message = (
            f"worked from {option.start_up}, within the reporting period: of the days before it explains nothing, "
            "so that the period has to begin with it"
        )
        yield _own(option, "option_started_late", Severity.WARNING, message)


def _own(option: OptionRecord, code: str, severity: Severity, message: str) -> Finding:
    data = {"option": option.id, "state": option.state.value, "start_up": option.start_up.isoformat()}
    return Finding(code, severity, f"option {option.id!r} {message}", "meterproof", data)
