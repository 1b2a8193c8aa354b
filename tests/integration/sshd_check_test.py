"""`icom-gateway check` looks at the sshd of the tunnels: Debian's own, with the guide's settings, and with each of them wrong."""

import re
import unittest
from pathlib import Path

from tests.lab.case import LabCase
from tests.lab.machine import Machine

CONF = Path(__file__).parents[2] / "deploy" / "sshd" / "icom.conf"
IN_ETC = "/etc/ssh/sshd_config.d/icom.conf"
SITE = """\
site: nbcc
timezone: Australia/Sydney
linacs: []
tunnel: {host: localhost, port: 922, user: icom, key: k, known_hosts: h, gateway: "127.0.0.1:7600", token_file: t}
spool: {directory: s}
forwards:
  - {name: sql, direction: remote, listen: LISTEN, target: "192.168.17.5:1433"}
"""


class SshdCheck(LabCase):
    def setUp(self):
        super().setUp()
        if Machine.why_not():
            self.skipTest(Machine.why_not())
        self.machine = Machine(self.folder, "hosting")
        self._to_stop.append(self.machine.stop)
        self.machine.put(self.programs / "icom-gateway", "/usr/local/bin/icom-gateway", 0o755)
        for account in ("icom-gateway", "icom"):
            self.machine.shell(f"useradd --system --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin {account}")
        self.machine.shell("ssh-keygen -q -A && mkdir -p /etc/ssh/sshd_config.d /etc/icom/sites /etc/icom/tokens /var/lib/icom/registration")
        self.put("/etc/ssh/sshd_config.d/port.conf", "Port 22\nPort 922\n")
        self.put(IN_ETC, CONF.read_text())
        self.put("/etc/icom/gateway.yaml", """\
sites: sites
tokens: tokens
ingest: 127.0.0.1:7600
store: /var/lib/icom/store
registration: /var/lib/icom/registration
tunnel: {host: localhost, port: 922, user: icom, host_keys: [/etc/ssh/ssh_host_ed25519_key.pub]}
""")
        self.write_site("14330")
        self.put("/etc/icom/tokens/nbcc.token", "t" * 32 + "\n")
        self.machine.shell("chmod 0600 /etc/icom/tokens/nbcc.token && chown -R icom-gateway /etc/icom /var/lib/icom")
        self.machine.shell("systemctl start ssh")

    def put(self, path, text):
        file = self.folder / "put"
        file.write_text(text)
        self.machine.put(file, path)

    def write_site(self, listen):
        self.put("/etc/icom/sites/nbcc.yaml", SITE.replace("LISTEN", listen))

    def check(self, code, *words):
        done = self.machine.run("icom-gateway check --user icom-gateway")
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stdout)
        return done.stdout

    def test_the_guides_settings_are_right_and_each_that_is_wrong_is_told(self):
        said = self.check(0, "ok    sshd for account icom: lets sites reach the ingest and their forwards, and nothing else",
                          "asks /usr/local/bin/icom-gateway for sites' keys", ":922: SSH-2.0-OpenSSH_")
        self.assertIsNone(re.search("^(FAIL|note) +sshd", said, re.MULTILINE), said)
        for line, becomes, words in (
                ("    AllowTcpForwarding yes", "    AllowTcpForwarding no", "AllowTcpForwarding is no: no site reaches the ingest"),
                ("    AllowTcpForwarding yes", "    AllowTcpForwarding yes\n    PermitOpen 127.0.0.1:80", "PermitOpen leaves out 127.0.0.1:7600"),
                ("    AllowTcpForwarding yes", "    AllowTcpForwarding yes\n    PermitListen 8080", "PermitListen leaves out 127.0.0.1:14330"),
                ("Match User icom\n", "Match User other\n", "AuthorizedKeysCommand is none"),
                ("/var/lib/icom/registration %f", "/srv/registration %f", "looks for keys in /srv/registration"),
                ("AuthorizedKeysCommandUser icom-gateway", "AuthorizedKeysCommandUser nobody", "AuthorizedKeysCommandUser is nobody"),
                ("    PermitTTY no\n", "    PermitTTY yes\n", "may do more than forward ports (PermitTTY yes)"),
                ("LoginGraceTime 20\n", "AllowUsers root\n", "AllowUsers does not have account icom"),
                ("LoginGraceTime 20\n", "LoginGraceTme 20\n", "Bad configuration option: LoginGraceTme")):
            with self.subTest(becomes):
                self.assertIn(line, CONF.read_text())
                self.put(IN_ETC, CONF.read_text().replace(line, becomes))
                self.check(2, "FAIL  sshd for account icom: ", words)

    def test_what_sites_cannot_come_in_through_is_told(self):
        self.machine.shell("chmod 0775 /usr/local/bin")
        self.assertNotIn("is not root's alone to change", self.machine.shell("icom-gateway check || true"))  # as sshd has it
        self.machine.shell("chgrp staff /usr/local/bin")
        self.check(2, "FAIL  sshd for account icom: /usr/local/bin is not root's alone to change", "Unsafe AuthorizedKeysCommand")
        self.machine.shell("chgrp root /usr/local/bin && chmod 0755 /usr/local/bin && usermod -s /no/such/shell icom")
        self.check(2, "account icom's shell, /no/such/shell, is not there")
        self.machine.shell("userdel icom")
        self.check(2, "this machine has no such account: useradd --system")

    def test_a_sshd_that_does_not_run_or_has_not_its_port_is_told(self):
        self.machine.shell("systemctl stop ssh")
        self.check(2, "FAIL  sshd for account icom: its settings have it listen at ", "nothing answers there")
        self.put("/etc/ssh/sshd_config.d/port.conf", "Port 22\n")
        self.machine.shell("systemctl start ssh")
        self.check(0, "note  sshd for account icom: its settings have it listen at ", "sites are told to come to port 922 (tunnel.port)")

    def test_a_forward_that_cannot_listen_is_told(self):
        for listen, words in (("7600", "the gateway itself listens at 127.0.0.1:7600"), ("22", "forwards[0].listen: read \"127.0.0.1:22\""),
                              ("922", "forwards[0].listen: read \"127.0.0.1:922\"")):
            with self.subTest(listen):
                self.write_site(listen)
                self.check(2, "FAIL  forwards: /etc/icom/sites/nbcc.yaml:7: ", words)
        self.put("/etc/ssh/sshd_config.d/port.conf", "Port 922\nPort 14330\n")
        self.write_site("14330")
        self.check(2, "FAIL  forwards: /etc/icom/sites/nbcc.yaml:7: ", "this machine's sshd listens at ")

    def test_who_is_not_root_is_told_what_was_left_out(self):
        done = self.machine.run("runuser -u icom-gateway -- icom-gateway check")
        self.assertEqual(2, done.returncode, done.stdout)
        self.assertIn("FAIL  not checked: sshd for account icom: account icom-gateway is not root", done.stdout)


if __name__ == "__main__":
    unittest.main()
