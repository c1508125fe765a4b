"""Quotes names and texts for InfluxQL and for line protocol, so that no value can end what holds it. Pure."""

from meterproof_core.errors import StoreRefusedError
from meterproof_store.influx.schema import MAX_MS, MIN_MS

_IN_TEXT = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n"})
_IN_NAME = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
_IN_FIELD = str.maketrans({"\\": "\\\\", '"': '\\"'})
_IN_TAG = str.maketrans({",": "\\,", "=": "\\=", " ": "\\ "})
_NS_PER_MS = 1_000_000


def text(value: str) -> str:
    r"""Return a text as an InfluxQL literal.

    >>> print(text("it's"))
    'it\'s'
    """
    return f"'{value.translate(_IN_TEXT)}'"


def name(identifier: str) -> str:
    r"""Return a name as an InfluxQL identifier.

    >>> print(name('a"b'))
    "a\"b"
    """
    return f'"{identifier.translate(_IN_NAME)}"'


def instant(at_ms: int) -> str:
    """Return an instant as an InfluxQL literal in ns; one that no stored point can lie beyond stands for all those.

    >>> instant(1500)
    '1500000000'
    """
    return str(min(max(int(at_ms), MIN_MS), MAX_MS) * _NS_PER_MS)


def field_text(value: str) -> str:
    """Return a text as a field's value in line protocol, without line breaks.

    Raises
    ------
    StoreRefusedError
        When there is a line break in it.
    """
    if "\n" in value or "\r" in value:
        raise StoreRefusedError(f"text {value[:60]!r} holds a line break; leave it out")
    return f'"{value.translate(_IN_FIELD)}"'


def tag_value(what: str, value: str) -> str:
    """Return a text as a tag's value in line protocol.

    Raises
    ------
    StoreRefusedError
        When line protocol cannot carry it.
    """
    if not value or not value.isprintable() or "\\" in value:
        raise StoreRefusedError(f"{what} {value!r} cannot be a tag; use printable characters without backslash")
    return value.translate(_IN_TAG)
