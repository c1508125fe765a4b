"""What the dashboards ask of the ledger: intervals and spans.

What a plant used is read from the ledger and never from differences of registers: a register may roll over, be reset
or be replaced, and the ledger has told these apart already. A span's total is known and its distribution is not, so it
counts only in a total that contains it whole.
"""

from meterproof_dashboards.influxql import PLANT, POINTS, RANGE, SEARCHED, TIME_ZONE, equal, select, source
from meterproof_dashboards.panels import Target
from meterproof_store.influx.interval_lines import State
from meterproof_store.influx.schema import INTERVALS, Policy

INTERVAL_MINUTES = 15
"""Length of an interval of the ledger [min]."""
PER_HOUR = 60 // INTERVAL_MINUTES
"""Intervals an hour: an interval's energy [kWh] times this is its demand [kW]."""

WHOLE = '"end_ms" <= ${__to} + 1'
"""What ends within the range; a range of whole days ends 1 ms before midnight."""

_INTERVALS = source(Policy.COUNTERS, INTERVALS)
_IS_INTERVAL = f'"state" = {State.INTERVAL}'
_IS_SPAN = f'"state" = {State.SPAN}'
_IS_TAKEN_AWAY = f'"state" = {State.TAKEN_AWAY}'
_IS_THERE = f'"state" > {State.TAKEN_AWAY}'
_BY_COUNTER = '"point", "quantity"'
_COUNTER_NAME = "$tag_point $tag_quantity"
_IN_STEPS = f"fill(none) {TIME_ZONE}"


def amounts(quantity: str, step: str, *, alias: str = "$tag_point") -> Target:
    """Return what each chosen point counted in intervals, by steps of the plant's own days and hours."""
    conditions = (PLANT, POINTS, equal("quantity", quantity), _IS_INTERVAL, RANGE)
    return _asked(
        select('sum("amount") AS "amount"', _INTERVALS, *conditions, group=_steps(step, '"point"'), tail=_IN_STEPS),
        alias,
    )


def totals(quantity: str) -> Target:
    """Return what each chosen point counted in the range, spans that lie whole within it included."""
    conditions = (PLANT, POINTS, equal("quantity", quantity), _IS_THERE, WHOLE, RANGE)
    return _asked(select('sum("amount") AS "amount"', _INTERVALS, *conditions, group='"point"'))


def demand(quantity: str) -> Target:
    """Return the highest demand of each step [kW]: the mean power of an interval, never of less."""
    conditions = (PLANT, POINTS, equal("quantity", quantity), _IS_INTERVAL, RANGE)
    group = _steps("$__interval", '"point"')
    return _asked(select(_demand("max"), _INTERVALS, *conditions, group=group, tail="fill(null)"))


def one_demand(quantity: str, which: str) -> Target:
    """Return one demand a point [kW]: the ``last`` or the ``max`` of the range."""
    conditions = (PLANT, POINTS, equal("quantity", quantity), _IS_INTERVAL, RANGE)
    return _asked(select(_demand(which), _INTERVALS, *conditions, group='"point"'))


def ratio(upper: tuple[str, str], lower: tuple[str, str], alias: str) -> Target:
    """Return one quantity by another, over the intervals in which both are known.

    Parameters
    ----------
    upper, lower : tuple of (str, str)
        The quantity, and the variable that holds its metering point.
    alias : str
        Name of the series.
    """
    by_interval = select(
        'sum("upper") AS "upper", sum("lower") AS "lower"',
        f"({_side('upper', *upper)}), ({_side('lower', *lower)})",
        RANGE,
        group=f"time({INTERVAL_MINUTES}m)",
        tail="fill(none)",
    )
    known = ('"upper" >= 0', '"lower" >= 0', RANGE)
    what = 'sum("upper") / sum("lower") AS "ratio"'
    return _asked(select(what, f"({by_interval})", *known, group="time(${level:raw})", tail=_IN_STEPS), alias)


def completeness(*conditions: str, step: str = "") -> Target:
    """Return the share of the expected intervals that are there, of the range or of each step.

    Quarter hours are counted one by one and then averaged, so that a day of 23 or 25 hours is right too.
    """
    by_interval = select(
        'count("amount") AS "there"',
        _INTERVALS,
        *(PLANT, POINTS, _IS_INTERVAL, *conditions, RANGE),
        group=_steps(f"{INTERVAL_MINUTES}m", _BY_COUNTER),
        tail="fill(0)",
    )
    group, tail = (_steps(step, _BY_COUNTER), _IN_STEPS) if step else (_BY_COUNTER, "")
    return _asked(
        select('mean("there") AS "completeness"', f"({by_interval})", RANGE, group=group, tail=tail), _COUNTER_NAME
    )


def last_interval_ends(*conditions: str) -> Target:
    """Return when the newest interval or span of each counter ended [ms since 1970-01-01 UTC]."""
    where = (PLANT, POINTS, _IS_THERE, *conditions, SEARCHED)
    return _asked(select('last("end_ms") AS "ended"', _INTERVALS, *where, group=_BY_COUNTER), _COUNTER_NAME)


def spans(*conditions: str) -> Target:
    """Return the spans that overlap the range, newest first."""
    what = '"point", "quantity", "end_ms", "amount", "register_start", "register_end"'
    where = (PLANT, POINTS, _IS_SPAN, *conditions, '"end_ms" > ${__from}', SEARCHED)
    return _asked(select(what, _INTERVALS, *where, tail="ORDER BY time DESC LIMIT 500"))


def rows_taken_away(*conditions: str) -> Target:
    """Return at how many places of the range the ledger took an interval away and put nothing in its place."""
    where = (PLANT, POINTS, _IS_TAKEN_AWAY, *conditions, RANGE)
    return _asked(select('count("amount") AS "rows"', _INTERVALS, *where, group='"point"'))


def _demand(which: str) -> str:
    return f'{which}("amount") * {PER_HOUR} AS "demand"'


def _side(name: str, quantity: str, variable: str) -> str:
    point = equal("point", f"${{{variable}:raw}}")
    return select(f'"amount" AS "{name}"', _INTERVALS, PLANT, point, equal("quantity", quantity), _IS_INTERVAL)


def _steps(step: str, tags: str) -> str:
    return f"time({step}), {tags}"


def _asked(query: str, alias: str = "$tag_point") -> Target:
    return Target(query, Policy.COUNTERS, alias)
