"""A machine of its own as far as a program can tell: its own network, its own /etc, /var/lib, /usr/local/bin and so on; the rest of the
file system is that of the machine the tests run on. Needs root."""

import os
import shutil
import subprocess
import textwrap
from pathlib import Path

from .process import Process, run_to_end, wait_until

_PRIVATE = ("/etc", "/var/lib", "/usr/local", "/srv", "/root", "/run")


class Machine:
    @staticmethod
    def why_not():
        """Why there can be none here; None if there can."""
        if os.geteuid() != 0:
            return "needs root, for namespaces of its own"
        done = subprocess.run(["unshare", "--net", "--mount", "--propagation", "private", "true"], capture_output=True, text=True)
        return None if done.returncode == 0 else f"cannot make namespaces: {done.stderr.strip()}"

    def __init__(self, folder, name):
        self.name = name
        self.folder = Path(folder) / name
        self.folder.mkdir(parents=True)
        # The namespaces live as long as this process does.
        self._keeper = Process(f"machine {name}", ["unshare", "--net", "--mount", "--propagation", "private", "sleep", "infinity"],
                               self.folder / "machine.log").start()
        wait_until(lambda: os.readlink(f"/proc/{self._keeper.pid}/ns/net") != os.readlink("/proc/self/ns/net")
                   and os.readlink(f"/proc/{self._keeper.pid}/ns/mnt") != os.readlink("/proc/self/ns/mnt"), 10, "namespaces")
        self.inside = ["nsenter", f"--target={self._keeper.pid}", "--net", "--mount", "--wd=/root"]
        self.shell("ip link set lo up")
        private = self.folder / "private"
        for path in _PRIVATE:
            copy = private / path.strip("/").replace("/", "-")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.mkdir(mode=0o755)
            if path == "/etc":
                subprocess.run(["cp", "-a", "/etc/.", copy], check=True)
            self.shell(f"mount --bind {copy} {path}")
        self.shell("mkdir -p /usr/local/bin /run/sshd /var/lib/icom; rmdir /var/lib/icom")

    def shell(self, command, seconds=60):
        """What a root shell there says. RuntimeError, with all that it said, if it fails."""
        done = self.run(command, seconds)
        if done.returncode != 0:
            raise RuntimeError(f"{self.name}: {command}\ngave {done.returncode}:\n{textwrap.indent(done.stdout + done.stderr, '  ')}")
        return done.stdout

    def run(self, command, seconds=60):
        return run_to_end([*self.inside, "bash", "-c", command], seconds)

    def process(self, name, command):
        """To be started."""
        return Process(f"{self.name}: {name}", [*self.inside, *command], self.folder / f"{name}.log")

    def put(self, file, path, mode=0o644):
        """A file of ours onto this machine."""
        target = self.outside(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        target.chmod(mode)

    def outside(self, path):
        """Where a file of this machine is for us."""
        for private in sorted(_PRIVATE, key=len, reverse=True):
            if str(path).startswith(private + "/") or str(path) == private:
                return self.folder / "private" / private.strip("/").replace("/", "-") / str(path)[len(private) + 1:]
        raise ValueError(f"{path} is not this machine's own")

    def stop(self):
        self._keeper.kill()


def connect(one, one_address, other, other_address):
    """A cable between two machines. Addresses with their prefix length."""
    ends = (f"to-{other.name}"[:15], f"to-{one.name}"[:15])
    keepers = [machine.inside[1].split("=")[1] for machine in (one, other)]
    # Made inside the first machine, so that the names here stay free.
    one.shell(f"ip link add {ends[0]} type veth peer name {ends[1]} netns /proc/{keepers[1]}/ns/net")
    for machine, end, address in ((one, ends[0], one_address), (other, ends[1], other_address)):
        machine.shell(f"ip address add {address} dev {end} && ip link set {end} up")
