"""Disks that can be filled: small file systems of their own where the machine lets us mount them.

A full disk is made by a ballast file. Where nothing can be mounted there is no such disk, and the run says so: a limit
on the size of files is no stand-in, because it ends a database by a signal that no full disk sends.
"""

import os
import subprocess
from pathlib import Path

_BALLAST = "ballast"


class Disk:
    """A folder that is a file system of its own, if that can be had.

    Parameters
    ----------
    folder : Path
        Where it is; made when it is missing.
    mib : int
        Its size [MiB].
    """

    def __init__(self, folder: Path, mib: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.is_small = _mounted(folder, mib)

    def fill(self) -> None:
        """Leave no room at all."""
        with (self.folder / _BALLAST).open("ab") as ballast:
            for size in (1 << 20, 1 << 16, 4096):
                self._grow(ballast.fileno(), size)

    def free(self) -> None:
        """Give the room back."""
        (self.folder / _BALLAST).unlink(missing_ok=True)

    def close(self) -> None:
        """Take the file system away again."""
        if self.is_small:
            subprocess.run(["umount", "--lazy", self.folder], check=False, capture_output=True)
            self.is_small = False

    @staticmethod
    def _grow(ballast: int, step: int) -> None:
        while True:
            at = os.fstat(ballast).st_size
            try:
                os.posix_fallocate(ballast, at, step)
            except OSError:
                return


def _mounted(folder: Path, mib: int) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0755", "tmpfs", str(folder)]
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False
