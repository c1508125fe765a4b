"""Makes what the layout needs on a server: databases, retention, mappings. Doing it again changes nothing."""

from dataclasses import dataclass

from meterproof_core.errors import StoreError
from meterproof_store.influx.answers import write_error
from meterproof_store.influx.keepers import FOR_GOOD, Keeper, keeper_of
from meterproof_store.influx.opening import Link, check_version, link_to, stored_version, version_line
from meterproof_store.influx.schema import SCHEMA_VERSION, Policy
from meterproof_store.settings import StoreSettings

_S_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that set-up looked after.

    Parameters
    ----------
    what : str
        The thing.
    done : str
        ``made``, ``kept longer`` or ``was there``.
    """

    what: str
    done: str


def wanted_retention(settings: StoreSettings) -> dict[Policy, int]:
    """Return how long each class is to be kept [s]; 0 is for good."""
    return {Policy.COUNTERS: FOR_GOOD, Policy.GAUGES: settings.gauge_days * _S_PER_DAY}


def set_up(settings: StoreSettings, *, token: str | None = None) -> list[Step]:
    """Make what is missing on the server that settings name, and return what was done.

    Retention is lengthened where it is too short, and never shortened: that would delete what is stored.

    Raises
    ------
    StoreAccessError
        When the server turns us away.
    StoreError
        When it fails, holds a later layout, or has to be set up by a command of its own, which the error names.
    """
    link = link_to(settings, token)
    try:
        keeper = keeper_of(link, settings)
        steps = [_keep(keeper, policy, seconds) for policy, seconds in wanted_retention(settings).items()]
        steps += [Step(f"mapping of {settings.database}/{policy}", done) for policy, done in keeper.map().items()]
        return [*steps, _version(link)]
    finally:
        link.close()


def _keep(keeper: Keeper, policy: Policy, seconds: int) -> Step:
    what = f"{keeper.what(policy)}, kept {shown_retention(seconds)}"
    held = keeper.held()
    if policy not in held:
        keeper.make(policy, seconds)
        return Step(what, "made")
    found = held[policy]
    if found is not None and found != FOR_GOOD and (seconds == FOR_GOOD or found < seconds):
        keeper.lengthen(policy, seconds)
        return Step(what, "kept longer")
    return Step(f"{keeper.what(policy)}, kept {shown_retention(found)}", "was there")


def shown_retention(seconds: int | None) -> str:
    """Return a retention [s] as people say it."""
    if seconds is None:
        return "as the server says"
    return "for good" if seconds == FOR_GOOD else f"{seconds / _S_PER_DAY:g} d"


def _version(link: Link) -> Step:
    what = f"schema version {SCHEMA_VERSION}"
    held = stored_version(link.asker)
    if held is not None:
        check_version(link.asker, held)
        return Step(what, "was there")
    answer = link.road.post(Policy.COUNTERS, version_line(), "ns")
    if answer.status not in (200, 204):
        raise write_error(link.asker.where, answer.status, answer.body)
    if stored_version(link.asker) is None:
        raise StoreError(f"{link.asker.where}: what was written cannot be read; look at the server's log")
    return Step(what, "made")
