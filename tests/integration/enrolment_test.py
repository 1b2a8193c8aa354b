"""Adding a site, renewing its keys, shutting it out: with a real sshd that asks icom-gateway for keys, as it is deployed."""

import hashlib
import json
import re
import socket
import subprocess
import threading
import unittest

from tests.lab.case import LabCase
from tests.lab.key_command import KeyCommand
from tests.lab.process import Process, run_to_end
from tests.lab.squatter import Squatter
from tests.lab.ports import free_port
from tests.lab.sshd import make_key


class EnrolmentCase(LabCase):
    """A hosting site to which sites are added, and a folder for what stands at a site in /etc/icom."""

    def setUp(self):
        super().setUp()
        if KeyCommand.why_not():
            self.skipTest(KeyCommand.why_not())
        self.hosting = self.hosting_site(enrols=True)
        self.at_site = self.folder / "etc-icom"
        self.at_site.mkdir()

    def add_site(self, site="nbcc", *options):
        """The enrolment file, as it is carried to the site."""
        file = self.folder / f"{site}.enrol"
        if "--again" not in options:
            options = ("--timezone", "Australia/Sydney", *options)
        self.hosting.command("add-site", site, "--output", file, *options)
        return file

    def enrol(self, file, into=None):
        return run_to_end([self.programs / "icom-agent", "enrol", file, "--into", into or self.at_site], 60)

    def another_machine(self):
        folder = self.folder / "another-machine"
        folder.mkdir()
        return folder

    def enrolled_site(self, site="nbcc"):
        """Its enrolment file, used; the gateway runs."""
        file = self.add_site(site)
        self.hosting.start()
        done = self.enrol(file)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return file

    def assert_says(self, done, code, *words):
        said = done.stdout + done.stderr
        self.assertEqual(code, done.returncode, said)
        for word in words:
            self.assertIn(word, said)

    def site_yaml(self, into=None):
        """The site's file, its spool in this test's folder."""
        yaml = (into or self.at_site) / "site.yaml"
        yaml.write_text(yaml.read_text().replace("/var/lib/icom/spool", str(self.folder / "spool")))
        return yaml

    def forwarder(self, yaml):
        forwarder = Process("forwarder", [self.programs / "icom-forward", "--site", yaml], self.folder / "forward.log")
        self._to_stop.append(forwarder.stop)
        forwarder.start()
        forwarder.wait_for_output("the gateway welcomes site", 30)
        return forwarder

    def rotate(self):
        return run_to_end([self.programs / "icom-agent", "rotate", "--site", self.at_site / "site.yaml"], 60)

    def secrets_of(self, *names):
        return [(self.at_site / name).read_text() for name in names]


class PlainNames(EnrolmentCase):
    """Files of the current folder, named as one does there: each command takes them."""

    def run_in(self, folder, *command):
        done = run_to_end([self.programs / command[0], *command[1:]], 60, cwd=folder)
        self.assertEqual(0, done.returncode, f"{command}: {done.stdout}{done.stderr}")
        return done

    def gateway_command(self, *command):
        return self.run_in(self.folder, "icom-gateway", *command, "--config", self.hosting.config)

    def test_of_an_enrolment(self):
        self.gateway_command("add-site", "nbcc", "--timezone", "Australia/Sydney", "--output", "nbcc.enrol")
        self.gateway_command("add-site", "nbcc", "--again", "--output", "nbcc.enrol")
        self.hosting.start()
        (self.folder / "nbcc.enrol").rename(self.at_site / "nbcc.enrol")
        self.run_in(self.at_site, "icom-agent", "enrol", "nbcc.enrol", "--into", ".")
        again = self.run_in(self.at_site, "icom-agent", "enrol", "nbcc.enrol", "--into", ".")
        self.assertIn("welcome", again.stdout + again.stderr)
        self.run_in(self.at_site, "icom-agent", "rotate", "--site", "site.yaml")

    def test_of_a_site_without_a_named_output(self):
        self.gateway_command("add-site", "nbcc", "--timezone", "Australia/Sydney")
        self.assertTrue(list(self.folder.glob("*.enrol")))

    def test_of_pymedphys_settings(self):
        self.gateway_command("pymedphys-config", "--into", "config.toml", "--yes")
        first = (self.folder / "config.toml").read_text()
        self.gateway_command("pymedphys-config", "--into", "config.toml", "--yes")
        self.assertEqual(first, (self.folder / "config.toml").read_text())


class AddingASite(EnrolmentCase):
    def test_added_site_enrols_and_its_forwarder_is_welcomed(self):
        file = self.enrolled_site()
        written = [entry.name for entry in self.at_site.iterdir() if entry.suffix != ".lock"]
        self.assertEqual(["nbcc.token", "nbcc_ed25519", "nbcc_known_hosts", "site.yaml"], sorted(written))
        for entry in self.at_site.iterdir():
            self.assertEqual(0o600, entry.stat().st_mode & 0o777, entry.name)
        secrets = [re.search(r"^code: (\w+)", file.read_text(), re.MULTILINE)[1], *self.secrets_of("nbcc.token")]
        for kept in [*self.hosting.registration.rglob("*.json"), self.hosting.registration / "authorized_keys",
                     self.hosting.gateway.log]:
            for secret in secrets:
                self.assertNotIn(secret.strip(), kept.read_text(), kept)
        self.forwarder(self.site_yaml())

    def test_files_that_root_makes_belong_to_the_gateways_account(self):
        self.enrolled_site()
        owner = self.hosting.registration.stat().st_uid
        self.assertNotEqual(0, owner)
        for entry in self.hosting.registration.rglob("*"):
            self.assertEqual(owner, entry.stat().st_uid, entry)

    def test_enrolled_key_opens_the_ingest_and_nothing_else(self):
        self.enrolled_site()
        other = free_port()
        for what, arguments in {
            "another port": ["-N", "-o", "ExitOnForwardFailure=yes", "-R", f"127.0.0.1:{other}:127.0.0.1:1"],
            "a command": ["true"],
            "a shell": ["-tt"],
        }.items():
            with self.subTest(what):
                self.assertNotEqual(0, self.ssh(*arguments).returncode)
        self.assertIn(b"ingest port", self.ssh_to(self.hosting.ingest_port))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.assertEqual(b"", self.ssh_to(listener.getsockname()[1]))

    def ssh(self, *arguments):
        return run_to_end(self.ssh_command(*arguments), 20)

    def ssh_command(self, *arguments):
        return ["ssh", "-F", "none", "-o", "BatchMode=yes", "-o", f"UserKnownHostsFile={self.at_site / 'nbcc_known_hosts'}",
                "-i", self.at_site / "nbcc_ed25519", "-p", self.hosting.sshd.port, *arguments,
                f"{self.hosting.sshd.user}@127.0.0.1"]

    def ssh_to(self, port):
        """What the port's server says through the tunnel to an HTTP request."""
        done = subprocess.run([str(part) for part in self.ssh_command("-W", f"127.0.0.1:{port}")],
                              input=b"GET / HTTP/1.1\r\nHost: gateway\r\n\r\n", capture_output=True, timeout=20)
        return done.stdout

    def test_forwards_of_the_sites_file_are_permitted_as_they_are_spelt(self):
        ports = [free_port() for _ in range(2)]
        file = self.add_site()
        yaml = self.hosting.sites / "nbcc.yaml"
        yaml.write_text(yaml.read_text().replace("forwards: []", f"""\
forwards:
  - {{name: loopback, direction: remote, listen: {ports[0]}, target: "127.0.0.1:1"}}
  - {{name: everywhere, direction: remote, listen: "0.0.0.0:{ports[1]}", target: "127.0.0.1:1"}}
#"""))
        self.hosting.start()
        self.assert_says(self.enrol(file), 0)
        for listen in (f"127.0.0.1:{ports[0]}", f"0.0.0.0:{ports[1]}"):
            with self.subTest(listen):
                holding = Process("ssh", self.ssh_command("-N", "-o", "ExitOnForwardFailure=yes", "-R", f"{listen}:127.0.0.1:1"),
                                  self.folder / "ssh.log").start()
                self._to_stop.append(holding.stop)
                host, port = listen.split(":")
                self.wait_for(lambda: _listens(host, int(port)), 10, listen)
        refused = self.ssh("-N", "-o", "ExitOnForwardFailure=yes", "-R", f"0.0.0.0:{free_port()}:127.0.0.1:1")
        self.assertNotEqual(0, refused.returncode)


def _listens(host, port):
    wanted = "".join(f"{int(part):02X}" for part in reversed(host.split("."))) + f":{port:04X}"
    with open("/proc/net/tcp", encoding="ascii") as sockets:
        return any(line.split()[1] == wanted and line.split()[3] == "0A" for line in sockets.readlines()[1:])


class RefusedEnrolment(EnrolmentCase):
    """A wrong file, a used one, an expired one, one for another site: said so, at both ends where both hear of it."""

    def test_replayed_file_opens_not_even_the_tunnel_and_both_ends_say_what_that_may_mean(self):
        file = self.enrolled_site()
        done = self.enrol(file, self.another_machine())
        self.assert_says(done, 1, "does not take the enrolment file's key", "it was used", "revoke nbcc")
        self.hosting.gateway.wait_for_output("somebody came with the key of an enrolment file that was used already")
        one_time = self.folder / "one-time"
        one_time.write_text(re.search(r"^key: \|\n((?:  .*\n)+)", file.read_text(), re.MULTILINE)[1].replace("  ", ""))
        one_time.chmod(0o600)
        tunnel = run_to_end(["ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no",
                             "-o", f"UserKnownHostsFile={self.folder / 'known'}", "-i", one_time, "-p", self.hosting.sshd.port,
                             "-W", f"127.0.0.1:{self.hosting.ingest_port}", f"{self.hosting.sshd.user}@127.0.0.1"], 20)
        self.assertIn("Permission denied", tunnel.stderr)
        self.forwarder(self.site_yaml())  # the first machine goes on

    def test_file_that_a_newer_one_replaced_is_refused(self):
        old = self.add_site()
        kept = self.folder / "old.enrol"
        kept.write_bytes(old.read_bytes())
        kept.chmod(0o600)
        self.add_site("nbcc", "--again")
        self.hosting.start()
        self.assert_says(self.enrol(kept), 1, "does not take the enrolment file's key", "--again")
        self.assert_says(self.enrol(old), 0)

    def test_expired_file_is_refused_by_its_own_date(self):
        file = self.add_site()
        self.rewrite(file, r"expires: \S+", "expires: 2024-02-29T12:00:00Z")
        self.assert_says(self.enrol(file), 1, "expired on 2024-02-29T12:00:00Z", "--again")

    def test_file_that_is_expired_by_the_gateways_clock_is_refused(self):
        file = self.add_site("nbcc", "--expires", "1m")
        self.rewrite(file, r"expires: \S+", "expires: 2099-01-01T00:00:00Z")
        record = self.hosting.registration / "sites" / "nbcc.json"
        content = json.loads(record.read_text())
        content["enrolment"]["expires"] = "2024-02-29T12:00:00Z"
        record.write_text(json.dumps(content))
        self.hosting.start()
        self.assert_says(self.enrol(file), 1, "by its clock the file has expired", "--again")

    def test_file_for_another_site_is_refused_where_a_site_is_set_up(self):
        other = self.add_site("rccc")
        self.enrolled_site()
        before = self.secrets_of("nbcc_ed25519", "nbcc.token", "site.yaml")
        self.assert_says(self.enrol(other), 1, "set up for site nbcc", "for site rccc")
        self.assertEqual(before, self.secrets_of("nbcc_ed25519", "nbcc.token", "site.yaml"))

    def test_wrong_damaged_and_readable_files_are_said_to_be_so(self):
        file = self.add_site()
        whole = file.read_bytes()
        for content, words in ((b"site: nbcc\n", "this is something else"),
                               (whole[:-100], "cut short or changed"),
                               (whole.replace(b"port: ", b"port: 1"), "cut short or changed"),
                               (b"", "this is something else")):
            file.write_bytes(content)
            self.assert_says(self.enrol(file), 2, str(file), words)
        file.write_bytes(whole.replace(b"\n", b"\r\n"))  # as some mail programs deliver it
        file.chmod(0o644)
        self.assert_says(self.enrol(file), 2, "chmod 600")
        self.assert_says(self.enrol(self.folder / "none"), 2, "add-site")
        self.assertEqual([], list(self.at_site.iterdir()))
        file.chmod(0o600)
        self.hosting.start()
        self.assert_says(self.enrol(file), 0)

    def rewrite(self, file, pattern, replacement):
        """As if add-site had written this."""
        text = re.sub(pattern, replacement, file.read_text())
        text = text[:text.rindex("checksum: ")]
        file.write_text(f"{text}checksum: {hashlib.sha256(text.encode()).hexdigest()}\n")


class MissingParts(EnrolmentCase):
    """What is missing on the way is said in words; with that put right the same file enrols."""

    def setUp(self):
        super().setUp()
        self.file = self.add_site()

    def test_sshd_that_does_not_run(self):
        self.assert_says(self.enrol(self.file), 1, "refuses the connection", str(self.hosting.sshd.port))

    def test_port_that_is_not_ssh(self):
        def greet(server):
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"220 mail\r\n")

        with socket.create_server(("127.0.0.1", self.hosting.sshd.port)) as server:
            threading.Thread(target=greet, args=(server,), daemon=True).start()
            self.assert_says(self.enrol(self.file), 1, "no SSH server speaks there")

    def test_gateway_that_does_not_run(self):
        self.hosting.sshd.start()
        self.assert_says(self.enrol(self.file), 1, "have icom-gateway started")
        self.hosting.start_gateway()
        self.assert_says(self.enrol(self.file), 0, "welcomes site nbcc")

    def test_program_that_has_the_gateways_port_is_told_no_secret_and_nothing_of_it_is_written(self):
        self.hosting.sshd.start()
        squatter = Squatter(self.folder, self.hosting.ingest_port).start()
        self._to_stop.append(squatter.stop)
        self.assert_says(self.enrol(self.file), 1, "gave no proof that it knows this enrolment file's code")
        self.assertNotIn(re.search(rb"^code: (\w+)", self.file.read_bytes(), re.MULTILINE)[1], squatter.received())
        self.assertEqual([], [entry.name for entry in self.at_site.iterdir() if entry.suffix not in (".lock", ".enrolling")])
        squatter.stop()
        self.hosting.start_gateway()
        self.assert_says(self.enrol(self.file), 0, "welcomes site nbcc")

    def test_host_key_that_is_another(self):
        make_key(self.folder / "another")
        self.hosting.sshd.host_key = self.folder / "another"
        self.hosting.start()
        self.assert_says(self.enrol(self.file), 1, "is NOT one of those pinned by the enrolment file", "SHA256:", "add-site nbcc --again")

    def test_name_without_an_address(self):
        text = self.hosting.config.read_text()
        self.hosting.config.write_text(text.replace("  host: 127.0.0.1", "  host: physics.rccc.invalid"))
        self.add_site("nbcc", "--again")
        self.assert_says(self.enrol(self.file), 1, "no address for the name physics.rccc.invalid")


class Rotation(EnrolmentCase):
    def test_key_and_token_are_renewed_while_a_beam_is_stored(self):
        linac = self.linac("4299", "--speed", "20", "--seed", "1", "--idle", "12", "--beam-frames", "40", "--wait-for-client")
        file = self.add_site()
        for yaml in [self.hosting.sites / "nbcc.yaml"]:
            yaml.write_text(yaml.read_text().replace("linacs: []", f'linacs:\n  - serial: "4299"\n    address: {linac.address}\n#'))
        self.hosting.start()
        self.assert_says(self.enrol(file), 0)
        forwarder = self.forwarder(self.site_yaml())
        listener = Process("listener", [self.programs / "icom-listen", "--linac", linac.address, "--serial", "4299", "--spool",
                                        self.folder / "spool"], self.folder / "listen.log").start()
        self._to_stop.append(listener.stop)
        before = self.secrets_of("nbcc_ed25519", "nbcc.token")
        for _ in range(2):
            self.assert_says(self.rotate(), 0, "forgotten the old ones")
        after = self.secrets_of("nbcc_ed25519", "nbcc.token")
        for old, new in zip(before, after):
            self.assertNotEqual(old, new)
        self.assertNotIn("again", forwarder.output())  # it was not cut off by any of it
        self.assertEqual(1, forwarder.output().count("the gateway welcomes site"))
        keys = (self.hosting.registration / "authorized_keys").read_text()
        self.assertEqual(1, sum(line.endswith(" icom-site=nbcc") for line in keys.splitlines()))
        forwarder.stop()
        forwarder.start()
        self.assertEqual(0, linac.process.stop())
        self.assert_all_stored(self.hosting, [linac])


class Revocation(EnrolmentCase):
    def test_revoked_site_is_cut_off_and_both_ends_say_why(self):
        self.enrolled_site()
        forwarder = self.forwarder(self.site_yaml())
        begun = len(forwarder.output())
        self.assert_says(self.hosting.run("revoke", "nbcc"), 0, "site nbcc is revoked", "SSH connections ended")
        forwarder.wait_for_output("does not let user", 30, after=begun)
        self.hosting.gateway.wait_for_output("site nbcc is revoked since")
        # The file is written once a second.
        self.wait_for(lambda: not json.loads((self.folder / "spool" / "forward.json").read_text())["connected"], 20, "the status says so")
        self.assert_says(self.rotate(), 1, "does not let user", "A site that was revoked has nothing that could be renewed",
                         "icom-gateway add-site nbcc --again")
        self.assertFalse((self.hosting.tokens / "nbcc.token").exists())
        self.assert_says(self.hosting.run("revoke", "nowhere"), 1, "there is no site nowhere")

        self.add_site("nbcc", "--again")
        self.assert_says(self.enrol(self.folder / "nbcc.enrol"), 0, "welcomes site nbcc")
        forwarder.wait_for_output("the gateway welcomes site", 60, after=begun)

    def test_revoking_ends_the_sites_connections_and_no_others(self):
        self.enrolled_site()
        other_file = self.add_site("rccc")
        self.hosting.gateway.stop()
        self.hosting.start_gateway()  # it reads rccc's file
        other = self.another_machine()
        self.assert_says(self.enrol(other_file, other), 0)
        yaml = other / "site.yaml"
        yaml.write_text(yaml.read_text().replace("/var/lib/icom/spool", str(self.folder / "other-spool")))
        goes_on = self.forwarder(yaml)
        self.assert_says(self.hosting.run("revoke", "nbcc"), 0)
        self.assert_says(self.rotate(), 1)
        self.assertEqual(1, goes_on.output().count("the gateway welcomes site"))
        self.assertNotIn("tried again", goes_on.output())


class Replacement(EnrolmentCase):
    def test_machine_that_another_one_replaces_is_cut_off_at_once_and_told_why(self):
        self.enrolled_site()
        replaced = self.forwarder(self.site_yaml())
        self.assert_says(self.enrol(self.add_site("nbcc", "--again"), self.another_machine()), 0, "welcomes site nbcc")
        replaced.wait_for_output("a machine has enrolled as site nbcc now", 30)
        replaced.wait_for_output("does not let user", 60)


class OneSiteAsAnother(EnrolmentCase):
    def test_token_of_one_site_with_frames_of_another_is_refused_and_both_ends_say_so(self):
        self.enrolled_site()
        self.add_site("rccc")
        gateways = self.hosting.sites / "rccc.yaml"
        gateways.write_text(gateways.read_text().replace("linacs: []", 'linacs:\n  - {serial: "2619", address: "127.0.0.1:1706"}\n#'))
        self.hosting.gateway.stop()
        self.hosting.start_gateway()
        mine = self.site_yaml()
        own = mine.read_text()

        mine.write_text(own.replace("linacs: []", 'linacs:\n  - {serial: "2619", address: "127.0.0.1:1706"}\n#'))
        forwarder = self.forwarder(mine)
        forwarder.wait_for_output("the gateway does not take Linac 2619", 30)
        self.hosting.gateway.wait_for_output("Linac 2619 is registered for another site")
        forwarder.stop()

        mine.write_text(own.replace("site: nbcc", "site: rccc"))
        forwarder = Process("forwarder", [self.programs / "icom-forward", "--site", mine], self.folder / "as-rccc.log").start()
        self._to_stop.append(forwarder.stop)
        forwarder.wait_for_output("the gateway refuses the token of site 'rccc'", 30)
        self.hosting.gateway.wait_for_output("rccc: refused, WRONG_TOKEN")
        self.assertEqual({}, {k: v for k, v in self.hosting.ledger().items() if v["received"]})


if __name__ == "__main__":
    unittest.main()
