"""Whatever is in the way between a site and its gateway: the running forwarder's log and `icom-agent status` say what it is and what to
do, in the words of `icom-agent enrol`."""

import signal
import socket
import threading
import unittest

from tests.lab.case import LabCase
from tests.lab.key_command import KeyCommand
from tests.lab.ports import free_port
from tests.lab.process import run_to_end
from tests.lab.sshd import make_key


class HangsUp:
    """Takes connections, and ends them at once."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                self._listener.accept()[0].close()
            except OSError:
                return

    def stop(self):
        self._listener.close()


class NoWay(LabCase):
    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()
        self.hosting.sshd.start()
        self.site = self.agent_site("nbcc", self.hosting, {})
        self.hangs_up = HangsUp()
        self._to_stop.append(self.hangs_up.stop)
        self.right = self.site.yaml.read_text()

    def says(self, *words):
        """The forwarder's log and status, within the time of an attempt."""

        def told():
            text = self.site.status()["forwarder"]["last_error"]
            return text and all(word in text["text"] and word in self.site.forwarder.output() for word in words)

        self.wait_for(told, 60, f"the forwarder says {words}: {self.site.forwarder.output()[-600:]}")
        self.assertTrue(any(words[0] in problem for problem in self.site.status()["problems"]))

    def with_tunnel(self, **keys):
        text = self.right
        for key, value in keys.items():
            text = "\n".join(f"  {key}: {value}" if line.startswith(f"  {key}:") else line for line in text.split("\n"))
        self.site.yaml.write_text(text)

    def test_each_cause_is_told_by_its_name_with_what_to_do_and_the_way_is_found_once_it_is_put_right(self):
        self.site.forwarder.start()
        gateway = f"127.0.0.1:{self.hosting.ingest_port}"
        self.says(f"the tunnel stands, but no gateway answers behind it, at {gateway}", "have icom-gateway started")
        self.with_tunnel(gateway="127.0.0.1:1")
        self.says("the hosting site's sshd does not let it to 127.0.0.1:1", "correct tunnel.gateway",
                  "AllowTcpForwarding", "icom-gateway check")
        port = free_port()
        self.with_tunnel(port=port)
        self.says(f"127.0.0.1:{port} refuses the connection", "Ask the hosting site whether its sshd listens on this port")
        self.with_tunnel(host="nowhere.invalid")
        self.says("this machine finds no address for the name nowhere.invalid", "correct tunnel.host", "hosts file")
        self.assertNotIn("authoritative", self.site.forwarder.output())
        self.with_tunnel(port=self.hangs_up.port)
        self.says(f"127.0.0.1:{self.hangs_up.port} takes the connection, but no SSH server speaks there")
        self.site.yaml.write_text(self.right)
        self.site.token_file.chmod(0o644)
        self.says("tunnel.token_file: ", "chmod 0640")
        token = self.site.token_file.read_text()
        self.site.token_file.unlink()
        self.says("this machine is not enrolled yet", "icom-agent enrol FILE")
        self.site.token_file.write_text(token)
        self.site.token_file.chmod(0o600)
        pinned = self.site.known_hosts.read_text()
        make_key(self.folder / "other_host")
        kind, key = (self.folder / "other_host.pub").read_text().split()[:2]
        self.site.known_hosts.write_text(f"{pinned.split()[0]} {kind} {key}\n")
        self.says("NOT the one pinned", "Ask the hosting site")
        self.site.known_hosts.write_text(pinned)
        self.hosting.start_gateway()
        self.site.forwarder.wait_for_output("the gateway welcomes site", 60)

    def test_a_gateway_that_hangs_behind_a_working_sshd_is_told(self):
        self.hosting.start_gateway()
        self.hosting.gateway.signal(signal.SIGSTOP)
        try:
            self.site.forwarder.start()
            self.says("the tunnel stands, but no gateway answers behind it", "or looked at if it runs")
        finally:
            self.hosting.gateway.signal(signal.SIGCONT)
        self.site.forwarder.wait_for_output("the gateway welcomes site", 60)


class BeforeEnrolment(LabCase):
    def test_a_service_that_is_started_without_a_sites_file_says_how_to_get_one(self):
        missing = self.folder / "site.yaml"
        linac = ["--serial", "4299"]
        for command in (["icom-agent", "run"], ["icom-agent", "status"], ["icom-forward"], ["icom-agent", "remove-linac", *linac],
                        ["icom-agent", "add-linac", *linac, "--address", "127.0.0.1"]):
            done = run_to_end([self.programs / command[0], *command[1:], "--site", missing], 20)
            self.assertEqual(2, done.returncode, done.stderr)
            self.assertIn(str(missing), done.stderr)
            self.assertIn("this machine is not enrolled yet", done.stderr)
            self.assertIn("icom-agent enrol FILE.enrol", done.stderr)


class EnrolSaysTheSame(LabCase):
    def setUp(self):
        super().setUp()
        if KeyCommand.why_not():
            self.skipTest(KeyCommand.why_not())
        self.hosting = self.hosting_site(enrols=True)

    def enrol(self):
        into = self.folder / "etc-icom"
        into.mkdir(exist_ok=True)
        return run_to_end([self.programs / "icom-agent", "enrol", self.folder / "nbcc.enrol", "--into", into], 60).stderr

    def test_where_nothing_listens_and_where_no_gateway_runs(self):
        self.hosting.command("add-site", "nbcc", "--output", self.folder / "nbcc.enrol", "--timezone", "Australia/Sydney")
        said = self.enrol()
        self.assertIn(f"127.0.0.1:{self.hosting.sshd.port} refuses the connection", said)
        self.assertIn("Ask the hosting site whether its sshd listens on this port", said)
        self.hosting.sshd.start()
        said = self.enrol()
        self.assertIn(f"the tunnel stands, but no gateway answers behind it, at 127.0.0.1:{self.hosting.ingest_port}", said)
        self.assertIn("run this again with the same file", said)


if __name__ == "__main__":
    unittest.main()
