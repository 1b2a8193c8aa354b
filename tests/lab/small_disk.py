"""A disk that is soon full: a tmpfs of a given size, for whoever may mount one."""

import errno
import os
import subprocess
from pathlib import Path

from .process import LabError


class SmallDisk:
    """Needs root. `unmount()` may be called again."""

    def __init__(self, folder, size):
        """`size` as mount(8) takes it, such as "24m"."""
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", self.folder],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise LabError(f"cannot mount a tmpfs: {done.stderr.strip()}")
        self._mounted = True
        self._filler = self.folder / "filler"

    @staticmethod
    def why_not():
        """Why there can be none here; None if there can."""
        return None if os.geteuid() == 0 else "mounting a small disk needs root"

    def free_bytes(self):
        state = os.statvfs(self.folder)
        return state.f_bavail * state.f_frsize

    def fill(self, but=0):
        """Somebody else's file takes all room but so many bytes."""
        with open(self._filler, "ab", buffering=0) as file:
            try:
                while self.free_bytes() > but:
                    piece = min(self.free_bytes() - but, 1 << 20)
                    os.posix_fallocate(file.fileno(), file.tell(), piece)
                    file.seek(piece, os.SEEK_CUR)
            except OSError as error:  # others write meanwhile
                if error.errno != errno.ENOSPC:
                    raise

    def make_room(self):
        self._filler.unlink()

    def unmount(self):
        if self._mounted:
            self._mounted = False
            subprocess.run(["umount", "--lazy", self.folder], check=True)
