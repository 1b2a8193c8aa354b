#!/usr/bin/env python3
"""Stands for systemctl on a Machine, where no systemd runs: starts, stops and reloads what a unit's file says, as the user whom it names."""

import os
import pwd
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

RUN = Path("/run/units")


def unit(name):
    file = Path("/etc/systemd/system") / f"{name}.service"
    if name == "ssh":
        return {"ExecStart": "/usr/sbin/sshd -D -e", "RuntimeDirectory": "sshd"}
    return dict(re.findall(r"^(\w+)=(.*)$", file.read_text(), re.MULTILINE))


def pid_of(name):
    try:
        pid = int((RUN / name).read_text())
        os.kill(pid, 0)
        return pid
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None


def stop(name):
    pid = pid_of(name)
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 100
    while pid_of(name) == pid and time.monotonic() < deadline:
        time.sleep(0.05)
    (RUN / name).unlink()


def start(name):
    if pid_of(name) is not None:
        return
    settings = unit(name)
    command = settings["ExecStart"].split()
    user = pwd.getpwnam(settings.get("User", "root"))
    RUN.mkdir(exist_ok=True)
    environment = dict(os.environ)
    if "RuntimeDirectory" in settings:
        folder = Path("/run") / settings["RuntimeDirectory"]
        folder.mkdir(mode=0o755, exist_ok=True)
        os.chown(folder, user.pw_uid, user.pw_gid)
        environment["RUNTIME_DIRECTORY"] = str(folder)
    with open(f"/root/{name}.log", "ab") as log:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
                                 user=user.pw_uid, group=user.pw_gid, extra_groups=os.getgrouplist(user.pw_name, user.pw_gid), env=environment,
                                 umask=int(settings.get("UMask", "0022"), 8))
    (RUN / name).write_text(str(child.pid))
    time.sleep(0.2)
    if child.poll() is not None:
        print(f"Job for {name}.service failed, exit code {child.returncode}", file=sys.stderr)
        sys.exit(1)


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    # A socket is systemd's to hold; what that is good for is tested where one is passed (tests/integration/held_port_test.py).
    command, names = words[0], [word for word in words[1:] if not word.endswith(".socket")]
    if command == "daemon-reload":
        return
    for name in names:
        if command in ("stop", "restart"):
            stop(name)
        if command in ("start", "restart") or (command == "enable" and "--now" in sys.argv):
            start(name)
        if command == "reload":
            os.kill(pid_of(name), signal.SIGHUP)


main()
