"""SIGSTOP of each process of a site without a service manager: noticed, said, and replaced where somebody can."""

import os
import signal
import unittest

from tests.lab.case import LabCase
from tests.lab.ports import free_port

LINAC = "4299"
BEAM_SECONDS = 30
SPEED = 10
FILES = {"listen 4299": "4299/listener.json", "forward": "forward.json", "fanout": "fanout.json"}


class Watchdog(LabCase):
    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()
        self.linac_4299 = self.linac(LINAC, "--seed", "3", "--technique", "vmat", "--beams", "1", "--idle", "8", "--beam-frames",
                                     str(4 * SPEED * BEAM_SECONDS), "--speed", str(SPEED), "--wait-for-client")
        self.site = self.agent_site("nbcc", self.hosting, {LINAC: self.linac_4299.address}, fan_out={LINAC: free_port()}, stop_within=1)
        self.hosting.start()
        self.site.start()
        self.site.wait_connected()
        self.wait_for(lambda: (status := self.status())["well"] and status["forwarder"]["connected"], 20, "all is well")
        self.wait_for(lambda: sum(frame.patient for frame in self.linac_4299.sent()) >= SPEED * BEAM_SECONDS + 12, 60, "the beam is on")

    def status(self):
        return self.site.status()

    def pid(self, name):
        return self.site.status_file(FILES[name])["pid"]

    def clients(self):
        return [client["closed_by"] for client in self.linac_4299.report()["clients"]]

    def test_what_hangs_is_killed_and_started_again_and_the_linac_does_not_notice(self):
        for name in FILES:
            before = self.pid(name)
            os.kill(before, signal.SIGSTOP)
            self.site.agent.wait_for_output(f"{name} (process {before}) has not responded for 4 s: it hangs, and is killed")
            self.wait_for(lambda one=name, old=before: self.pid(one) != old, 20, f"another {name}")
        self.wait_for(lambda: (status := self.status())["well"] and status["forwarder"]["connected"], 20, "all is well again")
        self.assertEqual(["open"], self.clients())

    def test_a_supervisor_that_hangs_is_told_by_status_and_the_next_one_is_not_noticed(self):
        pid = self.site.agent.pid
        self.site.agent.signal(signal.SIGSTOP)
        self.wait_for(lambda: self.status()["agent"]["silent_seconds"], 20, "it is said")
        text = self.site.command("status").stdout
        self.assertIn(f"icom-agent run (process {pid}) has not responded for ", text)
        self.assertNotIn("all is well", text)
        self.assertTrue(self.status()["linacs"][0]["connected"])
        self.site.agent.kill()
        self.site.agent.start()
        self.site.agent.wait_for_output(f"listen {LINAC} goes on as process")
        self.assertEqual(["open"], self.clients())

    def test_a_listener_that_hangs_is_told_from_none_and_found_by_the_next_supervisor(self):
        """Nobody has a copy of its connection: it gets the time that the kernel can hold the stream, and wakes up within that."""
        self.site.agent.kill()
        before = self.pid("listen 4299")
        os.kill(before, signal.SIGSTOP)
        self.wait_for(lambda: self.status()["linacs"][0]["listener"]["silent_seconds"], 20, "it is said")
        text = self.site.command("status").stdout
        self.assertIn(f"Linac {LINAC}: the listener (process {before}) has not responded for ", text)
        self.assertNotIn("no listener runs", text)
        self.site.agent.start()
        self.site.agent.wait_for_output(f"listen {LINAC} (process {before}) does not respond, and nobody keeps its connection")
        os.kill(before, signal.SIGCONT)
        self.site.agent.wait_for_output(f"listen {LINAC} goes on as process")
        self.assertEqual(["open"], self.clients())

    def test_status_just_after_an_upgrade_says_that_all_is_well(self):
        for _ in range(5):
            self.assertEqual(0, self.site.command("upgrade").returncode)
            status = self.status()
            self.assertTrue(status["linacs"][0]["connected"], status["problems"])
            self.assertNotIn("probe", " ".join(status["problems"]))

    def test_nobody_is_helped_to_a_second_client(self):
        done = self.site.command("probe", self.linac_4299.address)
        self.assertEqual(1, done.returncode)
        self.assertIn("Nobody is to be its second client", done.stderr)
        self.assertEqual(["open"], self.clients())


if __name__ == "__main__":
    unittest.main()
