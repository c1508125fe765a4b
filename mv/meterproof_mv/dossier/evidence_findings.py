"""Findings about the evidence of a stream: estimates, hearsay, negative meters, heat that cannot be."""

from collections.abc import Iterator

import numpy as np

from meterproof_mv.dossier.plan import StreamPlan
from meterproof_mv.dossier.series import Dossier, Metered, Recorded, Series
from meterproof_mv.dossier.vocabulary import Origin
from meterproof_mv.errors import UnitError
from meterproof_mv.findings import Finding, Severity
from meterproof_mv.heat_content import HeatContent
from meterproof_mv.units import convert_heat

_WEAK = frozenset({Origin.INTERVIEW, Origin.SPOT})
_PLAUSIBLE = {"MJ/m3": (1.0, 150.0), "GJ/t": (1.0, 150.0)}
"""From blast-furnace gas (below 4 MJ/m3) to vapour of liquefied gases, from wet wood to hydrogen: wide on purpose."""


def evidence_findings(dossier: Dossier, stream: StreamPlan) -> Iterator[Finding]:
    """Yield what a reviewer must know of the evidence behind a stream and its drivers."""
    series = dossier.series[stream.series]
    if isinstance(series, Recorded):
        yield from _bases(series, stream)
    else:
        yield from _negative(series)
    if stream.heat_content is not None:
        yield from _implausible(stream.heat_content)
    yield from _elsewhere(dossier, stream)
    names = [driver.series for driver in dossier.plan.drivers if driver.name in stream.drivers and driver.series]
    for name in (stream.series, *names):
        yield from _weak(name, dossier.series[name])


def _own(code: str, severity: Severity, message: str, **data: object) -> Finding:
    return Finding(code, severity, message, "meterproof", data)


def _bases(series: Recorded, stream: StreamPlan) -> Iterator[Finding]:
    found = sorted({row.calorific_basis.value if row.calorific_basis else "none" for row in series.rows})
    stated = stream.calorific_basis.value if stream.calorific_basis else "none"
    if found in ([], ["none"]) or stream.heat_content is not None:
        return
    if found != [stated]:
        message = f"{series.name}: rows say calorific basis {', '.join(found)}, and the stream says {stated}"
        yield _own("calorific_basis_mixed", Severity.REFUSAL, message, rows=found, stream=stated)


def _negative(series: Metered) -> Iterator[Finding]:
    count = int((series.amount < 0).sum())
    if count:
        first = str(series.start_ms[series.amount < 0][:1].astype("datetime64[ms]")[0])
        message = f"{count} intervals count less than nothing, the first from {first} UTC"
        yield _own("negative_use", Severity.REFUSAL, message, count=count, first=first)


def _implausible(heat: HeatContent) -> Iterator[Finding]:
    for unit, (low, high) in _PLAUSIBLE.items():
        try:
            value = convert_heat(float(heat.value), heat.unit, unit)
        except (UnitError, ValueError):
            continue
        if not low <= value <= high:
            message = f"heat content {heat.value} {heat.unit}: between {low:g} and {high:g} {unit} is plausible"
            yield _own("heat_content_implausible", Severity.REFUSAL, message, value=heat.value, unit=heat.unit)


def _elsewhere(dossier: Dossier, stream: StreamPlan) -> Iterator[Finding]:
    country = dossier.plan.plant.country
    for factor in dossier.factors:
        if factor.ref in stream.factors and factor.region and factor.region.partition("/")[0] != country:
            message = f"factor {factor.ref} is of {factor.region}, the plant of {country}"
            yield _own("factor_region", Severity.WARNING, message, factor=factor.ref, region=factor.region)


def _weak(name: str, series: Series) -> Iterator[Finding]:
    if not isinstance(series, Recorded) or not series.rows:
        return
    of = len(series.rows)
    estimated = int(np.sum([row.estimated for row in series.rows]))
    hearsay = int(np.sum([row.origin in _WEAK for row in series.rows]))
    if estimated and not series.spread:
        yield _own(
            "estimated_rows", Severity.WARNING, f"{name}: {estimated} of {of} rows are estimates", count=estimated
        )
    if hearsay:
        message = f"{name}: {hearsay} of {of} rows come from interviews or spot readings"
        yield _own("weak_evidence", Severity.WARNING, message, count=hearsay)
