"""Serves a recorded stream like a plain TCP server would: it knows nothing of iCom."""

import socket
import threading
import time


class StreamServer:
    """Each connection in turn gets the next of `plans`: the bytes to send. `piece` bytes a send; `pause` seconds between
    sends. After its bytes a connection stays open until `finish()`, or is closed at once with `close_after`."""

    def __init__(self, plans, piece=65536, pause=0.0, close_after=False):
        self._plans = list(plans)
        self._piece = piece
        self._pause = pause
        self._close_after = close_after
        self._finished = threading.Event()
        self.sent_all = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.2)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def start(self):
        self._thread.start()
        return self

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def _serve(self):
        for index, data in enumerate(self._plans):
            connection = self._accept()
            if connection is None:
                return
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                view = memoryview(data)
                for at in range(0, len(view), self._piece):
                    connection.sendall(view[at:at + self._piece])
                    if self._pause:
                        time.sleep(self._pause)
                if index + 1 == len(self._plans):
                    self.sent_all.set()
                    if not self._close_after:
                        self._finished.wait()
                connection.shutdown(socket.SHUT_WR)
                # The reader's own close ends the connection, so that nothing of ours is cut off by a reset.
                connection.settimeout(15)
                try:
                    while connection.recv(65536):
                        pass
                except OSError:
                    pass
        self._finished.wait()

    def _accept(self):
        while not self._finished.is_set():
            try:
                connection, _ = self._listener.accept()
                connection.settimeout(60)
                return connection
            except TimeoutError:
                continue
        return None

    def finish(self):
        self._finished.set()
        self._thread.join(timeout=20)
        self._listener.close()
