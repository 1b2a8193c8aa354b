"""A name server that hears every question and answers none: what name servers behind a firewall, or switched off, are to a program."""

import os
import random
import socket
import subprocess
import threading
from pathlib import Path

# From the first question on, libc waits for longer than any test does.
_OPTIONS = "options timeout:30 attempts:5"


class SilentNameServer:
    """The only one that programs know which are started with `inside` (see Process) in front. Needs root."""

    @staticmethod
    def why_not():
        """Why there can be none here; None if there can."""
        if os.geteuid() != 0:
            return "another /etc/resolv.conf for some programs needs root"
        done = subprocess.run(["unshare", "--mount", "--propagation", "private", "true"], capture_output=True, text=True)
        return None if done.returncode == 0 else f"cannot make namespaces: {done.stderr.strip()}"

    def __init__(self, folder, hosts):
        """`hosts`: {name: address}, those that are known without asking."""
        folder = Path(folder)
        folder.mkdir(parents=True)
        self._heard = set()
        self._socket = self._bound()
        files = {"resolv.conf": f"nameserver {self._socket.getsockname()[0]}\n{_OPTIONS}\n",
                 "nsswitch.conf": "hosts: files dns\n",
                 "hosts": "".join(f"{address} {name}\n" for name, address in hosts.items())}
        for name, content in files.items():
            (folder / name).write_text(content)
        mounts = " && ".join(f"mount --bind '{folder / name}' /etc/{name}" for name in files)
        self.inside = ["unshare", "--mount", "--propagation", "private", "sh", "-c", f'{mounts} && exec "$@"', "inside"]
        threading.Thread(target=self._listen, daemon=True).start()

    @staticmethod
    def _bound():
        """Port 53 of an address that no other test has."""
        while True:
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                one.bind((f"127.53.{random.randrange(256)}.{random.randrange(1, 255)}", 53))
                return one
            except OSError:
                one.close()

    def _listen(self):
        while True:
            try:
                question = self._socket.recv(512)
            except OSError:
                return
            self._heard.add(self._name_in(question))

    @staticmethod
    def _name_in(question):
        labels, at = [], 12  # behind the header
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode())
            at += 1 + question[at]
        return ".".join(labels)

    def heard(self, name):
        """Whether somebody has asked for this name, and so waits."""
        return name in self._heard

    def stop(self):
        self._socket.close()
