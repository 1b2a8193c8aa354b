"""Child processes that are waited for by what they say or do, never by a sleep alone."""

import os
import signal
import subprocess
import time
from pathlib import Path


# Deadlines are for programs as they ship; ones that are slower by their nature are given so many times as long.
_SLOWER = float(os.environ.get("ICOM_DEADLINE_FACTOR", "1"))


def within(seconds):
    """So many seconds, or more where the programs are slower."""
    return seconds * _SLOWER


class LabError(Exception):
    """Something did not happen within its deadline, or a process ended that should not have."""


def wait_until(condition, seconds, what):
    """Polls `condition` until it gives something true, and returns that. LabError after `seconds`."""
    deadline = time.monotonic() + within(seconds)
    while True:
        asked = time.monotonic()
        result = condition()
        if result:
            return result
        now = time.monotonic()
        if now > deadline:
            raise LabError(f"not within {within(seconds):g} s: {what}")
        time.sleep(max(0.02, now - asked))  # asking, which may be a process, takes half of the time at most


def run_to_end(command, seconds, cwd=None):
    """A command's CompletedProcess with its output as text; subprocess.TimeoutExpired after `seconds`."""
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=within(seconds), cwd=cwd)


class Process:
    """One program, its output in a file, restarted on request with the same command."""

    def __init__(self, name, command, log, env=None, cwd=None, inside=(), pass_fds=()):
        """`inside`: a command that runs another in a network namespace, put in front of this one. `pass_fds`: descriptors of this
        process that it has, too."""
        self.name = name
        self.command = [str(part) for part in command]
        self.log = Path(log)
        self._env = {**os.environ, **(env or {})}
        self._cwd = cwd
        self._inside = [str(part) for part in inside]
        self._pass_fds = tuple(pass_fds)
        self._child = None

    def start(self):
        # A test that is itself killed takes its processes with it.
        command = ["setpriv", "--pdeathsig", "KILL", *self._inside, *self.command]
        with open(self.log, "ab") as out:
            self._child = subprocess.Popen(
                command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                env=self._env, cwd=self._cwd, pass_fds=self._pass_fds,
                start_new_session=True)  # Ctrl-C is for whoever started us; we stop things in order
        return self

    @property
    def pid(self):
        return self._child.pid

    @property
    def running(self):
        return self._child is not None and self._child.poll() is None

    def signal(self, number):
        if self.running:
            self._child.send_signal(number)

    def kill(self):
        """kill -9, and the end of it."""
        if self._child is None:
            return
        self.signal(signal.SIGKILL)
        self._child.wait(timeout=within(10))

    def stop(self, seconds=10):
        """SIGTERM; the exit code. A program that does not end in time is killed, and that is an error."""
        if self._child is None:
            return None
        self.signal(signal.SIGTERM)
        try:
            return self._child.wait(timeout=within(seconds))
        except subprocess.TimeoutExpired:
            self.kill()
            raise LabError(f"{self.name} did not end within {seconds} s of SIGTERM") from None

    def wait(self, seconds):
        try:
            return self._child.wait(timeout=within(seconds))
        except subprocess.TimeoutExpired:
            raise LabError(f"{self.name} did not end by itself within {seconds} s") from None

    def output(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def wait_for_output(self, text, seconds=20, after=0):
        """Until `text` stands in the output behind character `after`; returns the whole output."""

        def seen():
            output = self.output()
            if text in output[after:]:
                return output
            if not self.running:
                raise LabError(f"{self.name} ended with {self._child.returncode}:\n{output[-2000:]}")
            return None

        return wait_until(seen, seconds, f"'{text}' from {self.name}")
