"""`icom-gateway check` is about what the gateway's account can do, whoever runs it: root, who can do all, and accounts that can do little."""

import os
import unittest

from tests.lab.account import as_account, give_to, needs_root, run_as
from tests.lab.case import LabCase
from tests.lab.site_file import write_site_file

SERVICE, STRANGER = 54320, 54321


@needs_root
class CheckRights(LabCase):
    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()
        self.token = self.hosting.tokens / "nbcc.token"
        self.hosting.new_token("nbcc")
        write_site_file(self.hosting, "nbcc", {"4299": "192.168.17.40"})
        for folder in (self.hosting.store, self.hosting.archive):
            folder.mkdir(mode=0o750)
        give_to(SERVICE, self.hosting.tokens, self.hosting.store, self.hosting.archive)
        self.command = [self.programs / "icom-gateway", "check", "--config", self.hosting.config]

    def check(self, user=0, *options):
        done = run_as(user, [*self.command, *options])
        return done.returncode, done.stdout + done.stderr

    def assert_finds(self, code, *words, user=0, options=()):
        found, said = self.check(user, *options)
        self.assertEqual(code, found, said)
        for word in words:
            self.assertIn(word, said)
        return said

    def assert_roots_files_are_found(self, by, options=()):
        """What root can use and the gateway's account cannot."""
        self.assert_finds(0, f"ok    account {SERVICE}: ", by, options=options)
        self.hosting.archive.chmod(0o755)
        os.chown(self.hosting.archive, 0, 0)
        os.chown(self.token, 0, 0)
        self.assert_finds(2, f"FAIL  archive {self.hosting.archive}: cannot be written by this account", "FAIL  token of nbcc: ", by,
                          options=options)
        give_to(SERVICE, self.hosting.tokens, self.hosting.archive)

    def test_for_root_as_the_owner_of_the_store(self):
        self.assert_roots_files_are_found(f"the owner of {self.hosting.store}")

    def test_for_root_as_the_gateway_that_runs(self):
        self.hosting.gateway.command[:0] = as_account(SERVICE)
        self.hosting.start_gateway()
        self.assert_roots_files_are_found("the gateway that runs, process ")
        self.assert_finds(0, "ok    gateway: runs: process ", "an icom-gateway listens there now")

    def test_for_root_as_whom_root_names(self):
        os.chown(self.hosting.store, 0, 0)
        self.assert_finds(2, f"FAIL  store {self.hosting.store}: cannot be written by this account",
                          options=("--user", str(SERVICE)))
        os.chown(self.hosting.store, SERVICE, SERVICE)
        self.assert_roots_files_are_found("--user", ("--user", str(SERVICE)))
        self.assert_finds(2, "FAIL  account: --user names no-such-account", options=("--user", "no-such-account"))

    def test_settings_that_root_alone_can_read_are_found(self):
        self.hosting.config.chmod(0o600)
        self.assert_finds(2, "FAIL  settings: ", str(self.hosting.config))

    def test_the_account_itself_finds_the_same_as_root(self):
        self.assertEqual(self.check(0), self.check(SERVICE))

    def test_another_account_is_told_what_it_cannot_check(self):
        said = self.assert_finds(2, "FAIL  not checked: token of nbcc, store ", "archive ", f"account {STRANGER} is neither root nor {SERVICE}",
                                 user=STRANGER)
        self.assertNotIn("ok    token", said)
        self.assertNotIn("ok    store", said)
        self.hosting.config.chmod(0o600)
        self.assert_finds(2, "FAIL  settings: ", "not checked: what the settings name", user=STRANGER)


if __name__ == "__main__":
    unittest.main()
