"""icom-agent upgrade, of the forwarder and the fan-out: the installed program comes in the place of the one that runs, and no other does."""

import os
import shutil
import unittest

from tests.lab.case import LabCase
from tests.lab.ports import free_port
from tests.lab.stream_client import connect_when_there

LINAC = "4299"


class Upgrade(LabCase):
    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()
        self.linac_4299 = self.linac(LINAC, "--speed", "10", "--seed", "1", "--idle", "12", "--beam-frames", "20", "--wait-for-client")
        self.port = free_port()
        self.site = self.agent_site("nbcc", self.hosting, {LINAC: self.linac_4299.address}, fan_out={LINAC: self.port})
        self.installed = self.folder / "installed"
        self.installed.mkdir()
        for name in ("icom-listen", "icom-forward", "icom-fanout"):
            self.install(name)
        self.site.agent.command += ["--bin-dir", str(self.installed)]
        self.hosting.start()
        self.site.start()
        self.site.wait_connected()
        # A first attempt to connect is no fault yet.
        self.wait_for(lambda: (status := self.site.status())["well"] and status["forwarder"]["connected"], 20, "all is well")

    def install(self, name):
        """As a package does it: the file is another one, and what runs goes on with the one of before."""
        new = self.installed / f"{name}.new"
        shutil.copy(self.programs / name, new)
        new.rename(self.installed / name)

    def pid(self, file):
        return self.site.status_file(file)["pid"]

    def upgrade(self, *options):
        return self.site.command("upgrade", *options, seconds=120)

    def assert_runs_the_installed_one(self, pid, name):
        self.assertTrue(os.path.samefile(f"/proc/{pid}/exe", self.installed / name))

    def client(self):
        client = connect_when_there(self.port)
        self._to_stop.append(client.close)
        self.wait_for(lambda: self.clients() == 1, 20, "the fan-out tells of its client")
        return client

    def clients(self):
        return self.site.status_file("fanout.json")["ports"][0]["clients"]

    def test_the_forwarder_is_replaced_where_the_installed_one_is_another(self):
        forwarder, fan_out = self.pid("forward.json"), self.pid("fanout.json")
        self.install("icom-forward")
        done = self.upgrade()
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual("", done.stderr)
        now = self.pid("forward.json")
        self.assertRegex(done.stdout, rf"forwarder: process {now} \(version \S+\) has come in the place of process {forwarder} \(version")
        self.assert_runs_the_installed_one(now, "icom-forward")
        self.assertEqual(fan_out, self.pid("fanout.json"))

        done = self.upgrade("--cut-clients")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertNotIn("in the place of", done.stdout)
        self.assertEqual((now, fan_out), (self.pid("forward.json"), self.pid("fanout.json")))
        self.assertEqual(0, self.site.agent.stop(15))
        self.assertEqual(0, self.linac_4299.process.stop())
        self.assert_all_stored(self.hosting, [self.linac_4299])

    def test_a_fan_out_with_clients_stays_until_they_may_be_cut_off(self):
        before = self.pid("fanout.json")
        self.install("icom-fanout")
        client = self.client()
        done = self.upgrade()
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertRegex(done.stderr, rf"fan-out: process {before} \(version \S+\) still runs: 1 client listens; icom-agent upgrade --cut-")
        self.assertEqual(before, self.pid("fanout.json"))
        self.assertIsNone(client.ended)

        done = self.upgrade("--cut-clients")
        self.assertEqual(0, done.returncode, done.stderr)
        now = self.pid("fanout.json")
        self.assertRegex(done.stdout, rf"fan-out: process {now} \(version \S+\) has come in the place of process {before} \(version")
        self.assert_runs_the_installed_one(now, "icom-fanout")
        self.assertEqual("fin", client.ended)

    def test_a_fan_out_without_clients_is_replaced(self):
        before = self.pid("fanout.json")
        self.install("icom-fanout")
        client = self.client()
        client.close()
        self.wait_for(lambda: self.clients() == 0, 20, "it has none any more")
        done = self.upgrade()
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn(f"in the place of process {before} ", done.stdout)

    def test_nothing_is_ended_that_could_not_be_started_again(self):
        before = self.pid("forward.json")
        (self.installed / "icom-forward").unlink()
        done = self.upgrade()
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertIn(f"{self.installed / 'icom-forward'} is not there: install it, then upgrade again", done.stderr)
        self.assertEqual(before, self.pid("forward.json"))
        self.assertTrue(self.site.status()["forwarder"]["connected"])


if __name__ == "__main__":
    unittest.main()
