"""The names that things carry in topics, columns and addresses, and the one rule for each."""

import re

ID_RULE = "1 to 64 of a-z, 0-9 and '-', starting with a letter or digit"
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,63}")


def is_id(text: str) -> bool:
    """Return whether a text may name a plant, a gateway or a metering point (`ID_RULE`)."""
    return _ID.fullmatch(text) is not None


def is_column(text: str) -> bool:
    """Return whether a text may name a quantity, and so a column or a field."""
    return _COLUMN.fullmatch(text) is not None
