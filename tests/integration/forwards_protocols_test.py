"""What hospitals carry between their sites passes through a local and a remote forward alike: SMB, SQL, DICOM, many copies at once."""

import hashlib
import random
import socket
import threading
import unittest

from tests.lab.case import LabCase
from tests.lab.hospital_servers import DicomReceiver, Postgres, SambaShare
from tests.lab.ports import free_port


class Forwards(LabCase):
    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()

    def forwarded(self, target):
        """A site with a local and a remote forward to `target`, both up; the two ports."""
        local, remote = free_port(), free_port()
        site = self.agent_site("nbcc", self.hosting, {}, forwards=[
            {"name": "out", "direction": "local", "listen": local, "target": f"127.0.0.1:{target}"},
            {"name": "in", "direction": "remote", "listen": remote, "target": f"127.0.0.1:{target}"}])
        self.hosting.start()
        site.forwarder.start()
        site.wait_forwards_up()
        self.site = site
        return local, remote

    def serve(self, kind, name):
        server = kind(self.folder / name)
        self._to_stop.append(server.stop)
        return server

    def test_files_of_a_samba_share_come_and_go_unchanged(self):
        share = self.serve(SambaShare, "samba")
        content = random.Random(1).randbytes(5_000_000)
        (self.folder / "sent").write_bytes(content)
        for number, port in enumerate(self.forwarded(share.port)):
            share.client(port, f"put {self.folder}/sent copy-{number}; get copy-{number} {self.folder}/back-{number}")
            self.assertEqual(content, (share.share / f"copy-{number}").read_bytes())
            self.assertEqual(content, (self.folder / f"back-{number}").read_bytes())
            self.assertIn(f"copy-{number}", share.client(port, "ls"))

    def test_database_answers_with_what_was_written(self):
        database = self.serve(Postgres, "postgres")
        local, remote = self.forwarded(database.port)
        database.query(local, "create table plan (id int primary key, name text);"
                              "insert into plan select i, repeat(md5(i::text), 100) from generate_series(1, 2000) i")
        written = database.query(local, "select id, name from plan order by id")
        self.assertEqual(2000, len(written.splitlines()))
        self.assertEqual(written, database.query(remote, "select id, name from plan order by id"))

    def test_dicom_echo_and_store_arrive(self):
        receiver = self.serve(DicomReceiver, "dicom")
        example = receiver.example()
        for port in self.forwarded(receiver.port):
            receiver.echo(port)
            receiver.store(port, example)
            stored = list(receiver.received.iterdir())
            self.assertEqual(1, len(stored))
            self.assertEqual(receiver.pixels(example), receiver.pixels(stored[0]))
            stored[0].unlink()

    def test_twenty_copies_at_once_in_both_directions_arrive_whole(self):
        contents = [random.Random(seed).randbytes(2_000_000 + seed) for seed in range(20)]
        with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:

            def answer(client):
                """Takes a content to its end, then sends it back reversed: the half-close must have come through."""
                with client:
                    received = b"".join(iter(lambda: client.recv(1 << 16), b""))
                    client.sendall(received[::-1])

            def serve():
                while True:
                    try:
                        client, _ = listener.accept()
                    except OSError:
                        return
                    threading.Thread(target=answer, args=(client,), daemon=True).start()

            threading.Thread(target=serve, daemon=True).start()
            ports = self.forwarded(listener.getsockname()[1])
            wrong = []

            def copy(port, content):
                with socket.create_connection(("127.0.0.1", port), 60) as connection:
                    sender = threading.Thread(target=lambda: (connection.sendall(content), connection.shutdown(socket.SHUT_WR)))
                    sender.start()
                    back = b"".join(iter(lambda: connection.recv(1 << 16), b""))
                    sender.join()
                if hashlib.sha256(back[::-1]).digest() != hashlib.sha256(content).digest():
                    wrong.append((port, len(content), len(back)))

            copies = [threading.Thread(target=copy, args=(ports[seed % 2], content)) for seed, content in enumerate(contents)]
            for one in copies:
                one.start()
            for one in copies:
                one.join()
            listener.shutdown(socket.SHUT_RDWR)
        self.assertEqual([], wrong)
        for name, seeds in (("out", range(0, 20, 2)), ("in", range(1, 20, 2))):
            size = sum(len(contents[seed]) for seed in seeds)
            expected = {"connections": 0, "connections_total": 10, "bytes_to_target": size, "bytes_from_target": size}
            self.wait_for(lambda: expected.items() <= self.site.forwards()[name].items(), 10, f"forward {name} tells of {expected}")


if __name__ == "__main__":
    unittest.main()
