"""A hospital site: its YAML, its keys, its listeners and its forwarder."""

import fcntl
import json
import signal
from pathlib import Path

from .process import Process, run_to_end, wait_until
from .site_file import write_site_file
from .sshd import make_key


class AgentSite:
    """The programs run each by itself (`start_parts`), so that a test can kill one, or under `icom-agent run` (`start`)."""

    def __init__(self, programs, folder, name, hosting, linacs, stop_within=10, spool=None, *, beside=None, max_bytes="2 GiB",
                 inside=(), listens_inside=None, fan_out=None, forwards=()):
        """`linacs`: {serial: "127.0.0.1:PORT"}; `stop_within`: seconds for which a stop of the agent waits for beams;
        `spool`: the spool directory, in the site's folder unless given; `beside`: the AgentSite whose second agent this one is:
        the same site and token, its own key and spool; `inside`: see Process; `listens_inside`: the same for listeners, if they are on another host;
        `fan_out`: {serial: PORT}; `forwards`: dicts of their keys as in the YAML, for which the site's key is authorised too."""
        self.programs = Path(programs)
        self.folder = Path(folder) / (f"{name}-second" if beside else name)
        self._listens_inside = inside if listens_inside is None else listens_inside
        self.folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.stop_within = stop_within
        self.linacs = dict(linacs)
        self.spool = Path(spool or self.folder / "spool")
        self.key = make_key(self.folder / "key_ed25519")
        self.token_file = self.folder / "token"
        self.known_hosts = self.folder / "known_hosts"

        hosting.sshd.authorize(f"{self.key}.pub", forwards)
        self.known_hosts.write_text(hosting.sshd.known_hosts_line())
        self.token_file.write_text(beside.token_file.read_text() if beside else hosting.new_token(name) + "\n")
        self.token_file.chmod(0o600)
        self.yaml = write_site_file(hosting, name, linacs, folder=self.folder if beside else None, key=self.key,
                                    known_hosts=self.known_hosts, token_file=self.token_file, spool=self.spool,
                                    max_bytes=max_bytes, fan_out=fan_out, forwards=forwards)
        self.agent = Process(f"agent {name}", [self.programs / "icom-agent", "run", "--site", self.yaml, "--stop-within", str(stop_within)],
                             self.folder / "agent.log", inside=inside)
        self.forwarder = Process(f"forwarder {name}", [self.programs / "icom-forward", "--site", self.yaml],
                                 self.folder / "forward.log", inside=inside)
        self.fan_out = Process(f"fan-out {name}", [self.programs / "icom-fanout", "--site", self.yaml],
                               self.folder / "fanout.log", inside=inside) if fan_out else None
        self.listeners = {}
        for serial, address in linacs.items():
            self.add_listener(serial, address)

    def add_listener(self, serial, address):
        """A listener that the test starts; it is in no YAML unless `linacs` named it."""
        command = [self.programs / "icom-listen", "--linac", address, "--serial", serial, "--spool", self.spool]
        self.listeners[serial] = Process(f"listener {serial}", command, self.folder / f"listen-{serial}.log",
                                         inside=self._listens_inside)
        return self.listeners[serial]

    def start(self):
        self.agent.start()
        return self

    def start_parts(self):
        for listener in self.listeners.values():
            listener.start()
        self.forwarder.start()
        if self.fan_out:
            self.fan_out.start()
        return self

    def stop(self):
        """Listeners first, so that they say goodbye to the Linacs while the forwarder can still send what they had."""
        codes = [self.agent.stop(self.stop_within + 20)]
        codes += [listener.stop() for listener in self.listeners.values()]
        codes.append(self.forwarder.stop())
        if self.fan_out:
            codes.append(self.fan_out.stop())
        return [code for code in codes if code is not None]

    def resume_all(self):
        for process in filter(None, [self.forwarder, self.fan_out, *self.listeners.values()]):
            process.signal(signal.SIGCONT)

    def command(self, name, *arguments, seconds=30):
        """One of icom-agent's commands for this site, when it has ended."""
        return run_to_end([self.programs / "icom-agent", name, "--site", self.yaml, *arguments], seconds)

    def status(self):
        return json.loads(self.command("status", "--json").stdout)

    def status_file(self, name):
        """A status file below the spool folder; empty as long as it is not there."""
        try:
            return json.loads((self.spool / name).read_text())
        except FileNotFoundError:
            return {}

    def listener_runs(self, serial):
        """Whether somebody holds the lock of its spool."""
        return self.is_held(f"{serial}/lock")

    def is_held(self, name):
        """Whether a program holds that lock below the spool folder."""
        with open(self.spool / name, "rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return False
            except BlockingIOError:
                return True

    def forwards(self):
        """{name: what forward.json tells of it}"""
        return {one["name"]: one for one in self.status_file("forward.json").get("forwards", [])}

    def wait_forwards_up(self, seconds=30):
        """Until each forward has its port, at whichever end."""
        wait_until(lambda: self.forwards() and all(one["state"] == "up" for one in self.forwards().values()),
                   seconds, f"forwards of {self.name} are up")

    def wait_connected(self, seconds=20):
        """Until each listener has its Linac."""
        wait_until(lambda: all(self.status_file(f"{serial}/listener.json").get("connected") for serial in self.linacs),
                   seconds, f"listeners of {self.name} are connected")
