"""``manifest.json``: every file of a bundle with its size and SHA-256 digest."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Annotated

import msgspec

from meterproof_evidence.canonical import converted, decode
from meterproof_evidence.errors import BundleError
from meterproof_evidence.layout import BUNDLE_FORMAT, FIXED, MANIFEST, is_known


class FileEntry(msgspec.Struct, frozen=True):
    """A file as it was put into the bundle: its SHA-256 digest in hexadecimal, its size [bytes]."""

    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    bytes: Annotated[int, msgspec.Meta(ge=0)]


class Manifest(msgspec.Struct, frozen=True):
    """What a bundle says that it holds.

    Parameters
    ----------
    format : str
        Of the bundle.
    program : str
        Name and version of the program that wrote it.
    statement_id, version : str, int
        Which statement it is the evidence of.
    files : dict of FileEntry
        Every file but this one.
    """

    format: str
    program: str
    statement_id: str
    version: int
    files: dict[str, FileEntry]


def file_entries(files: Mapping[str, bytes]) -> dict[str, FileEntry]:
    """Return size and digest of files by name."""
    return {
        path: FileEntry(hashlib.sha256(content).hexdigest(), len(content)) for path, content in sorted(files.items())
    }


def read_manifest(files: Mapping[str, bytes]) -> Manifest:
    """Return the manifest among the files of a bundle.

    Raises
    ------
    BundleError
        When it is not there, cannot be read, or is of another format.
    """
    if MANIFEST not in files:
        raise BundleError(f"there is no {MANIFEST} in it; this is no bundle")
    manifest = converted(MANIFEST, decode(MANIFEST, files[MANIFEST]), Manifest)
    if manifest.format != BUNDLE_FORMAT:
        raise BundleError(f"{MANIFEST}: format {manifest.format!r} is not known; {BUNDLE_FORMAT!r} is accepted")
    return manifest


def file_problems(manifest: Manifest, files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield what does not agree between a manifest and the files that are there."""
    there = {path: content for path, content in files.items() if path != MANIFEST}
    for path in sorted({*there, *manifest.files, *FIXED}):
        if not is_known(path) or path == MANIFEST:
            yield f"{path!r} is no file of a bundle"
        elif path not in there:
            yield f"{path} is missing"
        elif path not in manifest.files:
            yield f"{path} is not in the manifest"
        else:
            yield from _changes(path, manifest.files[path], there[path])


def _changes(path: str, stated: FileEntry, content: bytes) -> Iterator[str]:
    found = hashlib.sha256(content).hexdigest()
    if len(content) != stated.bytes:
        yield f"{path}: stated {stated.bytes} bytes, found {len(content)}"
    if found != stated.sha256:
        yield f"{path}: stated SHA-256 {stated.sha256}, found {found}"
