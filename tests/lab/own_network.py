"""A network of its own for a test and whatever it starts. Needs root."""

import ctypes
import os
import subprocess

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


class OwnNetwork:
    """From when it is made until leave(), this thread's: empty but for loopback."""

    @staticmethod
    def why_not():
        """Why there can be none here; None if there can."""
        if os.geteuid() != 0:
            return "a network of its own needs root"
        done = subprocess.run(["unshare", "--net", "sh", "-c", "ip link set lo up && ip link add one type veth peer name other"],
                              capture_output=True, text=True)
        return None if done.returncode == 0 else f"cannot make a network with interfaces: {done.stderr.strip()}"

    def __init__(self):
        self._before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self._call(_LIBC.unshare, _CLONE_NEWNET)
        self._ip("link set lo up")

    def add_interface(self, name, *addresses):
        """One that is up, with these addresses (and their prefix length) and a cable that leads nowhere."""
        self._ip(f"link add {name} type veth peer name {name}-end")
        for address in addresses:
            # To look first whether another machine has an IPv6 address takes a second.
            self._ip(f"address add {address} dev {name} {'nodad' if ':' in address else ''}")
        for end in (f"{name}-end", name):
            self._ip(f"link set {end} up")

    def leave(self):
        """What was started in here stays in here."""
        self._call(_LIBC.setns, self._before, _CLONE_NEWNET)
        os.close(self._before)

    @staticmethod
    def _ip(arguments):
        subprocess.run(["ip", *arguments.split()], check=True)

    @staticmethod
    def _call(function, *arguments):
        if function(*arguments) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
