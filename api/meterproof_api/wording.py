"""Every sentence that people read on a page, in one place: ``words/en.toml``, ready for translation."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def words() -> Mapping[str, str]:
    """Return the sentences of a language by key, such as ``status.not_claimable``."""
    text = (files("meterproof_api") / "words" / "en.toml").read_text(encoding="utf-8")
    return dict(_flat("", tomllib.loads(text)))


def say(key: str, **values: object) -> str:
    """Return a sentence with its gaps filled.

    Parameters
    ----------
    key : str
        Its key in the words file.
    **values
        What fills its gaps, already formatted for people.

    Raises
    ------
    KeyError
        When there is no such sentence: a mistake of ours, found by a test that asks for every key.
    """
    return words()[key].format(**values)


def knows(key: str) -> bool:
    """Return whether there is a sentence of that key."""
    return key in words()


def _flat(prefix: str, table: Mapping[str, Any]) -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for name, value in table.items():
        key = f"{prefix}.{name}" if prefix else name
        flat += _flat(key, value) if isinstance(value, dict) else [(key, str(value))]
    return flat
