"""What can be said of the PDF without a PDF reader: that it is one, and which statement it names if it names one."""

import re
import zlib

_MARK = b"%PDF-"
_STREAM = re.compile(rb"stream\r?\n")
_ID = re.compile(rb"[a-z0-9][a-z0-9-]{0,63}\.[0-9]{4}-[0-9]{2}-[0-9]{2}\.[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LARGEST_STREAM = 2**20  # bytes, packed and unpacked
_MOST_STREAMS = 400


def statement_ids_in(pdf: bytes) -> set[str]:
    """Return the statement ids that stand readable in a PDF: in its metadata, or in a part that is plainly packed."""
    places = [pdf, pdf.replace(b"\x00", b"")]  # the second reads text of two bytes a letter
    for found in list(_STREAM.finditer(pdf))[:_MOST_STREAMS]:
        try:
            places.append(
                zlib.decompressobj().decompress(pdf[found.end() : found.end() + _LARGEST_STREAM], _LARGEST_STREAM)
            )
        except zlib.error:
            continue
    return {match.decode() for place in places for match in _ID.findall(place)}


def is_pdf(content: bytes) -> bool:
    """Return whether a file says that it is a PDF."""
    return content.startswith(_MARK)
