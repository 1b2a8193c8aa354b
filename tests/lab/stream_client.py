"""An iCom client: connects, sends nothing, reads."""

import re
import socket
import threading
import time

from .content_hash import content_hash

# A frame begins eight bytes before its date (docs/protocol.md).
_DATE = re.compile(rb"\d{4}-\d\d-\d\d\d\d:\d\d:\d\d")

# Longer than a frame of the simulator.
_LONGEST_TAIL = 65536


def frames_of(stream):
    """The frames that a reader by the date anchor finds, each as its identity; what precedes the first is no frame."""
    starts = [match.start() - 8 for match in _DATE.finditer(stream)]
    return [(stream[start + 8:start + 26].decode(), stream[start + 26], content_hash(stream[start:end]))
            for start, end in zip(starts, starts[1:] + [len(stream)])]


def last_frame_of(stream):
    """As frames_of(stream)[-1], without looking at those before it; None where there is none."""
    begin = None
    for match in _DATE.finditer(stream, max(0, len(stream) - _LONGEST_TAIL)):
        begin = match.start() - 8
    return frames_of(stream[begin:])[0] if begin is not None else None


class StreamClient:
    """Keeps what it gets, unless `take` is given, which is then called with it. `ended`: "fin" or "reset" once the other side has
    ended the connection, before that None."""

    def __init__(self, port, take=None, receive_buffer=None, address="127.0.0.1"):
        self.received = 0  # bytes
        self.ended = None
        self._parts = []
        self._take = take or self._parts.append
        self._reading = threading.Event()
        self._reading.set()
        self._socket = socket.socket()
        if receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(20)
        try:
            self._socket.connect((address, port))
        except OSError:
            self._socket.close()
            raise
        self._socket.settimeout(None)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        how = "fin"
        try:
            while True:
                self._reading.wait()
                data = self._socket.recv(65536)
                if not data:
                    break
                self._take(data)
                self.received += len(data)
        except OSError:
            how = "reset"
        self.ended = how

    @property
    def data(self):
        """What has come so far: a copy, since more comes while somebody looks at it."""
        return b"".join(self._parts[:])

    def stop_reading(self):
        """At the next opportunity: what is being read still comes."""
        self._reading.clear()

    def read_on(self):
        self._reading.set()

    def close(self):
        """FIN; what still comes is read to the end."""
        self.read_on()
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        self._thread.join(timeout=10)
        self._socket.close()


def connect_when_there(port, seconds=20, **options):
    """As StreamClient, once somebody listens there."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return StreamClient(port, **options)
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
