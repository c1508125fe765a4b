"""TOML text into a struct, with errors that name the file, the key, its value and what is accepted.

msgspec checks types while it converts; what it does not say (which keys and names are accepted, which value stood
there) is found by walking the tables beside the struct's description first.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from meterproof_core.errors import SettingsError

T = TypeVar("T")
_STEP = re.compile(r"\.([A-Za-z0-9_]+)|\[(\d+)\]")
_NAMING_KEYS = ("point", "quantity")
"""Keys by which a person knows a table of a list."""


def read_toml(file: Path | Traversable) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Raises
    ------
    SettingsError
        When it cannot be read or is no TOML.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror or error}; give a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: no TOML: {error}") from error


def convert(tables: Mapping[str, Any], struct: type[T], file: object) -> T:
    """Return the struct that tables describe.

    Parameters
    ----------
    tables : mapping
        As `read_toml` gives them.
    struct : type
        A msgspec Struct.
    file : object
        What errors call the file.

    Raises
    ------
    SettingsError
        When a key is unknown or missing, or a value is not accepted.
    """
    for complaint in _complaints(tables, inspect.type_info(struct), ""):
        raise SettingsError(f"{file}: {complaint}")
    try:
        return msgspec.convert(tables, struct)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).rstrip("`").partition(" - at `$")
        where, value = _at(tables, path)
        raise SettingsError(f"{file}: {where}: {value!r} is not accepted; {reason}") from None


def _complaints(value: object, described: inspect.Type, where: str) -> Iterator[str]:
    if isinstance(described, inspect.StructType) and isinstance(value, Mapping):
        yield from _table_complaints(value, described, where)
    elif isinstance(described, inspect.VarTupleType) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _complaints(item, described.item_type, _item_name(where, index, item))
    elif isinstance(described, inspect.EnumType):
        accepted = [member.value for member in described.cls]
        if value not in accepted:
            yield f"{where} {value!r} unknown; use {', '.join(accepted)}"


def _table_complaints(table: Mapping[str, Any], described: inspect.StructType, where: str) -> Iterator[str]:
    fields = {field.encode_name: field for field in described.fields}
    prefix = f"{where}: " if where else ""
    for key in table:
        if key not in fields:
            close = get_close_matches(key, fields, n=1)
            hint = f"did you mean {close[0]}? " if close else ""
            yield f"{prefix}key {key!r} unknown; {hint}accepted: {', '.join(fields)}"
    for key, field in fields.items():
        if key in table:
            yield from _complaints(table[key], field.type, f"{prefix}{key}")
        elif field.required:
            yield f"{prefix}key {key!r} missing; required: {', '.join(f for f in fields if fields[f].required)}"


def _item_name(where: str, index: int, item: object) -> str:
    head, _, key = where.rpartition(": ")
    name = next((item[key] for key in _NAMING_KEYS if isinstance(item, Mapping) and key in item), None)
    return f"{head}{': ' if head else ''}{key.removesuffix('s')} {name!r}" if name is not None else f"{where}[{index}]"


def _at(tables: Mapping[str, Any], path: str) -> tuple[str, object]:
    """Return how people call the place that a path such as ``.meter[0].port`` leads to, and the value there."""
    value: Any = tables
    where = ""
    for key, index in _STEP.findall(path):
        if key:
            value = value[key]
            where = f"{where}: {key}" if where else key
        else:
            value = value[int(index)]
            where = _item_name(where, int(index), value)
    return where, value
