"""Where a spool lies: whether it can be written there, whether it outlives a power cut, and whether there is room."""

import os
import shutil
from pathlib import Path

from meterproof_core.errors import SettingsError

_MOUNTS = Path("/proc/mounts")
_IN_MEMORY = frozenset({"tmpfs", "ramfs", "devtmpfs"})
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.glusterfs", "ceph"})
_WITHOUT_JOURNAL = frozenset({"vfat", "msdos", "exfat", "ext2"})
_LAYER = frozenset({"overlay", "aufs"})
_MIB = 1024 * 1024


def check_place(spool: Path) -> None:
    """Check that a spool can be opened at its path; nothing is written.

    Raises
    ------
    SettingsError
        When its folder is missing or cannot be written, or something else lies there.
    """
    folder = spool.parent
    if not folder.is_dir():
        raise SettingsError(f"spool {spool}: the folder {folder} does not exist; make it first")
    if spool.is_dir():
        raise SettingsError(f"spool {spool} is a folder; name a file")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError(f"spool {spool}: the folder {folder} cannot be written by this user; give it to the agent")
    if spool.exists() and not os.access(spool, os.R_OK | os.W_OK):
        raise SettingsError(f"spool {spool} cannot be written by this user; give it to the agent")


def place_doubts(spool: Path, max_mib: int, mounts: str | None = None) -> list[str]:
    """Return what is doubtful about a place that `check_place` accepts.

    Parameters
    ----------
    spool : Path
        The file, which need not be there yet.
    max_mib : int
        Its bound [MiB].
    mounts : str or None
        The table of mounted file systems, as ``/proc/mounts`` has it; None reads it.
    """
    found = []
    kind = filesystem(spool, _table() if mounts is None else mounts)
    lies = f"spool {spool} lies on {kind}"
    if kind in _IN_MEMORY:
        found.append(f"{lies}, which is memory: a power cut takes every reading in it; name a folder on disk")
    elif kind in _NETWORK:
        found.append(
            f"{lies}, a network's: locks and syncs are not to be relied on there; name a folder on this machine"
        )
    elif kind in _WITHOUT_JOURNAL:
        found.append(f"{lies}, which has no journal: a power cut can damage it whole; use ext4, xfs, btrfs or f2fs")
    elif kind in _LAYER:
        found.append(f"{lies}, a container's layer: it goes with the container; mount a volume there")
    size = spool.stat().st_size if spool.exists() else 0
    free_mib = shutil.disk_usage(spool.parent).free // _MIB
    if free_mib + size // _MIB < max_mib:
        found.append(f"spool {spool}: {free_mib} MiB are free and max_mib is {max_mib}; make room, or lower the bound")
    return found


def filesystem(path: Path, mounts: str) -> str:
    """Return the type of the file system that a path lies on; empty when the table does not say."""
    resolved = path.resolve()
    best, kind = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        point = Path(fields[1].replace("\\040", " ")) if len(fields) > 2 else None  # device, place, type
        if point is not None and resolved.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]  # of two on one place the later hides the earlier
    return kind


def _table() -> str:
    try:
        return _MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:  # a system without that table says nothing, and neither do we
        return ""
