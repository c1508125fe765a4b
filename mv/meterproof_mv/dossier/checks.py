"""Whether a plan agrees with itself and with the data of its dossier, before anything is computed from it."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from meterproof_mv.dossier.calendar import check_periods
from meterproof_mv.dossier.plan import DAY_TYPE, Plan
from meterproof_mv.dossier.series import Dossier
from meterproof_mv.dossier.vocabulary import Grain
from meterproof_mv.errors import PlanError


def check_dossier(dossier: Dossier) -> None:
    """Check that everything that a plan names is there, once, and in the unit that it says.

    Raises
    ------
    PlanError
        Naming the thing, its value and what is accepted.
    """
    plan = dossier.plan
    check_periods(plan.baseline, plan.reporting)
    for complaint in (
        *_numbers(plan),
        *_names(plan),
        *_references(plan),
        *_sources(plan),
        *_data(dossier),
        *_pinned(dossier),
    ):
        raise PlanError(f"plant {plan.plant.id!r}: {complaint}")


def _numbers(plan: Plan) -> Iterator[str]:
    if not 0 < plan.confidence < 1:
        yield f"confidence {plan.confidence!r}: a fraction between 0 and 1 is accepted, such as 0.9"
    try:
        ZoneInfo(plan.plant.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"time_zone {plan.plant.time_zone!r} unknown; use an IANA name, such as 'Asia/Colombo'"


def _names(plan: Plan) -> Iterator[str]:
    if not plan.streams:
        yield "no stream; give at least one"
    for what, names in (
        ("stream", [stream.id for stream in plan.streams]),
        ("driver", [driver.name for driver in plan.drivers]),
        ("option", [option.id for option in plan.options]),
        ("series of streams", [stream.series for stream in plan.streams]),
    ):
        twice = sorted({name for name in names if name and names.count(name) > 1})
        for name in twice:
            yield f"{what} {name!r} is given {names.count(name)} times; give each once"


def _references(plan: Plan) -> Iterator[str]:
    drivers, streams = [driver.name for driver in plan.drivers], [stream.id for stream in plan.streams]
    for stream in plan.streams:
        for name in stream.drivers:
            if name not in drivers:
                yield f"stream {stream.id!r}: driver {name!r} is not described; there are {_list(drivers)}"
        if DAY_TYPE in stream.drivers and stream.grain is not Grain.DAY:
            yield f"stream {stream.id!r}: driver {DAY_TYPE!r} says nothing of a month; use grain 'day'"
    for option in plan.options:
        for name in option.streams:
            if name not in streams:
                yield f"option {option.id!r}: stream {name!r} is not there; there are {_list(streams)}"


def _sources(plan: Plan) -> Iterator[str]:
    for driver in plan.drivers:
        if not driver.series and driver.name != DAY_TYPE:
            yield f"driver {driver.name!r} names no series; only {DAY_TYPE!r} needs none"


def _data(dossier: Dossier) -> Iterator[str]:
    named = [(f"driver {d.name!r}", d.series, d.unit) for d in dossier.plan.drivers if d.series]
    named += [(f"stream {s.id!r}", s.series, s.unit) for s in dossier.plan.streams]
    for who, name, unit in named:
        series = dossier.series.get(name)
        if series is None:
            yield f"{who}: series {name!r} is not there; there are {_list(sorted(dossier.series))}"
        elif series.unit != unit:
            yield f"{who}: series {name!r} counts {series.unit}, and the plan says {unit}"


def _pinned(dossier: Dossier) -> Iterator[str]:
    refs = [factor.ref for factor in dossier.factors]
    for stream in dossier.plan.streams:
        for ref in stream.factors:
            if ref not in refs:
                yield f"stream {stream.id!r}: factor {ref!r} is not there; there are {_list(refs)}"
        for factor in dossier.factors:
            if factor.ref in stream.factors and factor.carrier != stream.carrier:
                yield f"stream {stream.id!r} is of {stream.carrier}, and its factor {factor.ref!r} of {factor.carrier}"


def _list(names: list[str]) -> str:
    return ", ".join(names) or "none"
