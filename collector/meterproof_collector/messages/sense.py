"""Does a message make sense to this program? The checks that only the collector makes. Pure."""

import hashlib
from functools import lru_cache
from math import isfinite
from typing import Any

import msgspec

from meterproof_core.errors import SettingsError, WireError
from meterproof_core.names import ID_RULE, is_id
from meterproof_core.quantities import quantity
from meterproof_core.storage import END_OF_TIME_MS
from meterproof_core.validation import check_batch
from meterproof_core.wire import Batch, Group, Loss, Message, Meters, config_digest

_MOST_AHEAD_MS = 24 * 3_600_000
"""A gateway's clock may be off by a time zone's confusion; what lies further ahead would hide all that follows."""
_MOST_SEQ = 2**63 - 1  # what every store's integer column holds


class NotUnderstoodError(WireError):
    """A message of a later time: not wrong, but not for this program."""


def check_sense(message: Message, now_ms: int, payload: bytes) -> None:
    """Check that a message makes sense to this program.

    Parameters
    ----------
    message : Message
        As this program understands it.
    now_ms : int
        When it is [ms since 1970-01-01 UTC].
    payload : bytes
        As it came, with fields that only a later program knows.

    Raises
    ------
    NotUnderstoodError
        When it is of a later time.
    WireError
        When it never will.
    """
    if isinstance(message, Batch):
        check_batch(message)
        for group in message.groups:
            _check_group(group, now_ms)
    elif isinstance(message, Meters):
        _check_meters(message, payload)
    elif isinstance(message, Loss):
        _check_loss(message)


def _check_group(group: Group, now_ms: int) -> None:
    ahead_ms = group.t[-1] - now_ms
    if ahead_ms > _MOST_AHEAD_MS:
        raise WireError(
            f"group {group.point!r}: t {group.t[-1]} lies {ahead_ms / 3_600_000:,.0f} h ahead of our clock; "
            f"at most {_MOST_AHEAD_MS // 3_600_000} h are accepted: put the gateway's clock right"
        )
    unknown = _first_unknown(tuple(group.quantities))
    if unknown:
        raise NotUnderstoodError(f"group {group.point!r}: {unknown}")


@lru_cache(maxsize=10_000)
def _first_unknown(names: tuple[str, ...]) -> str:
    """Return what is wrong with the first name that is no quantity, or nothing: a point keeps its names."""
    for name in names:
        try:
            quantity(name)
        except SettingsError as error:
            return str(error)
    return ""


def _check_loss(loss: Loss) -> None:
    if not is_id(loss.stream):
        raise WireError(f"stream {loss.stream!r} is not an id; use {ID_RULE}")
    if not 0 <= loss.seq <= _MOST_SEQ:
        raise WireError(f"seq {loss.seq} is not accepted; use 0 to {_MOST_SEQ}")
    for lost in loss.lost:
        if not is_id(lost.point):
            raise WireError(f"point {lost.point!r} is not an id; use {ID_RULE}")
        if not (0 <= lost.first_ms <= lost.last_ms < END_OF_TIME_MS and 0 <= lost.samples <= _MOST_SEQ):
            raise WireError(
                f"lost {lost.samples} samples of {lost.point!r} from {lost.first_ms} to {lost.last_ms}: not accepted; "
                "use a count of 0 or more and rising ms since 1970-01-01 UTC"
            )


def _check_meters(meters: Meters, payload: bytes) -> None:
    _check_digest(meters, payload)
    for point in meters.points:
        for name, spec in point.counters.items():
            where = f"point {point.point!r} counter {name!r}"
            for what in ("scale", "resolution", "max_rate_per_h"):
                value = getattr(spec, what)
                if not (isfinite(value) and value > 0):
                    raise WireError(f"{where}: {what} {value} is not accepted; use a number above 0")
            if spec.modulus is not None and spec.modulus < 1:
                raise WireError(f"{where}: modulus {spec.modulus} is not accepted; use a whole number above 0 or null")


def _check_digest(meters: Meters, payload: bytes) -> None:
    """Check a configuration's name: its digest covers the fields of a later gateway that are passed over here."""
    digest = config_digest(meters.points)
    if meters.config == digest:
        return
    came = msgspec.json.decode(payload)["points"]
    if meters.config == _digest_as_it_came(came):
        return
    if _has_more(came, msgspec.to_builtins(meters.points)):
        raise NotUnderstoodError(
            f"config {meters.config!r} is the digest neither of its points as they came nor of what this program knows "
            "of them: it has fields of a later version"
        )
    raise WireError(f"config {meters.config!r} is not the digest of its points; {digest!r} is")


def _digest_as_it_came(points: list[dict[str, Any]]) -> str:
    canonical = msgspec.json.encode(sorted(points, key=lambda point: str(point["point"])), order="deterministic")
    return hashlib.sha256(canonical).hexdigest()[:32]


def _has_more(came: object, known: object) -> bool:
    """Return whether JSON has fields that this program does not know; a default that was left out is none."""
    if isinstance(came, dict) and isinstance(known, dict):
        return any(name not in known or _has_more(value, known[name]) for name, value in came.items())
    if isinstance(came, list) and isinstance(known, list):
        return any(_has_more(one, other) for one, other in zip(came, known, strict=True))
    return False
