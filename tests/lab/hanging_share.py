"""A mounted share that stops answering for a while: a folder seen through a FUSE file system whose program is stopped."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from .process import LabError, wait_until


def why_not():
    """Why there can be none here; None if there can. LabError if only a program is missing."""
    if os.geteuid() != 0:
        return "only root can mount a file system"
    if not Path("/dev/fuse").exists():
        return "there is no /dev/fuse"
    if not shutil.which("bindfs"):
        raise LabError("missing: bindfs (deploy/install-packages)")
    return None


class HangingShare:
    """`path` shows what is in `behind`. While it hangs, every access below `path` waits in the kernel, looking a name up included."""

    def __init__(self, path, behind):
        self.path = Path(path)
        self._behind = Path(behind)
        for folder in (self.path, self._behind):
            folder.mkdir(parents=True, exist_ok=True)
        # Nothing is remembered in the kernel, so that nothing is answered from there.
        self._program = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "bindfs", "-f", "-o", "attr_timeout=0,entry_timeout=0,negative_timeout=0",
             str(self._behind), str(self.path)], stdin=subprocess.DEVNULL, start_new_session=True)
        self._device = wait_until(self._find_device, 10, f"{self.path} is mounted")

    def hang(self):
        """Stopped between two requests: whoever waits for one that the program has taken already cannot even be killed."""
        wait_until(self._stops_with_nothing_taken, 20, f"{self.path} hangs with no request taken")

    def answer(self):
        self._program.send_signal(signal.SIGCONT)

    def remove(self):
        """Once nothing uses it any more."""
        if self._program.poll() is not None:
            return
        self.answer()
        subprocess.run(["umount", "--lazy", str(self.path)], check=True)
        self._program.wait(timeout=20)

    def _stops_with_nothing_taken(self):
        self._program.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._program.pid, os.WSTOPPED)
        # What came since it stopped waits, too. Then it is tried again: rarely, since most of the time nobody asks.
        if self._requests_waiting() == 0:
            return True
        self.answer()
        return False

    def _requests_waiting(self):
        with tempfile.TemporaryDirectory() as control:
            subprocess.run(["mount", "-t", "fusectl", "none", control], check=True)
            try:
                return int((Path(control) / self._device / "waiting").read_text())
            finally:
                subprocess.run(["umount", control], check=True)

    def _find_device(self):
        """Its number, by which the kernel names the connection to the program; None while it is not mounted."""
        # Not by a question to the file system itself, which would wait for it.
        for fields in (line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()):
            if fields[4] == str(self.path.resolve()):
                return fields[2].split(":")[1]
        return None
