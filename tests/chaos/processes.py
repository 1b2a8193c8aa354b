"""Processes that others started: found by what they run, since none of them is our own child."""

import os
import signal
from pathlib import Path

from tests.lab.process import wait_until


def find(program, *words):
    """The processes of `program` that have all `words` in their command line. Only those of this run are to be seen."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if Path(command[0]).name == program and all(str(word) in command for word in words):
            found.append(int(entry.name))
    return found


def parent_runs(pid, program):
    """Whether it was started by a process of this program that still lives."""
    parent = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    return parent in find(program)


def send(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def gone(pid):
    """Also buries it, if it came to us when its parent was killed."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def terminate(pids):
    """SIGTERM, and the end of them."""
    end(pids, signal.SIGTERM)


def kill(pids):
    """kill -9, and the end of them."""
    end(pids, signal.SIGKILL)


def end(pids, number):
    send(pids, number)
    wait_until(lambda: all(gone(pid) for pid in pids), 10, f"processes {pids} are gone")
