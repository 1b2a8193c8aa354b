"""A machine of its own as far as a program can tell: its own network, its own /etc, /var/lib, /usr/local/bin and so on; the rest of the
file system is that of the machine the tests run on. Needs root."""

import os
import subprocess
from pathlib import Path
from shlex import quote

from .own_root import OwnRoot
from .process import Process, run_to_end, wait_until

_PRIVATE = ("/etc", "/var/lib", "/usr/local", "/srv", "/root", "/run")


def _is_private(path):
    return any(Path(path).is_relative_to(one) for one in _PRIVATE)


class Machine(OwnRoot):
    @staticmethod
    def why_not():
        """Why there can be none here; None if there can."""
        if os.geteuid() != 0:
            return "needs root, for namespaces of its own"
        done = subprocess.run(["unshare", "--net", "--mount", "--propagation", "private", "true"], capture_output=True, text=True)
        return None if done.returncode == 0 else f"cannot make namespaces: {done.stderr.strip()}"

    def __init__(self, folder, name, shown=()):
        """`shown`: folders that this machine has as they are here, also where they lie in one that is its own."""
        self.name = name
        self.folder = Path(folder) / name
        self.folder.mkdir(parents=True)
        # The namespaces live as long as this process does, and all processes in them end with it.
        self._keeper = Process(
            f"machine {name}",
            ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private",
             "bash", "-c", "sleep infinity & while :; do wait -n; done"],
            self.folder / "machine.log").start()
        self.first_process = int(wait_until(self._children, 10, "namespaces")[0])
        wait_until(lambda: os.readlink(f"/proc/{self.first_process}/exe").endswith("bash"), 10, "its first process")
        self.inside = ["nsenter", f"--target={self.first_process}", "--net", "--mount", "--pid", "--wd=/root"]
        self.shell("ip link set lo up")
        private = self.folder / "private"
        kept = [(Path(path), private / f"shown-{number}") for number, path in enumerate(shown) if _is_private(path)]
        for path, place in kept:
            place.mkdir(parents=True)
            self.shell(f"mount --bind {quote(str(path))} {quote(str(place))}")
        for path in _PRIVATE:
            copy = private / path.strip("/").replace("/", "-")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.mkdir(mode=0o755)
            if path == "/etc":
                subprocess.run(["cp", "-a", "/etc/.", copy], check=True)
            self.shell(f"mount --bind {quote(str(copy))} {path}")
        for path, place in kept:
            self.shell(f"mkdir -p {quote(str(path))} && mount --bind {quote(str(place))} {quote(str(path))}")
        self.shell("mkdir -p /usr/local/bin")
        self.put(Path(__file__).with_name("systemctl.py"), "/usr/local/bin/systemctl", 0o755)

    def _children(self):
        return Path(f"/proc/{self._keeper.pid}/task/{self._keeper.pid}/children").read_text().split()

    def run(self, command, seconds=60):
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return run_to_end([*self.inside, "env", path, "bash", "-c", command], seconds)

    def process(self, name, command):
        """To be started."""
        return Process(f"{self.name}: {name}", [*self.inside, *command], self.folder / f"{name}.log")

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
    subprocess.run(["ip", "link", "add", ends[0], "netns", str(one.first_process), "type", "veth",
                    "peer", "name", ends[1], "netns", str(other.first_process)], check=True)
    for machine, end, address in ((one, ends[0], one_address), (other, ends[1], other_address)):
        machine.shell(f"ip address add {address} dev {end} && ip link set {end} up")
