"""Ports for what a test starts later, or stops and starts again."""

import random
import socket

# Below what Linux hands out to outgoing connections and to listeners on port 0 (ip_local_port_range): nobody gets one of these unasked.
_RANGE = range(20000, 32000)
_held = []


def _hold(port):
    """True when no other test has this port. It is ours until this process ends: an abstract name is known in the network namespace
    in which the port is, and goes with its process. tests/unit/os/free_port.cpp holds its ports by the same names."""
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        name.bind(f"\0icom-test-port-{port}")
    except OSError:
        name.close()
        return False
    _held.append(name)
    return True


def _nobody_listens(port, address):
    with socket.socket() as probe:
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def free_port(address="127.0.0.1"):
    """A port on which nobody listens, for this test alone. RuntimeError when all are taken."""
    for port in random.sample(_RANGE, len(_RANGE)):
        if _hold(port) and _nobody_listens(port, address):
            return port
    raise RuntimeError(f"no port of {_RANGE.start} to {_RANGE.stop - 1} is free on {address}")
