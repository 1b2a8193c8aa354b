"""A program that has taken the gateway's port: speaks WebSocket, says yes to everything, and keeps what it was told.

As a script, `squatter.py PORT FILE`, so that it can run as an account that may do nothing: writes all that it received to FILE."""

import base64
import hashlib
import os
import socket
import struct
import sys
import threading
from pathlib import Path

from .process import Process, wait_until
from .sshd import accepts

UNPRIVILEGED = 65534  # nobody
FAR = 1 << 62
_LINACS = 4
_RUNS_NAMED = 400


def _varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def _field(number, value):
    """A Protobuf field: an integer, or bytes."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _fixed64(number, value):
    return _varint(number << 3 | 1) + struct.pack("<Q", value)


def welcome(runs):
    """common/link/link.proto: every Linac is welcome, and all that its spool can hold is stored already."""
    stored = b"".join(_field(4, _fixed64(1, run) + _field(2, FAR)) for run in runs)
    linacs = b"".join(_field(3, _field(1, number) + _field(2, 1) + stored) for number in range(_LINACS))
    return _field(1, _field(1, 1) + _field(2, b"1.0") + linacs + _field(4, 1 << 24))


def ack(runs):
    positions = b"".join(_field(1, _field(1, number) + _fixed64(2, run) + _field(3, FAR))
                         for number in range(_LINACS) for run in runs)
    return _field(3, positions)


def _message(content):
    head = bytes([0x82]) + (bytes([len(content)]) if len(content) < 126 else b"\x7e" + struct.pack(">H", len(content)))
    return head + content


def _runs_in(data):
    """Whatever in a Hello may be a run: eight bytes in each place. A gateway's word about a run that is not there costs nothing."""
    return [struct.unpack_from("<Q", data, at)[0] for at in range(min(len(data) - 7, _RUNS_NAMED))]


def serve(client, keep):
    request = b""
    while b"\r\n\r\n" not in request:
        request += client.recv(4096)
        if not request:
            return
    keep(request)
    head, rest = request.split(b"\r\n\r\n", 1)
    lines = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:])
    key = next(value for name, value in lines.items() if name.lower() == "sec-websocket-key")
    accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
    client.sendall(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
    while True:
        data = rest or client.recv(65536)
        rest = b""
        if not data:
            return
        opened = _unmasked(data)
        keep(opened)
        runs = _runs_in(opened)
        client.sendall(_message(opened[:1000]) + _message(welcome(runs)) + _message(ack(runs)))  # its own words come back first


def _unmasked(data):
    """The content of one client's message, as far as it is here."""
    length, at = data[1] & 0x7F if len(data) > 1 else 0, 2
    if length >= 126:
        at += 2 if length == 126 else 8
    mask, content = data[at:at + 4], data[at + 4:]
    return bytes(byte ^ mask[index % 4] for index, byte in enumerate(content)) if len(mask) == 4 else data


def main():
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), reuse_port=False) as listener, \
            open(sys.argv[2], "ab", buffering=0) as out:
        def one(client):
            with client:
                try:
                    serve(client, out.write)
                except (OSError, StopIteration, ValueError):
                    pass

        while True:
            client, _ = listener.accept()
            threading.Thread(target=one, args=(client,), daemon=True).start()


class Squatter:
    """On `port`, which must be free, from start() to stop()."""

    def __init__(self, folder, port):
        self._port = port
        self._kept = Path(folder) / "squatter.received"
        self._kept.touch()
        as_nobody = []
        if os.geteuid() == 0:
            os.chown(self._kept, UNPRIVILEGED, UNPRIVILEGED)
            as_nobody = ["setpriv", f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups"]
        self._process = Process("squatter", [sys.executable, "-m", "tests.lab.squatter", port, self._kept],
                                Path(folder) / "squatter.log", cwd=Path(__file__).resolve().parents[2], inside=as_nobody)

    def start(self):
        self._process.start()
        wait_until(lambda: accepts(self._port), 10, "the squatter has the port")
        return self

    def stop(self):
        self._process.kill()

    def received(self):
        """All that anybody sent it, unmasked."""
        return self._kept.read_bytes()


if __name__ == "__main__":
    main()
