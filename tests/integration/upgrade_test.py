"""icom-agent upgrade: the installed program comes in the place of the one that runs, and no other does."""

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

    def test_a_linac_that_was_drained_is_no_listener_that_is_left(self):
        self.assertEqual(0, self.site.command("drain", "--linac", LINAC, "--force", seconds=60).returncode)
        done = self.upgrade()
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual("", done.stderr)
        self.assertIn("looked at 0 listeners", done.stdout)

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

    def begin_with_the_installed_supervisor(self):
        """From here on icom-agent is among the installed programs, too, and all of them run."""
        self.install("icom-agent")
        self.assertEqual(0, self.site.agent.stop(40))
        self.site.agent.command[0] = self.installed / "icom-agent"
        self.site.start()
        self.site.wait_connected()
        self.wait_for(lambda: self.site.status()["well"], 20, "all is well")

    def pids(self):
        return {name: self.pid(name) for name in ("agent.json", f"{LINAC}/listener.json", "forward.json", "fanout.json")}

    def test_the_supervisor_itself_is_replaced_and_with_it_all_that_it_runs(self):
        self.begin_with_the_installed_supervisor()
        before, begun = self.pids(), self.site.status_file("agent.json")["started_us"]
        for name in ("icom-agent", "icom-listen", "icom-forward", "icom-fanout"):
            self.install(name)
        done = self.upgrade()
        self.assertEqual(0, done.returncode, done.stderr)
        # A reader that had just ended has told of itself a second later.
        self.wait_for(lambda: all(pid != before[file] for file, pid in self.pids().items() if file != "agent.json"), 20, "others run")
        now = self.pids()
        self.assertIn(f"icom-agent run: process {now['agent.json']} (version ", done.stdout)
        self.assertIn(" has come in the place of version ", done.stdout)
        self.assertEqual(before["agent.json"], now["agent.json"], "the service manager sees the same process")
        self.assertNotEqual(begun, self.site.status_file("agent.json")["started_us"])
        for file, name in (("agent.json", "icom-agent"), (f"{LINAC}/listener.json", "icom-listen"), ("forward.json", "icom-forward"),
                           ("fanout.json", "icom-fanout")):
            self.assert_runs_the_installed_one(now[file], name)
        self.wait_for(lambda: not self.ended_children(now["agent.json"]), 20, "those that have ended are waited for")
        self.assertEqual(0, self.site.agent.stop(40))
        self.assertEqual(0, self.linac_4299.process.stop())
        self.assert_all_stored(self.hosting, [self.linac_4299])
        ends = [client["closed_by"] for client in self.linac_4299.report()["clients"]]
        self.assertEqual(["fin"] * len(ends), ends)
        self.assertLessEqual(len(ends), 2)  # that of the supervisor before, and one from then on

    @staticmethod
    def ended_children(process):
        states = []
        for child in open(f"/proc/{process}/task/{process}/children").read().split():
            try:
                states.append(open(f"/proc/{child}/stat").read().rsplit(")", 1)[1].split()[0])
            except FileNotFoundError:
                continue
        return [state for state in states if state == "Z"]

    def test_a_supervisor_that_could_not_start_is_not_put_in_the_place_of_one_that_runs(self):
        self.begin_with_the_installed_supervisor()
        before = self.pids()
        (self.installed / "icom-agent").unlink()
        (self.installed / "icom-agent").write_text("#!/bin/sh\necho no such library >&2\nexit 127\n")
        (self.installed / "icom-agent").chmod(0o755)
        done = self.upgrade()
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertIn(f"{self.installed / 'icom-agent'} does not run (exit code 127): no such library", done.stderr)
        self.assertEqual(before, self.pids())

        self.install("icom-agent")
        text = self.site.yaml.read_text()
        self.site.yaml.write_text(text + "nonsense: [\n")
        done = self.site.command("upgrade", seconds=60)
        self.assertNotEqual(0, done.returncode)
        self.site.yaml.write_text(text)
        self.assertEqual(before, self.pids())


if __name__ == "__main__":
    unittest.main()
