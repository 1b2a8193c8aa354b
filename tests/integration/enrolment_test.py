"""Adding a site: from `icom-gateway add-site` to a beam that is stored, with a real sshd that asks icom-gateway for keys."""

import os
import re
import shutil
import unittest

from tests.lab.case import LabCase
from tests.lab.key_command import KeyCommand
from tests.lab.process import Process, run_to_end


@unittest.skipIf(KeyCommand.why_not(), KeyCommand.why_not())
class Enrolment(LabCase):
    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site(enrols=True)
        self.at_site = self.folder / "etc-icom"
        self.at_site.mkdir()

    def add_site(self, site="nbcc", *options):
        """The enrolment file, as it is carried to the site."""
        file = self.folder / f"{site}.enrol"
        arguments = ["add-site", site, "--output", file, *options]
        if "--again" not in options:
            arguments += ["--timezone", "Australia/Sydney"]
        self.hosting.command(*arguments)
        return file

    def enrol(self, file, into=None):
        return run_to_end([self.programs / "icom-agent", "enrol", file, "--into", into or self.at_site], 60)

    def enrolled_site(self, site="nbcc"):
        """A site that is added, the gateway having read its file, and enrolled."""
        file = self.add_site(site)
        self.hosting.start()
        self.assert_enrols(file)
        return file

    def assert_enrols(self, file):
        done = self.enrol(file)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr + self.hosting.gateway.output())
        return done.stdout

    def assert_refused(self, done, *words, code=1):
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stdout + done.stderr)

    def settings(self, name):
        return self.at_site / name

    def forwarder(self):
        """The site's icom-forward, its spool in the test's folder."""
        yaml = self.settings("site.yaml")
        yaml.write_text(yaml.read_text().replace("/var/lib/icom/spool", str(self.folder / "spool")))
        forwarder = Process("forwarder", [self.programs / "icom-forward", "--site", yaml], self.folder / "forward.log")
        self._to_stop.append(forwarder.stop)
        return forwarder.start()

    def test_added_site_enrols_and_its_forwarder_is_welcomed(self):
        out = self.enrolled_site() and self.assert_no_secret_is_readable()
        self.forwarder().wait_for_output("the gateway welcomes site nbcc", 30)

    def assert_no_secret_is_readable(self):
        for name in ("nbcc_ed25519", "nbcc.token", "site.yaml", "nbcc_known_hosts"):
            self.assertEqual(0o600, self.settings(name).stat().st_mode & 0o777, name)
        self.assertEqual(["nbcc.token", "nbcc_ed25519", "nbcc_known_hosts", "site.yaml"],
                         sorted(entry.name for entry in self.at_site.iterdir()))
        token = self.settings("nbcc.token").read_text().strip()
        code = re.search(r"code: (\w+)", (self.folder / "nbcc.enrol").read_text())[1]
        for file in [*self.hosting.registration.rglob("*.json"), self.hosting.registration / "authorized_keys",
                     self.hosting.gateway.log]:
            for secret in (token, code):
                self.assertNotIn(secret, file.read_text())
        return True


if __name__ == "__main__":
    unittest.main()
