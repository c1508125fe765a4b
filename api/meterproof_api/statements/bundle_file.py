"""One member of a bundle, read without unpacking the rest and without trusting how large it says it is."""

import zipfile
import zlib
from io import BytesIO
from pathlib import Path

from meterproof_core.errors import DataError

LARGEST_MEMBER = 64 * 2**20  # bytes; a year of quarter hours with a PDF stays below 4 MB
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


def member(bundle: Path | bytes, name: str) -> bytes:
    """Return one file of a bundle.

    Raises
    ------
    DataError
        When the bundle cannot be opened, has no such file, or that file is damaged or larger than any of ours.
    """
    source = BytesIO(bundle) if isinstance(bundle, bytes) else bundle
    try:
        with zipfile.ZipFile(source) as archive, archive.open(name) as file:
            content = file.read(LARGEST_MEMBER + 1)
    except KeyError:
        raise DataError(f"no {name} in it") from None
    except _BROKEN as error:
        raise DataError(f"{name} cannot be read ({error})") from None
    if len(content) > LARGEST_MEMBER:
        raise DataError(f"{name} is larger than {LARGEST_MEMBER} bytes")
    return content
