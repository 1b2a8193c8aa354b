"""A real OpenSSH server on loopback, with throw-away keys and an account that may open one port and nothing else."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from .ports import free_port
from .process import Process, wait_until


def accepts(port, address="127.0.0.1"):
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((address, port)) == 0


def listen_text(listen):
    """`listen` of a forward as permitlisten wants it."""
    return listen if ":" in str(listen) else f"127.0.0.1:{listen}"


def make_key(path, kind="ed25519"):
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", path.name, "-f", path],
                   check=True, stdin=subprocess.DEVNULL)
    return path


class Sshd:
    """As root it logs in the account `nobody`, which has no shell; otherwise the user who runs it."""

    def __init__(self, folder, ingest_port, extra_config="", address="127.0.0.1", keys_from=None):
        """`keys_from`: the KeyCommand that it asks for keys, as it is deployed; otherwise authorize() makes them known."""
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.address = address
        self.port = free_port(address)
        self.user = "nobody" if os.geteuid() == 0 else getpass.getuser()
        self._ingest_port = ingest_port
        self._extra_config = extra_config
        self._keys_from = keys_from
        self.host_key = make_key(self.folder / "host_ed25519")  # another one counts from the next start
        self._authorized = self.folder / "authorized_keys"
        self._authorized.write_text("")
        self._process = None

    def authorize(self, public_key, forwards=()):
        """Adds a site's public key, with the restrictions that docs/agent.md asks for, and leave for its forwards (dicts as in the
        site's YAML)."""
        opens = [f"127.0.0.1:{self._ingest_port}", *(one["target"] for one in forwards if one["direction"] == "local")]
        listens = [listen_text(one["listen"]) for one in forwards if one["direction"] == "remote"]
        rules = ",".join(["restrict", "port-forwarding", *(f'permitopen="{address}"' for address in opens),
                          *(f'permitlisten="{address}"' for address in listens or ["127.0.0.1:1"]), 'command="/bin/false"'])
        with open(self._authorized, "a", encoding="ascii") as keys:
            keys.write(f"{rules} {Path(public_key).read_text().strip()}\n")
        self._authorized.chmod(0o644)

    def known_hosts_line(self):
        kind, key = Path(f"{self.host_key}.pub").read_text().split()[:2]
        return f"[{self.address}]:{self.port} {kind} {key}\n"

    def start(self):
        program = shutil.which("sshd") or "/usr/sbin/sshd"
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        config = self.folder / "sshd_config"
        config.write_text(f"""\
ListenAddress {self.address}
Port {self.port}
HostKey {self.host_key}
PidFile none
AuthorizedKeysFile {self._authorized}
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowUsers {self.user}
MaxStartups 100
LogLevel VERBOSE
{self._extra_config}
{self._account_config()}
""")
        # Its account must be able to read the list of keys, and nothing else here.
        self.folder.chmod(0o711)
        self._process = Process("sshd", [program, "-D", "-e", "-f", config], self.folder / "sshd.log")
        self._process.start()
        wait_until(lambda: accepts(self.port, self.address), 10, "sshd accepts connections")
        return self

    def _account_config(self):
        if self._keys_from:
            return self._keys_from.config(self.user)
        return """\
AllowTcpForwarding yes
PermitTTY no
X11Forwarding no
AllowAgentForwarding no
ClientAliveInterval 5
ClientAliveCountMax 2
"""

    def kill(self):
        """kill -9 of the listening server and of every session of it, which is what a crash of the machine's sshd is."""
        children = _descendants(self._process.pid)
        self._process.kill()
        for child in children:
            self.signal(child, signal.SIGKILL)

    def signal_all(self, number):
        """To the server and its sessions: SIGSTOP and SIGCONT for a hosting site that hangs."""
        for pid in [self._process.pid, *_descendants(self._process.pid)]:
            self.signal(pid, number)

    def stop_sessions(self):
        """SIGSTOP to the process of every session there is now, and to nothing else: new ones are served. Their ids."""
        sessions = _descendants(self._process.pid)
        for pid in sessions:
            self.signal(pid, signal.SIGSTOP)
        return sessions

    @staticmethod
    def signal(pid, number):
        """To one process; it may be gone."""
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass

    def stop(self):
        if self._process is not None and self._process.running:
            self.kill()


def _descendants(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in task.read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
        for child in children:
            found.append(child)
            found.extend(_descendants(child))
    return found
