"""Fan-out: clients at the site and at the gateway get what the Linac sent, byte for byte, whatever is killed beside them."""

import os
import signal
import time
import unittest

from tests.lab.case import LabCase
from tests.lab.ledger_check import LedgerCheck
from tests.lab.site_file import fan_out_lines
from tests.lab.ports import free_port
from tests.lab.stream_client import connect_when_there, frames_of, last_frame_of

SERIAL = "4299"


class FanOut(LabCase):
    def setUp(self):
        super().setUp()
        self.at_site, self.at_gateway = free_port(), free_port()

    def lab(self, *options, frames="800", speed="40", at_site=True):
        """A Linac at forty times its pace; its clock begins with its first client, the listener."""
        self.linac_one = self.linac(SERIAL, "--speed", speed, "--seed", "7", "--frames", frames, "--wait-for-client", *options)
        self.hosting = self.hosting_site(fan_out={SERIAL: self.at_gateway})
        self.site = self.agent_site("nbcc", self.hosting, {SERIAL: self.linac_one.address},
                                    fan_out={SERIAL: self.at_site} if at_site else None)
        self.hosting.start()

    def client(self, port, **options):
        client = connect_when_there(port, **options)
        self._to_stop.append(client.close)
        return client

    def checked_client(self, port):
        check = LedgerCheck(self.linac_one.ledger_file)
        check.client = self.client(port, take=check.feed)
        return check

    def start_all_but_the_listener(self):
        self.site.forwarder.start()
        self.site.fan_out.start()

    def assert_whole(self, check):
        """Every byte of the ledger from the client's first on."""

        def over():
            return not check.compare() or (check.begun and not check.rows_left and not check.waiting_bytes)

        self.wait_for(over, 30, f"the rest: {check.messages} messages came")
        self.assertIsNone(check.difference)

    def assert_in_order_once(self, client, sent, at_most_missing):
        """The client's frames are the Linac's from its first on, in their order, each once, but for so many at most."""
        came, known = frames_of(client.data), set(sent)
        first = next(i for i, identity in enumerate(sent) if identity in came[:2])
        whole = [identity for identity in came if identity in known]
        self.assertEqual(whole, [identity for identity in sent[first:] if identity in set(whole)])
        self.assertLessEqual(len(set(sent[first:]) - set(whole)), at_most_missing)
        return whole

    def linac_connections(self):
        return sum(line.startswith("# connected") for line in self.linac_one.ledger_file.read_text().splitlines())

    def sent(self):
        return [row.identity for row in self.linac_one.sent() if row.kind == "frame"]

    def test_clients_at_both_ends_get_every_byte_also_of_junk_and_halves_and_the_linac_sees_one_connection(self):
        self.lab("--junk-every", "20", "--junk-bytes", "137", "--fragment-every", "130", "--duplicate-every", "90", "--skip-every", "77",
                 speed="20")  # a segment, which goes once the gateway has it, lasts half a second then: a busy machine's pause is shorter
        self.start_all_but_the_listener()
        checks = [self.checked_client(port) for port in (self.at_site, self.at_site, self.at_gateway, self.at_gateway)]
        # A connection is a client once its account has been looked up.
        for server in (self.site.fan_out, self.hosting.gateway):
            server.wait_for_output("has come, 2 now", 30)
        self.site.listeners[SERIAL].start()
        # This one comes into the middle of it.
        self.wait_for(lambda: checks[0].compare() and checks[0].messages > 100, 30, "the stream")
        late = self.checked_client(self.at_site)
        self.assertEqual(0, self.linac_one.process.wait(60))
        for check in checks:
            self.assert_whole(check)
            self.assertEqual(0, check.passed_over)
        self.assert_whole(late)
        self.assertGreater(late.passed_over, 100)
        self.assertEqual(1, self.linac_connections())

    def test_a_client_outlives_the_linacs_connections(self):
        self.lab("--close-every", "150", "--truncate-every", "400", frames="600")
        self.start_all_but_the_listener()
        checks = [self.checked_client(port) for port in (self.at_site, self.at_gateway)]
        self.site.listeners[SERIAL].start()
        self.assertEqual(0, self.linac_one.process.wait(90))
        for check in checks:
            self.assert_whole(check)
            self.assertIsNone(check.client.ended)
        self.assertGreater(self.linac_connections(), 3)

    def test_a_kill_of_the_fan_out_ends_its_clients_with_fin_and_touches_nobody_else(self):
        self.lab(frames="1000")
        self.start_all_but_the_listener()
        client = self.client(self.at_site)
        at_gateway = self.checked_client(self.at_gateway)
        self.site.listeners[SERIAL].start()
        self.wait_for(lambda: client.received > 1_000_000, 30, "the stream")
        self.site.fan_out.kill()
        self.wait_for(lambda: client.ended, 10, "the client's end")
        self.assertEqual("fin", client.ended)
        self.site.fan_out.start()
        again = self.checked_client(self.at_site)
        self.assertEqual(0, self.linac_one.process.wait(60))
        self.assert_whole(again)
        self.assert_whole(at_gateway)
        self.assertEqual(1, self.linac_connections())
        self.assert_all_stored(self.hosting, [self.linac_one])

    def test_a_kill_of_the_listener_ends_no_client_and_gives_nothing_twice(self):
        self.lab(frames="1000")
        self.site.start()
        clients = [self.client(port) for port in (self.at_site, self.at_gateway)]
        apart = time.monotonic()
        for already in (2_000_000, 5_500_000):
            self.wait_for(lambda: all(client.received > already for client in clients), 30, "the stream")
            # Those that follow each other sooner cost the connection: docs/agent.md, "The keeper".
            self.wait_for(lambda: time.monotonic() >= apart, 10, "they are more than two seconds apart")
            apart = time.monotonic() + 2.5
            os.kill(self.site.status_file(f"{SERIAL}/listener.json")["pid"], signal.SIGKILL)
        self.assertEqual(0, self.linac_one.process.wait(60))
        stored = set(self.wait_for(self.settled_frames, 30, "all is stored"))
        for client in clients:
            whole = self.assert_in_order_once(client, self.sent(), at_most_missing=6)
            self.assertEqual(whole, [identity for identity in self.sent() if identity in stored and identity in set(whole)])
            self.assertIsNone(client.ended)
        self.assertEqual(1, self.linac_connections())

    def settled_frames(self):
        """What is stored, once the last frame sent is."""
        stored = self.hosting.stored_frames(SERIAL)
        return stored if stored and stored[-1] == self.sent()[-1] else None

    def test_a_kill_of_the_gateway_ends_its_clients_alone_and_what_waited_meanwhile_comes_in_order(self):
        self.lab(frames="1000")
        self.start_all_but_the_listener()
        at_site = self.checked_client(self.at_site)
        client = self.client(self.at_gateway)
        self.site.listeners[SERIAL].start()
        self.wait_for(lambda: client.received > 1_000_000, 30, "the stream")
        self.hosting.gateway.kill()
        self.wait_for(lambda: client.ended, 10, "the client's end")
        self.hosting.start_gateway()
        again = self.client(self.at_gateway)
        self.assertEqual(0, self.linac_one.process.wait(60))
        self.assert_whole(at_site)
        last = self.sent()[-1]
        self.wait_for(lambda: last_frame_of(again.data) == last, 30, "the last frame")
        self.assert_in_order_once(again, self.sent(), at_most_missing=0)
        self.assert_all_stored(self.hosting, [self.linac_one])
        self.assertEqual(1, self.linac_connections())

    def test_ports_come_and_go_while_the_agent_runs_and_an_unchanged_one_keeps_its_clients(self):
        self.lab(frames="4000", at_site=False)
        self.site.start()
        before = self.site.yaml.read_text()
        self.site.yaml.write_text(before + fan_out_lines({SERIAL: self.at_site}))
        client = self.checked_client(self.at_site)
        self.wait_for(lambda: client.compare() and client.messages > 10, 30, "the stream")
        self.wait_for(lambda: [port["clients"] for port in self.site.status()["fan_out"]["ports"]] == [1], 10, "status")
        self.assertIn(f"fan-out {SERIAL}: 127.0.0.1:{self.at_site}, 1 client", self.site.command("status").stdout)

        self.site.yaml.write_text(before + fan_out_lines({SERIAL: self.at_site}) + "  allow: [10.0.0.0/8]\n")
        self.site.agent.wait_for_output("fanout | ", 20)
        self.wait_for(lambda: "settings are read again: 1 Linacs have a port" in self.site.agent.output(), 20, "the allow-list")
        came = client.messages
        self.wait_for(lambda: client.compare() and client.messages > came + 10, 30, "the stream goes on")
        self.assertIsNone(client.client.ended)

        self.site.yaml.write_text(before)
        self.wait_for(lambda: client.client.ended, 20, "the client's end")
        self.assertEqual("fin", client.client.ended)
        self.assertTrue(client.compare(), client.difference)
        self.assertEqual(1, self.linac_connections())


if __name__ == "__main__":
    unittest.main()
