"""Whatever goes wrong with a forward ends there: it says so, is tried again where that can help, and neither the other forwards nor
the frames notice."""

import signal
import socket
import unittest

from tests.lab.case import LabCase
from tests.lab.echo_server import EchoServer
from tests.lab.process import within
from tests.lab.silent_name_server import SilentNameServer
from tests.lab.ports import free_port
from tests.lab.sshd import accepts


def echoed(port, text=b"hello"):
    """What comes back through `port`; empty if the connection is closed or refused."""
    try:
        with socket.create_connection(("127.0.0.1", port), 20) as connection:
            connection.settimeout(within(60))
            connection.sendall(text)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(4096), b""))
    except TimeoutError:
        raise
    except OSError:
        return b""


class Faults(LabCase):
    def setUp(self):
        super().setUp()
        self.echo = EchoServer()
        self._to_stop.append(self.echo.stop)
        self.hosting = self.hosting_site()

    def local(self, name, target, **more):
        return {"name": name, "direction": "local", "listen": free_port(), "target": target, **more}

    def remote(self, name, target, **more):
        return {"name": name, "direction": "remote", "listen": free_port(), "target": target, **more}

    def start(self, forwards, linacs=None, **more):
        self.site = self.agent_site("nbcc", self.hosting, linacs or {}, forwards=forwards, **more)
        self.hosting.start()
        self.site.start_parts()
        return self.site

    def wait_for_state(self, name, state, words="", seconds=40):
        def reached():
            one = self.site.forwards().get(name, {})
            return one.get("state") == state and words in one.get("last_failure", "")

        self.wait_for(reached, seconds, f"forward {name} is {state} with '{words}': {self.site.forwards().get(name)}")

    def problems(self):
        return self.site.status()["problems"]

    def test_targets_that_refuse_or_do_not_resolve_cost_that_connection_and_are_told(self):
        nobody = f"127.0.0.1:{free_port()}"
        forwards = [self.local("lost", nobody), self.remote("lost-back", nobody),
                    self.local("nameless", "nowhere.invalid:80"), self.remote("nameless-back", "nowhere.invalid:80"),
                    self.local("good", f"127.0.0.1:{self.echo.port}"), self.remote("good-back", f"127.0.0.1:{self.echo.port}")]
        self.start(forwards).wait_forwards_up()
        # A tunnel that took a second attempt on a busy machine stays told.
        before = {one["name"]: self.site.forwards()[one["name"]]["last_failure"] for one in forwards}
        for one, words in zip(forwards, ["nothing listens there", "Connection refused", "does not resolve", "looking up its address"]):

            def told(one=one, words=words):
                self.assertEqual(b"", echoed(one["listen"]))
                return words in self.site.forwards()[one["name"]]["last_failure"]

            # Again where the sshd took so long that the connection was given up for that.
            self.wait_for(told, 60, f"forward {one['name']} says '{words}'")
            self.wait_for_state(one["name"], "up", words)
            self.assertIn(one["target"], self.site.forwards()[one["name"]]["last_failure"])
        for one in forwards[4:]:
            self.assertEqual(b"hello", echoed(one["listen"]))
            self.assertEqual(before[one["name"]], self.site.forwards()[one["name"]]["last_failure"])

    def test_name_that_no_server_answers_for_delays_no_other_name_and_no_stop(self):
        if SilentNameServer.why_not():
            self.skipTest(SilentNameServer.why_not())
        names = SilentNameServer(self.folder / "names", {"good.example": "127.0.0.1"})
        self._to_stop.insert(0, names.stop)
        stuck, good = self.remote("stuck", "stuck.example:80"), self.remote("good", f"good.example:{self.echo.port}")
        self.start([stuck, good], {"4299": "linac.example:1706"}, inside=names.inside).wait_forwards_up()
        with socket.create_connection(("127.0.0.1", stuck["listen"]), 20):
            self.wait_for(lambda: names.heard("stuck.example"), 20, "the name is looked up")
            self.assertEqual(b"hello", echoed(good["listen"]))
            self.wait_for_state("stuck", "up", "looking up its address took too long")
        self.wait_for(lambda: names.heard("linac.example"), 20, "the Linac's name is looked up")
        # libc still waits for both.
        for process in (self.site.listeners["4299"], self.site.forwarder):
            self.assertEqual(0, process.stop())
        self.assertIn(" stopped\n", self.site.forwarder.output())

    def test_ports_in_use_are_said_and_taken_once_they_are_free(self):
        good = self.local("good", f"127.0.0.1:{self.echo.port}")
        held = [self.local("held", f"127.0.0.1:{self.echo.port}"), self.remote("held-back", f"127.0.0.1:{self.echo.port}")]
        holders = [socket.create_server(("127.0.0.1", one["listen"])) for one in held]
        self.start([good, *held])
        self.wait_for_state("held", "refused", "another program")
        self.wait_for_state("held-back", "refused", "permitlisten")
        self.assertEqual(b"hello", echoed(good["listen"]))
        status = self.site.command("status")
        self.assertEqual(1, status.returncode)
        for one in held:
            self.assertIn(f"forward {one['name']} is not open", status.stdout)
        for holder in holders:
            holder.close()
        self.site.wait_forwards_up()
        for one in held:
            self.assertEqual(b"hello", echoed(one["listen"]))
        self.wait_for(lambda: not self.problems(), 20, "all is well")

    def test_what_the_sshd_does_not_permit_is_said_with_what_to_do(self):
        forwards = [self.local("out", f"127.0.0.1:{self.echo.port}"), self.remote("in", f"127.0.0.1:{self.echo.port}")]
        self.start(forwards)
        keys = self.hosting.sshd.folder / "authorized_keys"
        keys.write_text("")
        self.hosting.sshd.authorize(f"{self.site.key}.pub")
        self.site.forwarder.stop()
        self.site.forwarder.start()
        self.wait_for_state("in", "refused", "permitlisten")
        self.wait_for_state("out", "up")
        self.assertEqual(b"", echoed(forwards[0]["listen"]))
        self.wait_for_state("out", "refused", "permitopen")
        self.assertEqual(2, sum("is not open" in problem for problem in self.problems()))

    def test_remote_port_of_a_dead_session_is_taken_back_as_soon_as_sshd_lets_go(self):
        back = self.remote("back", f"127.0.0.1:{self.echo.port}")
        self.start([back]).wait_forwards_up()
        # Its sshd hangs and so cannot see that the forwarder is gone; the kernel keeps its port.
        stopped = self.hosting.sshd.stop_sessions()
        self.site.forwarder.kill()
        self.site.forwarder.start()
        self.wait_for_state("back", "refused", "an earlier session")
        for pid in stopped:
            self.hosting.sshd.signal(pid, signal.SIGCONT)
        self.site.wait_forwards_up(40)
        self.assertEqual(b"hello", echoed(back["listen"]))

    def test_tunnel_that_ends_closes_ports_and_connections_and_comes_back(self):
        forwards = [self.local("out", f"127.0.0.1:{self.echo.port}"), self.remote("in", f"127.0.0.1:{self.echo.port}")]
        self.start(forwards).wait_forwards_up()
        connections = [socket.create_connection(("127.0.0.1", one["listen"]), 20) for one in forwards]
        for connection in connections:
            connection.sendall(b"x")
            self.assertEqual(b"x", connection.recv(1))
        self.hosting.sshd.kill()
        for connection in connections:
            try:
                self.assertEqual(b"", connection.recv(1))
            except ConnectionResetError:
                pass
            connection.close()
        # Refused at once, not left to hang.
        self.wait_for(lambda: not accepts(forwards[0]["listen"]), 10, "the local port is closed")
        self.wait_for_state("out", "waiting")
        self.wait_for(lambda: any("forwards without a tunnel" in problem for problem in self.problems()), 20, "status says so")
        self.hosting.sshd.start()
        self.site.wait_forwards_up(60)
        for one in forwards:
            self.assertEqual(b"hello", echoed(one["listen"]))

    def test_connections_beyond_the_limit_are_refused_counted_and_told(self):
        forwards = [self.local("out", f"127.0.0.1:{self.echo.port}", max_connections=2),
                    self.remote("in", f"127.0.0.1:{self.echo.port}", max_connections=2)]
        self.start(forwards).wait_forwards_up()
        for one in forwards:
            held = [socket.create_connection(("127.0.0.1", one["listen"]), 20) for _ in range(2)]
            for connection in held:
                connection.sendall(b"x")
                self.assertEqual(b"x", connection.recv(1))
            self.assertEqual(b"", echoed(one["listen"]))
            self.wait_for_state(one["name"], "up", "max_connections")
            expected = {"connections": 2, "connections_total": 2, "connections_refused": 1}
            self.assertLessEqual(expected.items(), self.site.forwards()[one["name"]].items())
            held.pop().close()
            self.wait_for(lambda: echoed(one["listen"]) == b"hello", 10, "there is room again")
            held.pop().close()

    def test_frames_are_untouched_by_all_that_happens_to_forwards(self):
        linac = self.linac("4299", "--speed", "20", "--seed", "1", "--idle", "4", "--beam-frames", "20", "--wait-for-client")
        taken = free_port()
        forwards = [self.local("lost", f"127.0.0.1:{free_port()}"), self.remote("in", f"127.0.0.1:{self.echo.port}"),
                    {**self.local("held", f"127.0.0.1:{self.echo.port}"), "listen": taken},
                    self.local("out", f"127.0.0.1:{self.echo.port}")]
        holder = socket.create_server(("127.0.0.1", taken))
        self.start(forwards, {"4299": linac.address})
        for name, state in (("lost", "up"), ("in", "up"), ("held", "refused"), ("out", "up")):
            self.wait_for_state(name, state)
        self.wait_for(lambda: self.hosting.ledger().get(("nbcc", "4299"), {}).get("stored", 0) > 20, 60, "frames are stored")
        connected_since = self.site.status_file("forward.json")["since_us"]
        big = b"x" * 3_000_000
        for _ in range(5):
            self.assertEqual(b"", echoed(forwards[0]["listen"]))
            for one in (forwards[1], forwards[3]):
                self.assertEqual(len(big), len(echoed(one["listen"], big)))
            # One that sends and never reads fills every window on its way, and then goes without a word.
            rude = socket.create_connection(("127.0.0.1", forwards[3]["listen"]), 20)
            rude.setblocking(False)
            try:
                while True:
                    rude.send(big)
            except BlockingIOError:
                pass
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            rude.close()
        holder.close()
        self.assertEqual(0, linac.process.stop())
        self.assert_all_stored(self.hosting, [linac])
        forward = self.site.status_file("forward.json")
        self.assertEqual((True, connected_since), (forward["connected"], forward["since_us"]))
        self.assertEqual([], self.hosting.gaps())


if __name__ == "__main__":
    unittest.main()
