"""JSON that is the same bytes every time, and is read without trusting whoever wrote it.

Numbers keep every digit (the shortest text that reads back as the same double). A key that stands twice is refused:
one reader would take the first, another the last.
"""

import json
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
import numpy as np

from meterproof_evidence.errors import BundleError

Json = dict[str, Any]
T = TypeVar("T")


def encode(value: object) -> bytes:
    """Return a value as indented JSON, keys in their own order (people read it); what is not a number becomes null."""
    packed = msgspec.json.encode(value, enc_hook=_number)
    return msgspec.json.format(packed, indent=2) + b"\n"


def plain(value: object) -> Any:  # noqa: ANN401 - JSON
    """Return a value as it comes back from its JSON."""
    return msgspec.json.decode(msgspec.json.encode(value, enc_hook=_number))


def _number(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} {value!r} is no JSON; numbers, text, lists and mappings are accepted")


def decode(path: str, content: bytes) -> Any:  # noqa: ANN401 - JSON
    """Return what a JSON file holds.

    Raises
    ------
    BundleError
        Naming the file and the place in it.
    """
    try:
        return json.loads(content.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError:
        raise BundleError(f"{path}: nested too deeply") from None
    except ValueError as error:
        raise BundleError(f"{path}: {error}") from None


def _once(pairs: list[tuple[str, Any]]) -> Json:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"key {twice!r} stands twice in one object; once is accepted")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON; a number or null is accepted")


def converted(path: str, value: object, kind: type[T]) -> T:
    """Return JSON as a typed value; what the type does not know is refused.

    Raises
    ------
    BundleError
        Naming the file and the field.
    """
    try:
        typed = msgspec.convert(value, kind)
    except (msgspec.ValidationError, ValueError) as error:
        raise BundleError(f"{path}: {error}") from None
    for place in _unknown(value, msgspec.to_builtins(typed), "$"):
        raise BundleError(f"{path}: {place} is not known in this format")
    return typed


def _unknown(given: Any, known: Any, place: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(given, dict):
        for name, value in given.items():
            if name not in known:
                yield f"{place}.{name}"
            else:
                yield from _unknown(value, known[name], f"{place}.{name}")
    elif isinstance(given, list):
        for row, (value, other) in enumerate(zip(given, known, strict=True)):
            yield from _unknown(value, other, f"{place}[{row}]")
