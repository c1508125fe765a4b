"""Prints a statement: the same words and figures as its page, set by typst, nothing fetched from anywhere.

The same document gives the same bytes: its date is the date of issue, and as long as the letters are among the shipped
fonts, only these are used. Letters of other scripts are taken from the fonts of the machine.
"""

from collections.abc import Mapping
from importlib.resources import as_file, files
from typing import Literal

import msgspec
import typst

from meterproof_api.drawing import Drawing
from meterproof_api.paper.letters import beyond_shipped_fonts
from meterproof_api.paper.sheet import sheet_of
from meterproof_api.statements.document import Json, shaped
from meterproof_mv.dossier.assessment import StreamRows

_PNG_PPI = 90


def statement_pdf(document: Json, rows: Mapping[str, StreamRows]) -> bytes:
    """Return a statement as PDF.

    Parameters
    ----------
    document : dict
        Its ``statement.json``.
    rows : mapping of stream id to StreamRows
        For the charts; a stream that is not there is printed without.

    Raises
    ------
    DataError
        When the document is none.
    """
    return _set(document, rows, "pdf", None)[0]


def statement_pages_png(document: Json, rows: Mapping[str, StreamRows], ppi: float = _PNG_PPI) -> list[bytes]:
    """Return the pages of a statement as pictures, to be looked at."""
    return _set(document, rows, "png", ppi)


def _set(document: Json, rows: Mapping[str, StreamRows], form: Literal["pdf", "png"], ppi: float | None) -> list[bytes]:
    sheet = msgspec.json.encode(sheet_of(shaped(document), rows, Drawing().svg)).decode()
    with as_file(files("meterproof_api.paper")) as folder:
        made: object = typst.compile(
            folder / "statement.typ",
            root=folder,
            format=form,
            ppi=ppi,
            sys_inputs={"data": sheet},
            ignore_system_fonts=not beyond_shipped_fonts(sheet),
        )
    return made if isinstance(made, list) else [made]  # type: ignore[list-item] # its types know of no list of pages
