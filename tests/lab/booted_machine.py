"""A machine with a systemd of its own: Debian 12, booted by systemd-nspawn. It shares this machine's network, so that a test's Linacs and
its hosting site are at 127.0.0.1 for both. Needs root, and once, to make the root file system, a Debian archive."""

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from .own_root import OwnRoot
from .process import LabError, Process, run_to_end, wait_until

_PACKAGES = ("systemd", "systemd-sysv", "dbus", "procps")
_SUITE = "bookworm"
_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"


# A control group of its own in whatever hierarchies a systemd uses: two machines in one would count, and kill, each other's processes.
# A namespace of processes that ends with the one that begins it: nothing of the machine outlives that.
_BEGIN = """
for hierarchy in systemd unified .; do
  group=/sys/fs/cgroup/$hierarchy
  [ -e $group/cgroup.procs ] || continue
  mkdir $group/$0 && echo $$ > $group/$0/cgroup.procs
done
exec unshare --pid --fork --kill-child --mount --mount-proc "$@"
"""


class NoMachine(Exception):
    """There can be none here, and why."""


def _archive():
    """Where this machine itself gets its packages from."""
    done = run_to_end(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian",
                       f"Codename: {_SUITE}", "Component: main"], 30)
    addresses = done.stdout.split()
    if not addresses:
        raise NoMachine(f"this machine knows no Debian archive with {_SUITE}")
    return addresses[0]


def _root_tar():
    """The root file system, from the user's cache, or made and put there."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "icom-gateway"
    key = hashlib.sha256(" ".join((_SUITE, *_PACKAGES)).encode()).hexdigest()[:12]
    tar = cache / f"root-{key}.tar"
    if tar.exists():
        return tar
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="icom-root-") as folder:
        root = Path(folder) / "root"
        done = run_to_end(["debootstrap", "--variant=minbase", f"--include={','.join(_PACKAGES)}", f"--keyring={_KEYS}", _SUITE, root,
                           _archive()], 600)
        if done.returncode != 0:
            raise NoMachine(f"debootstrap: {(done.stdout + done.stderr).strip()[-500:]}")
        part = tar.with_suffix(f".{os.getpid()}")
        subprocess.run(["tar", "--numeric-owner", "--exclude=./var/cache/apt/archives/*.deb", "-C", root, "-cf", part, "."], check=True)
        part.rename(tar)  # two tests may have made one each
    return tar


class BootedMachine(OwnRoot):
    @staticmethod
    def why_not():
        """Why there can be none here; None if there may be. LabError if only programs are missing."""
        if os.geteuid() != 0:
            return "a machine with systemd needs root"
        missing = [program for program in ("debootstrap", "systemd-nspawn", "nsenter") if shutil.which(program) is None]
        if missing:
            raise LabError(f"missing: {', '.join(missing)} (deploy/install-packages)")
        return None

    def __init__(self, folder, shared=()):
        """`shared`: folders of this machine that are there under the same name. NoMachine if there can be none."""
        self.root = Path(folder) / "root"
        self.root.mkdir(parents=True)
        subprocess.run(["tar", "--numeric-owner", "-C", self.root, "-xpf", _root_tar()], check=True)
        binds = [f"--bind={path}" for path in shared]
        self._group = f"icom-lab-{os.getpid()}-{id(self):x}"
        self._process = Process("machine", ["/bin/sh", "-c", _BEGIN, self._group, "systemd-nspawn", "-D", self.root, "--register=no",
                                            "--keep-unit", "--boot", *binds], Path(folder) / "machine.log")
        self.first_process = None

    def install(self, programs):
        """Programs of this machine, with the libraries that they need and that are not there."""
        for program in programs:
            self.put(program, f"/usr/local/bin/{Path(program).name}", 0o755)
            for line in run_to_end(["ldd", program], 30).stdout.splitlines():
                library = next((word for word in line.split() if word.startswith("/")), None)
                if library and not self.outside(library).exists():
                    self.put(os.path.realpath(library), library, 0o755)

    def outside(self, path):
        """Where a file of that machine is for us."""
        return self.root / str(path).lstrip("/")

    def boot(self):
        self._process.start()
        deadline = time.monotonic() + 20
        while self.first_process is None:
            self.first_process = self._find_systemd()
            if self.first_process:
                break
            if not self._process.running or time.monotonic() > deadline:
                raise NoMachine(f"systemd-nspawn: {self._process.output()[-500:]}")
            time.sleep(0.05)
        wait_until(lambda: self.run("systemctl is-system-running").stdout.strip() in ("running", "degraded"), 60, "it has booted")
        return self

    def _find_systemd(self):
        """The descendant that is one; None as long as there is none."""
        to_see = [str(self._process.pid)]
        while to_see:
            process = to_see.pop()
            try:
                if os.readlink(f"/proc/{process}/exe").endswith("/systemd"):
                    return process
                for children in Path(f"/proc/{process}/task").glob("*/children"):
                    to_see += children.read_text().split()
            except OSError:  # it has ended
                pass
        return None

    def run(self, command, seconds=60):
        """What a root shell there did."""
        return run_to_end(["nsenter", f"--target={self.first_process}", "--mount", "--uts", "--ipc", "--net", "--pid", "--", "/bin/sh", "-c",
                           command], seconds)

    def journal(self, unit):
        return self.run(f"journalctl --no-pager -o cat -u {unit}").stdout

    def stop(self):
        self._process.kill()
        if self.first_process:
            wait_until(lambda: not Path(f"/proc/{self.first_process}").exists(), 20, "the machine has ended")
        for hierarchy in ("systemd", "unified", "."):
            for group in sorted(Path("/sys/fs/cgroup", hierarchy, self._group).glob("**/"), reverse=True):
                try:
                    group.rmdir()
                except OSError:
                    pass  # somebody looks into it; it is empty
