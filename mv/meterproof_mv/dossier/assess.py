"""From a dossier to its figures: pure, so that who issues a statement and who checks it compute the same."""

from collections.abc import Iterator, Sequence

from meterproof_mv.claim import Status
from meterproof_mv.dossier.assessment import Assessment, StreamAssessment, Tonnes
from meterproof_mv.dossier.calendar import calendar_of
from meterproof_mv.dossier.checks import check_dossier
from meterproof_mv.dossier.option_findings import option_findings
from meterproof_mv.dossier.plant_tonnes import certain_rise, plant_tonnes
from meterproof_mv.dossier.series import Dossier
from meterproof_mv.dossier.streams import assess_stream
from meterproof_mv.dossier.unjudged import unjudged_findings
from meterproof_mv.findings import Finding, Severity
from meterproof_mv.ghg.findings import is_provisional


def assess(dossier: Dossier) -> Assessment:
    """Return everything that a dossier says.

    Parameters
    ----------
    dossier : Dossier
        Plan, data and factors.

    Raises
    ------
    PlanError
        When the plan contradicts itself or its data.
    MvError
        When a series cannot be used at all, such as rows that overlap.
    """
    check_dossier(dossier)
    plan = dossier.plan
    calendars = {stream.grain: calendar_of(plan, stream.grain) for stream in plan.streams}
    streams = tuple(assess_stream(dossier, stream, calendars[stream.grain]) for stream in plan.streams)
    own = tuple(option_findings(plan))
    tonnes = plant_tonnes(streams)
    findings = (*own, *unjudged_findings(streams), *_rises(streams), *_nothing_left(streams, tonnes))
    claimable = any(stream.linked and stream.status is Status.CLAIMABLE for stream in streams)
    stopped = any(finding.severity is Severity.REFUSAL for finding in findings)
    if claimable and not stopped:
        status = Status.CLAIMABLE
    else:
        status, tonnes = Status.NOT_CLAIMABLE, tonnes.without_claim() if tonnes else None
    return Assessment(
        dossier=dossier,
        streams=streams,
        status=status,
        provisional=is_provisional(dossier.factors),
        tonnes=tonnes,
        findings=findings,
    )


def _rises(streams: Sequence[StreamAssessment]) -> Iterator[Finding]:
    for stream in streams:
        rise = certain_rise(stream)
        if stream.linked or not rise:
            continue
        taken_off = ", and its emissions are taken off" if stream.tonnes else ""
        yield Finding(
            "other_use_rose",
            Severity.WARNING,
            f"{stream.stream.label}, on which no option acts, rose beyond doubt, by at least {rise:,.6g} "
            f"{stream.stream.unit}{taken_off}",
            "meterproof",
            {"stream": stream.stream.id, "at_least": rise, "unit": stream.stream.unit},
        )


def _nothing_left(streams: Sequence[StreamAssessment], tonnes: Tonnes | None) -> Iterator[Finding]:
    claimed = sum(stream.tonnes.verified_co2e_t for stream in streams if stream.linked and stream.tonnes)
    if tonnes is not None and claimed > 0 and not tonnes.verified_co2e_t > 0:
        message = f"{claimed:,.0f} t CO2e of one stream are outweighed by the rise of another: none verified"
        yield Finding("offset_by_other_use", Severity.REFUSAL, message, "meterproof", {"claimed_co2e_t": claimed})
