"""Looks whether a server can do its work: what was found, thing by thing, as values."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

from meterproof_core.errors import StoreError
from meterproof_store.influx.answers import write_error
from meterproof_store.influx.keepers import FOR_GOOD, Keeper, keeper_of
from meterproof_store.influx.opening import Link, check_version, link_to, stored_version
from meterproof_store.influx.schema import SCHEMA_VERSION, Policy
from meterproof_store.influx.setting_up import shown_retention, wanted_retention
from meterproof_store.settings import StoreSettings

_PROBE = "meterproof_probe"
_MS_PER_DAY = 86_400_000
_CLOCKS_AGREE_MS = 5_000
"""A server's Date has whole seconds, and asking takes a moment; beyond this a clock is wrong."""


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one thing.

    Parameters
    ----------
    what : str
        The thing: server, schema, retention, mapping and probe of a class, clock.
    level : Level
        How bad it is.
    found : str
        What there is, and what to do about it.
    """

    what: str
    level: Level
    found: str


def check_store(settings: StoreSettings, *, now_ms: Callable[[], int], token: str | None = None) -> list[Finding]:
    """Return what there is to say of the server that settings name; what fails is a finding, no error.

    Parameters
    ----------
    settings : StoreSettings
        Name an InfluxDB.
    now_ms : callable
        When it is now [ms since 1970-01-01 UTC].
    token : str or None
        From the environment.

    Raises
    ------
    SettingsError
        When the settings cannot be used.
    """
    try:
        link = link_to(settings, token)
    except StoreError as error:
        return [Finding("server", Level.FAILED, str(error))]
    try:
        found = [Finding("server", Level.OK, f"{link.server} at {link.transport.url}")]
        keeper = keeper_of(link, settings)
        found += _guarded("schema", lambda: _schema(link))
        found += _guarded("retention", lambda: _retention(keeper, settings))
        found += _guarded("mapping", lambda: _mapping(keeper))
        for policy in Policy:
            found += _guarded(f"probe of {policy}", lambda policy=policy: _probe(link, policy, now_ms()))  # type: ignore[misc]
        found += _guarded("clock", lambda: _clock(link, now_ms))
    finally:
        link.close()
    return found


def _guarded(what: str, check: Callable[[], Iterator[Finding]]) -> list[Finding]:
    found: list[Finding] = []
    try:
        found.extend(check())
    except StoreError as error:
        found.append(Finding(what, Level.FAILED, str(error)))
    return found


def _schema(link: Link) -> Iterator[Finding]:
    version = stored_version(link.asker)
    check_version(link.asker, version)
    yield Finding("schema", Level.OK, f"version {version}; this program reads up to {SCHEMA_VERSION}")


def _retention(keeper: Keeper, settings: StoreSettings) -> Iterator[Finding]:
    held = keeper.held()
    for policy, wanted in wanted_retention(settings).items():
        what = f"retention of {policy}"
        if policy not in held:
            yield Finding(what, Level.FAILED, f"{keeper.what(policy)} is not there; run `meterproof store setup`")
            continue
        seconds = held[policy]
        short = seconds not in (None, FOR_GOOD) and (wanted == FOR_GOOD or (seconds or 0) < wanted)
        hint = f"; {shown_retention(wanted)} wanted: run `meterproof store setup`" if short else ""
        level = Level.OK if not short else Level.WARNING if policy is Policy.GAUGES else Level.FAILED
        yield Finding(what, level, f"{keeper.what(policy)}, kept {shown_retention(seconds)}{hint}")


def _mapping(keeper: Keeper) -> Iterator[Finding]:
    for policy in keeper.unmapped():
        hint = "has no DBRP mapping, so InfluxQL finds nothing in it; run `meterproof store setup`"
        yield Finding(f"mapping of {policy}", Level.FAILED, f"{keeper.what(policy)} {hint}")


def _probe(link: Link, policy: Policy, now_ms: int) -> Iterator[Finding]:
    """Write a point and read it back; there is one a day, so that checking often leaves little behind."""
    where = f"{link.asker.where}/{policy}"
    day_ms = now_ms // _MS_PER_DAY * _MS_PER_DAY
    answer = link.road.post(policy, f"{_PROBE} written_ms={now_ms}i {day_ms}".encode(), "ms")
    if answer.status not in (200, 204):
        raise write_error(where, answer.status, answer.body)
    asked = f'SELECT "written_ms" FROM {link.asker.source(policy, _PROBE)} ORDER BY time DESC LIMIT 1'  # noqa: S608
    series = link.asker.ask_all([asked], policy, lambda _: int)
    read = series[0].rows[0][1] if series else None
    if read != now_ms:
        yield Finding(f"probe of {policy}", Level.FAILED, f"{where}: wrote {now_ms}, read back {read}")
    else:
        yield Finding(f"probe of {policy}", Level.OK, "a point was written and read back")


def _clock(link: Link, now_ms: Callable[[], int]) -> Iterator[Finding]:
    before = now_ms()
    date = link.transport.request("GET", "/ping").headers.get("Date", "")
    after = now_ms()
    try:
        told = parsedate_to_datetime(date).astimezone(UTC)
    except ValueError:
        yield Finding("clock", Level.WARNING, f"the server does not say what time it is (Date {date!r})")
        return
    ahead_ms = round(told.timestamp() * 1000) + 500 - (before + after) // 2
    if abs(ahead_ms) <= _CLOCKS_AGREE_MS:
        yield Finding("clock", Level.OK, f"agrees with ours within {_CLOCKS_AGREE_MS // 1000} s")
        return
    shown = datetime.fromtimestamp(after / 1000, UTC).isoformat(timespec="seconds")
    text = f"{abs(ahead_ms) / 1000:,.0f} s {'ahead of' if ahead_ms > 0 else 'behind'} ours ({shown}); put it right"
    yield Finding("clock", Level.WARNING, text)
