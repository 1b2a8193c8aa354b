"""Stands between a listener and its successor, and passes on each word of a take-over when it is told to (docs/agent.md, "Taking over")."""

import os
import socket
import struct
import threading

REQUEST, HANDOVER, READY, GO = range(1, 5)


class SteppedTakeOver:
    def __init__(self, folder, hold):
        """`folder`: the Linac's spool. `hold`: which word of the first take-over is kept back until pass_on()."""
        self._path = folder / "control.sock"
        self._listeners = folder / "control.listeners"
        self._hold = hold
        self._first = True
        self._has_come = threading.Event()
        self._goes_on = threading.Event()
        self._over = threading.Event()
        os.rename(self._path, self._listeners)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(self._path))
        self._server.listen()
        self._ours = self._path.stat().st_ino
        threading.Thread(target=self._accept, daemon=True).start()

    def has_come(self):
        return self._has_come.is_set()

    def pass_on(self):
        self._goes_on.set()

    def over(self):
        return self._over.is_set()

    def remove(self):
        """The listener's own socket takes its place again, unless another listener has opened one."""
        self.pass_on()
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        try:
            if self._path.stat().st_ino == self._ours:
                os.rename(self._listeners, self._path)
        except FileNotFoundError:
            pass
        self._listeners.unlink(missing_ok=True)

    def _accept(self):
        while True:
            try:
                asker, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(asker,), daemon=True).start()

    def _serve(self, asker):
        with asker, socket.socket(socket.AF_UNIX) as listener:
            try:
                listener.connect(str(self._listeners))
                request = _line(asker)
                if request != b"take-over\n":
                    listener.sendall(request)
                    while answer := listener.recv(4096):
                        asker.sendall(answer)
                    return
                stepped, self._first = self._first, False
                try:
                    self._take_over(asker, listener, request, stepped)
                finally:
                    if stepped:
                        self._over.set()
            except OSError:
                pass  # one of them is dead: the other one gets to know

    def _take_over(self, asker, listener, request, stepped):
        self._step(REQUEST, stepped)
        listener.sendall(request)
        parts = _handover(listener)
        try:
            self._step(HANDOVER, stepped)
            for data, descriptors in parts:
                socket.send_fds(asker, [data], descriptors)
        finally:
            for _, descriptors in parts:
                for descriptor in descriptors:
                    os.close(descriptor)
        ready = _line(asker)
        self._step(READY, stepped)
        listener.sendall(ready)
        go = _line(listener)
        self._step(GO, stepped)
        asker.sendall(go)

    def _step(self, word, stepped):
        if stepped and word == self._hold:
            self._has_come.set()
            self._goes_on.wait()


def _received(data):
    if not data:
        raise ConnectionResetError
    return data


def _line(peer):
    line = b""
    while not line.endswith(b"\n"):
        line += _received(peer.recv(1))
    return line


def _handover(listener):
    """Each byte of the head by itself: a descriptor may come with it."""
    parts = []
    while len(parts) < 8:
        data, descriptors, _, _ = socket.recv_fds(listener, 1, 4)
        parts.append((_received(data), descriptors))
    left = sum(struct.unpack("<II", b"".join(data for data, _ in parts)))
    while left > 0:
        data = _received(listener.recv(left))
        left -= len(data)
        parts.append((data, []))
    return parts
