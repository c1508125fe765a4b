"""The zip file: written as the same bytes every time, and read as what it is, a file from a stranger.

A zip file says three times how large things are and may lie each time, may hold a name twice, a path that climbs out
of its folder, or kilobytes that unpack to gigabytes. Nothing is unpacked to a disk here; sizes are counted, not
believed, and what a bundle has no place for is refused.
"""

import struct
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from meterproof_evidence.errors import BundleError
from meterproof_evidence.layout import FOLDERS, LARGEST_BUNDLE, LARGEST_CONTENT, LARGEST_FILE, MOST_FILES

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that zip can say: the same whenever a bundle is built
_UNIX, _MODE = 3, 0o100644 << 16
_END = struct.Struct("<4s4H2LH")  # the record that ends a zip file: signature, numbers, size and place of its list
_END_MARK, _BIG_MARK = b"PK\x05\x06", b"PK\x06\x07"
_BIG_SIZE = 20  # bytes of the locator that stands before the end of a zip file of the large kind
_LARGEST_LIST = 2**20  # bytes
_ENCRYPTED = 0x1
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
    struct.error,
)


def write_archive(files: Mapping[str, bytes]) -> bytes:
    """Return files as a zip file: the same files give the same bytes, with the same release of zlib."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.create_system, entry.external_attr, entry.compress_type = _UNIX, _MODE, zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[path])
    return target.getvalue()


def read_archive(path: Path) -> dict[str, bytes]:
    """Return the files of a zip file, whatever they are called.

    Raises
    ------
    BundleError
        When it cannot be read, holds a name twice, or is larger than any bundle.
    """
    try:
        with path.open("rb") as file:
            _check_end(file)
            with zipfile.ZipFile(file) as archive:
                return _members(archive)
    except BundleError as error:
        raise BundleError(f"{path.name}: {error}") from None
    except _BROKEN as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise BundleError(f"{path.name} is no zip file that can be read: {reason or type(error).__name__}") from None


def _check_end(file: BinaryIO) -> None:
    """Look at the last bytes before a library believes them: they say how long a list of files it will load."""
    size = file.seek(0, 2)
    if size > LARGEST_BUNDLE:
        raise BundleError(f"{size} bytes; no bundle is larger than {LARGEST_BUNDLE}")
    if size < _END.size:
        raise BundleError(f"{size} bytes; that is no zip file")
    file.seek(-_END.size, 2)
    mark, _, _, _, entries, list_size, list_start, comment = _END.unpack(file.read(_END.size))
    if mark != _END_MARK or comment:
        raise BundleError("its end is not that of a bundle; a zip file without a comment is accepted")
    if entries > MOST_FILES or list_size > _LARGEST_LIST:
        raise BundleError(f"it lists {entries} files in {list_size} bytes; {MOST_FILES} files are accepted")
    if list_start + list_size + _END.size != size:
        raise BundleError("its list of files does not stand where it says; bytes were put before, into or after it")
    file.seek(max(0, size - _END.size - _BIG_SIZE))
    if file.read(len(_BIG_MARK)) == _BIG_MARK:
        raise BundleError("it is a zip file of the large kind (zip64); no bundle is")


def _members(archive: zipfile.ZipFile) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    room = LARGEST_CONTENT
    for entry in archive.infolist():
        if entry.filename in FOLDERS:
            continue
        if entry.filename in files:
            raise BundleError(f"it holds {entry.filename!r} twice; once is accepted")
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BundleError(f"{entry.filename!r} is encrypted or packed in a way that no bundle is")
        content = _content(archive, entry, min(room, LARGEST_FILE))
        room -= len(content)
        files[entry.filename] = content
    return files


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    with archive.open(entry) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise BundleError(f"{entry.filename!r} unpacks to more than {most} bytes; no bundle holds so much")
    return content
