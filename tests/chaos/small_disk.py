"""A disk of its own, small enough to be filled."""

import errno
import os
import shutil
import subprocess
from pathlib import Path


class SmallDisk:
    """Mounted at `folder`; only this run sees the mount."""

    def __init__(self, folder, size):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "chaos", self.folder], check=True)
        self._ballast = self.folder / "ballast"

    def free(self):
        about = os.statvfs(self.folder)
        return about.f_bavail * about.f_frsize

    def fill(self, leave=0):
        """Until only `leave` bytes are free."""
        with open(self._ballast, "wb") as ballast:
            size = 0
            while (more := self.free() - leave) > 0:
                try:
                    os.posix_fallocate(ballast.fileno(), size, more)
                except OSError as error:  # somebody else was quicker
                    if error.errno != errno.ENOSPC:
                        raise
                    continue
                size += more

    def empty(self):
        self._ballast.unlink(missing_ok=True)

    def unmount(self):
        subprocess.run(["umount", self.folder], check=True)

    def leave_content(self):
        """Puts what is on it in its place, so that it is still there when the mount is not."""
        copy = self.folder.with_name(self.folder.name + ".copy")
        self.empty()
        shutil.copytree(self.folder, copy, symlinks=True, ignore=_sockets)
        self.unmount()
        self.folder.rmdir()
        copy.rename(self.folder)


def _sockets(folder, names):
    return [name for name in names if (Path(folder) / name).is_socket()]
