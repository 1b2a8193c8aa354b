"""Sends back what it gets, on loopback."""

import socket
import threading


class EchoServer:
    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    @staticmethod
    def _answer(client):
        with client:
            try:
                while piece := client.recv(1 << 16):
                    client.sendall(piece)
            except OSError:
                pass  # a client that went away abruptly

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
