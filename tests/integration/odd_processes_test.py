"""The commands of a site against processes that were adopted, that hang, and that are strangers'."""

import json
import os
import shutil
import signal
import socket
import subprocess
import unittest

from tests.lab.case import LabCase
from tests.lab.ports import free_port

LINAC = "4299"
PROGRAMS = ("icom-agent", "icom-listen", "icom-forward", "icom-fanout")
FILES = {"icom-agent": "agent.json", "icom-listen": f"{LINAC}/listener.json", "icom-forward": "forward.json", "icom-fanout": "fanout.json"}
SOCKETS = {"icom-agent": "agent.sock", "icom-listen": f"{LINAC}/control.sock", "icom-forward": "forward.sock", "icom-fanout": "fanout.sock"}
LOCKS = ("agent.lock", f"{LINAC}/lock", "forward.lock", "fanout.lock")
STOP_REFUSES = "an icom-agent run looks after"


class OddProcesses(LabCase):
    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()
        self.linac_4299 = self.linac(LINAC, "--speed", "10", "--seed", "1", "--idle", "12", "--beam-frames", "20", "--wait-for-client")
        self.site = self.agent_site("nbcc", self.hosting, {LINAC: self.linac_4299.address}, fan_out={LINAC: free_port()}, stop_within=2)
        self.installed = self.folder / "installed"
        self.installed.mkdir()
        for name in PROGRAMS:
            self.install(name)
        self.site.agent.command[0] = str(self.installed / "icom-agent")
        self.site.agent.command += ["--bin-dir", str(self.installed)]
        self.hosting.start()
        self.site.start()
        self.site.wait_connected()
        self.wait_until_well()

    def install(self, name):
        """As a package does it: the file is another one, and what runs goes on with the one of before."""
        new = self.installed / f"{name}.new"
        shutil.copy(self.programs / name, new)
        new.rename(self.installed / name)

    def wait_until_well(self):
        self.wait_for(lambda: (status := self.site.status())["well"] and status["forwarder"]["connected"], 40, "all is well")

    def pid(self, name):
        return self.site.status_file(FILES[name])["pid"]

    def runs_the_installed(self, name):
        try:
            return os.path.samefile(f"/proc/{self.pid(name)}/exe", self.installed / name)
        except FileNotFoundError:
            return False  # one that has ended, and the next one has not told of itself yet

    def clients(self):
        return [client["closed_by"] for client in self.linac_4299.report()["clients"]]

    def says(self, code, words, command, *options):
        """However the processes are, a command ends soon, and says so."""
        done = self.site.command(command, *options, seconds=45)
        self.assertEqual(code, done.returncode, f"{command}: {done.stdout}{done.stderr}")
        self.assertIn(words, done.stdout + done.stderr, command)

    def hang(self, name):
        pid = self.pid(name)
        os.kill(pid, signal.SIGSTOP)
        self._to_stop.append(lambda: self.wake(pid))
        return pid

    @staticmethod
    def wake(pid):
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass

    def test_adopted_processes_obey_every_command(self):
        self.site.agent.kill()
        self.site.agent.start()
        self.wait_for(lambda: self.pid("icom-agent") == self.site.agent.pid, 20, "another one looks after them")
        self.wait_until_well()
        self.says(1, STOP_REFUSES, "stop")
        self.says(0, "has left", "drain", "--linac", LINAC, "--force")
        self.assertEqual(["fin"], self.clients())
        self.says(0, "starts its listener within a second", "resume", "--linac", LINAC)
        self.site.wait_connected()
        self.wait_until_well()
        for name in PROGRAMS:
            self.install(name)
        self.says(0, "nothing is left to be replaced", "upgrade")
        for name in PROGRAMS:
            self.wait_for(lambda one=name: self.runs_the_installed(one), 20, f"the installed {name} runs")
        self.says(0, "all is well", "status")
        self.assertEqual(0, self.site.agent.stop(40))
        self.assertEqual(0, self.linac_4299.process.stop())
        self.assertEqual(["fin", "fin"], self.clients())
        self.assert_all_stored(self.hosting, [self.linac_4299])

    def test_what_its_supervisor_has_left_behind_is_ended_by_stop(self):
        self.site.agent.kill()
        self.says(1, "no icom-agent run looks after", "upgrade")
        self.says(1, "icom-agent run, which looked after these programs, is gone", "status")
        self.says(0, "nothing of the site nbcc runs any more", "stop", "--stop-within", "2")
        self.assertEqual([], [lock for lock in LOCKS if self.site.is_held(lock)])
        self.assertEqual(["fin"], self.clients())

    def test_a_supervisor_that_hangs_holds_up_no_command(self):
        self.hang("icom-agent")
        self.says(1, STOP_REFUSES, "stop")
        self.says(1, "has not answered in time", "upgrade")
        self.says(0, "has left", "drain", "--linac", LINAC, "--force")
        self.wait_for(lambda: self.site.status()["agent"]["silent_seconds"], 20, "it is said")
        self.says(1, "does not respond", "resume", "--linac", LINAC)

    def test_a_listener_that_hangs_is_replaced_whatever_is_asked_of_it_and_the_linac_does_not_notice(self):
        for code, words, *command in ((1, STOP_REFUSES, "stop"), (1, "the listener has broken off", "drain", "--linac", LINAC, "--force"),
                                      (0, "nothing is left to be replaced", "upgrade")):
            pid = self.hang("icom-listen")
            self.says(code, words, *command)
            self.wait_for(lambda before=pid: self.pid("icom-listen") != before, 20, "another listener")
            self.wait_until_well()
        self.assertEqual(["open"], self.clients())

    def test_a_forwarder_and_a_fan_out_that_hang_are_ended_with_all_others(self):
        for name in ("icom-forward", "icom-fanout"):
            self.hang(name)
        self.says(0, "has left", "drain", "--linac", LINAC, "--force")
        self.assertEqual(0, self.site.agent.stop(40))
        self.assertEqual([], [lock for lock in LOCKS if self.site.is_held(lock)])
        self.assertEqual(["fin"], self.clients())

    def test_processes_of_others_whose_numbers_are_in_the_status_files_get_no_signal(self):
        self.site.agent.stop(40)
        strangers = {}
        for name, file in FILES.items():
            strangers[name] = subprocess.Popen(["sleep", "600"])
            self.addCleanup(strangers[name].wait)
            self.addCleanup(strangers[name].kill)
            told = json.loads((self.site.spool / file).read_text())
            (self.site.spool / file).write_text(json.dumps({**told, "pid": strangers[name].pid}))
        self.says(1, "no forwarder runs", "status")
        self.says(0, "no listener runs", "drain", "--linac", LINAC, "--force")
        self.says(1, "no icom-agent run is there", "resume", "--linac", LINAC)
        self.says(1, "no icom-agent run looks after", "upgrade")
        self.says(0, "nothing of the site nbcc runs any more", "stop")
        self.assertEqual(dict.fromkeys(FILES), {name: one.poll() for name, one in strangers.items()})

    def test_sockets_of_others_in_the_channels_places_hold_up_no_command_and_give_way_when_they_are_dead(self):
        for name, file in SOCKETS.items():
            with self.subTest(name):
                place = self.site.spool / file
                with socket.socket(socket.AF_UNIX) as stranger:
                    place.unlink()
                    stranger.bind(os.path.relpath(place))
                    stranger.listen(64)
                    self.says(1, STOP_REFUSES, "stop")
                    self.says(0, LINAC, "status")
                    if name == "icom-agent":
                        self.says(1, "has not answered in time", "upgrade")
                    if name == "icom-listen":
                        self.says(1, "the listener has broken off", "drain", "--linac", LINAC, "--force")
                self.wait_until_well()
                self.wait_for(lambda: self.site.command("upgrade", seconds=60).returncode == 0, 60, "they answer again")
        self.says(0, "has left", "drain", "--linac", LINAC, "--force")
        self.assertEqual(["fin"], self.clients())


if __name__ == "__main__":
    unittest.main()
