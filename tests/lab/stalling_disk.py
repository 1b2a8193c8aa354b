"""A disk that stops answering for a while: a file system of its own, frozen by the kernel."""

import os
import subprocess
from pathlib import Path


def why_not():
    """Why there can be none here; None if there can."""
    if os.geteuid() != 0:
        return "only root can mount a file system"
    if not Path("/dev/loop-control").exists():
        return "there are no loop devices"
    return None


class StallingDisk:
    def __init__(self, folder, megabytes):
        self.image = Path(folder) / "disk.img"
        self.path = Path(folder) / "disk"
        self.frozen = False
        self.path.mkdir(parents=True)
        with open(self.image, "wb") as image:
            image.truncate(megabytes << 20)
        self._run("mkfs.ext4", "-q", "-F", self.image)
        self._run("mount", "-o", "loop", self.image, self.path)

    def freeze(self):
        """From now on whatever writes there waits in the kernel; not even a kill ends that."""
        self._run("fsfreeze", "--freeze", self.path)
        self.frozen = True

    def thaw(self):
        if self.frozen:
            self._run("fsfreeze", "--unfreeze", self.path)
            self.frozen = False

    def remove(self):
        """Once nothing uses it any more."""
        self.thaw()
        self._run("umount", self.path)
        self.image.unlink()

    @staticmethod
    def _run(*command):
        subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, timeout=60)
