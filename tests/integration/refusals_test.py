"""What is refused says so, changes nothing, and the spool keeps everything until it is put right."""

import unittest

from tests.lab.case import LabCase
from tests.lab.process import run_to_end
from tests.lab.sshd import make_key


class Refusals(LabCase):
    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()
        self.linac_4299 = self.linac("4299", "--speed", "10", "--seed", "1", "--idle", "12", "--beam-frames", "20",
                                     "--wait-for-client")
        self.site = self.agent_site("nbcc", self.hosting, {"4299": self.linac_4299.address})

    def refused_until_repaired(self, spoil, repair, expected_words, restart_gateway=False):
        """With `spoil` done the forwarder says why it is refused; after `repair` everything arrives."""
        spoil()
        self.hosting.start()
        self.site.start_parts()
        self.site.wait_connected()
        for word in expected_words:
            self.site.forwarder.wait_for_output(word, 30)
        self.assertEqual({}, {k: v for k, v in self.hosting.ledger().items() if v["received"]})
        repair()
        if restart_gateway:
            self.hosting.gateway.stop()
            self.hosting.start_gateway()
        self.wait_until_something_is_stored()
        self.assertEqual(0, self.linac_4299.process.stop())
        self.assert_all_stored(self.hosting, [self.linac_4299])

    def wait_until_something_is_stored(self):
        self.wait_for(lambda: self.hosting.ledger().get(("nbcc", "4299"), {}).get("stored", 0) > 0, 60,
                      "frames arrive after the repair")

    def swap(self, file, content):
        """Puts `content` into `file`; returns what puts the old content back."""
        old = file.read_bytes()
        file.write_bytes(content)
        return lambda: file.write_bytes(old)

    def test_wrong_host_key_is_refused_and_named(self):
        other = make_key(self.folder / "other_host")
        kind, key = (self.folder / "other_host.pub").read_text().split()[:2]
        restore = self.swap(self.site.known_hosts,
                            f"[127.0.0.1]:{self.hosting.sshd.port} {kind} {key}\n".encode())
        self.assertTrue(other.exists())
        self.refused_until_repaired(lambda: None, restore, ["host key", "known_hosts"])

    def test_unknown_host_is_refused_with_its_fingerprint(self):
        restore = self.swap(self.site.known_hosts, b"# nobody is known yet\n")
        self.refused_until_repaired(lambda: None, restore, ["SHA256:", "known_hosts"])

    def test_wrong_user_key_is_refused(self):
        authorized = self.hosting.sshd.folder / "authorized_keys"
        restore = self.swap(authorized, b"")
        self.refused_until_repaired(lambda: None, restore, ["key"])

    def test_wrong_token_is_refused(self):
        restore = self.swap(self.site.token_file, b"not-the-token-of-this-site\n")
        self.refused_until_repaired(lambda: None, restore, ["token"])
        self.assertNotIn("not-the-token-of-this-site", self.hosting.gateway.output() + self.site.forwarder.output())

    def test_unknown_site_is_refused(self):
        self.agent_site("sash", self.hosting, {"9002": "127.0.0.1:1706"})  # the gateway wants to know one site at least
        hidden = self.folder / "nbcc.yaml"
        # The forwarder has read its file before the gateway looks for it.
        self.site.yaml.rename(hidden)
        self.site.forwarder.command[-1] = str(hidden)

        def repair():
            self.site.yaml.write_text(hidden.read_text())

        self.refused_until_repaired(lambda: None, repair, ["nbcc"], restart_gateway=True)

    def test_unregistered_linac_is_refused_and_the_others_go_on(self):
        linac_9183 = self.linac("9183", "--speed", "10", "--seed", "2", "--idle", "12", "--beam-frames", "20",
                                "--wait-for-client")
        whole = self.site.yaml.read_text().replace(
            "tunnel:", f'  - serial: "9183"\n    address: {linac_9183.address}\ntunnel:', 1)
        agents_view = self.folder / "nbcc.yaml"
        agents_view.write_text(whole)
        self.site.forwarder.command[-1] = str(agents_view)
        self.site.add_listener("9183", linac_9183.address)

        self.hosting.start()
        self.site.start_parts()
        self.site.forwarder.wait_for_output("9183", 30)
        self.wait_until_something_is_stored()
        self.assertEqual(["4299"], sorted({linac for _, linac in self.hosting.ledger()}))

        self.site.yaml.write_text(whole)
        self.hosting.gateway.stop()
        self.hosting.start_gateway()
        self.wait_for(lambda: self.hosting.ledger().get(("nbcc", "9183"), {}).get("stored", 0) > 0, 60,
                      "frames of the Linac that is now registered")
        for linac in (self.linac_4299, linac_9183):
            self.assertEqual(0, linac.process.stop())
        self.assert_all_stored(self.hosting, [self.linac_4299, linac_9183])

    def test_key_file_that_others_can_read_is_refused(self):
        self.site.key.chmod(0o644)
        self.refused_until_repaired(lambda: None, lambda: self.site.key.chmod(0o600), ["chmod 600"])

    def test_site_whose_token_the_gateway_cannot_use_is_refused_until_it_is_mended(self):
        token = self.hosting.tokens / "nbcc.token"
        self.refused_until_repaired(lambda: token.chmod(0o644), lambda: token.chmod(0o600), ["nbcc.token"],
                                    restart_gateway=True)
        self.assertIn("site nbcc is refused", self.hosting.gateway.output())

    def test_token_file_that_others_can_read_stops_the_gateway_check(self):
        token = self.hosting.tokens / "nbcc.token"
        token.chmod(0o644)
        done = run_to_end([self.programs / "icom-gateway", "check", "--config", self.hosting.config], 30)
        self.assertNotEqual(0, done.returncode)
        self.assertIn("nbcc.token", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
