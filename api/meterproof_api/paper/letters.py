"""Which letters the fonts inside typst have: Latin with all of Vietnamese, Greek and Cyrillic; no Thai, no Chinese."""

import unicodedata

_SHIPPED = ("LATIN ", "GREEK ", "CYRILLIC ", "MODIFIER LETTER ", "COMBINING ")


def beyond_shipped_fonts(text: str) -> str:
    """Return the letters of a text, each once, that no shipped font has.

    Examples
    --------
    >>> beyond_shipped_fonts("Nguyễn Thị Đặng, Łódź, μ")
    ''
    >>> len(beyond_shipped_fonts("โรงงาน"))
    5
    """
    return "".join(sorted(letter for letter in set(text) if ord(letter) > _ASCII and not _is_shipped(letter)))


_ASCII = 0x7F


def _is_shipped(letter: str) -> bool:
    if unicodedata.category(letter)[0] not in "LM":
        return True
    return unicodedata.name(letter, "").startswith(_SHIPPED)
