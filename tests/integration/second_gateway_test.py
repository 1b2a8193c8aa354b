"""Locks whose files somebody has removed by hand: nothing runs twice all the same."""

import shutil
import signal
import stat
import subprocess
import unittest

from tests.lab.case import LabCase
from tests.lab.process import Process, within


class SecondOnes(LabCase):
    def refused(self, *command):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=within(60))
        self.assertEqual(1, done.returncode, done.stderr)
        return done.stderr

    def test_a_second_gateway_does_not_run_though_the_lock_is_gone(self):
        hosting = self.hosting_site()
        hosting.start()
        (hosting.store / "icom.lock").unlink()
        self.assertIn("is in use by another icom-gateway",
                      self.refused(self.programs / "icom-gateway", "serve", "--config", hosting.config))
        self.assertEqual(0, hosting.gateway.stop())
        hosting.start_gateway()

    def test_a_sites_programs_do_not_run_twice_though_their_locks_are_gone(self):
        hosting = self.hosting_site()
        linac = self.linac("4299", "--speed", "20", "--seed", "7", "--wait-for-client")
        site = self.agent_site("nbcc", hosting, {"4299": linac.address})
        hosting.start()
        site.start()
        self.wait_for(lambda: sum(one["stored"] for one in hosting.ledger().values()) > 50, 60, "frames flow")
        locks = [site.spool / "agent.lock", site.spool / "forward.lock", site.spool / "4299" / "lock"]
        for lock in locks:
            lock.unlink()
        self.assertTrue(site.status()["linacs"][0]["listening"])
        self.assertFalse([lock for lock in locks if lock.exists()], "asking makes no file")
        self.refused(self.programs / "icom-agent", "run", "--site", site.yaml)
        self.refused(self.programs / "icom-forward", "--site", site.yaml)
        self.refused(self.programs / "icom-listen", "--linac", linac.address, "--serial", "4299", "--spool", site.spool)
        self.assertEqual(1, len(linac.report()["clients"]))

    def test_a_listener_whose_folder_another_one_has_made_anew_is_the_linacs_only_client_until_it_leaves_by_itself(self):
        hosting = self.hosting_site()
        linac = self.linac("4299", "--speed", "20", "--seed", "7", "--wait-for-client")
        site = self.agent_site("nbcc", hosting, {"4299": linac.address})
        listener = site.listeners["4299"].start()
        site.wait_connected()
        listener.signal(signal.SIGSTOP)  # or it makes the folder anew itself
        shutil.rmtree(site.spool / "4299")
        next_one = Process("the next listener", listener.command, self.folder / "next.log")
        self._to_stop.append(next_one.stop)
        next_one.start()
        next_one.wait_for_output("a program of this machine is connected to it already")
        self.wait_for(lambda: "nobody is to be its second client" in site.status_file("4299/listener.json").get("last_failure", ""),
                      20, "its status says why")
        self.assertFalse(site.status_file("4299/listener.json")["connected"])
        self.wait_for(lambda: len(linac.report()["clients"]) == 1, 20, "its one client")
        listener.signal(signal.SIGCONT)
        self.assertEqual(0, listener.wait(60))
        self.assertIn("another listener has made it anew", listener.output())
        site.wait_connected()
        self.wait_for(lambda: [one["closed_by"] for one in linac.report()["clients"]] == ["fin", "open"], 20, "one after the other")
        self.assertEqual(1, next_one.output().count("a program of this machine is connected to it already"))

    def test_what_the_gateway_and_the_agent_make_is_for_owner_and_group_with_no_umask(self):
        hosting = self.hosting_site()
        linac = self.linac("4299", "--speed", "60", "--seed", "7", "--idle", "2", "--beam-frames", "20", "--wait-for-client")
        site = self.agent_site("nbcc", hosting, {"4299": linac.address})
        for process in (hosting.gateway, site.agent):
            process.command[:0] = ["sh", "-c", 'umask 000; exec "$@"', "sh"]
        hosting.start()
        site.start()
        self.wait_for(lambda: [one for one in hosting.records() if one["archive_file"]], 60, "an archived record")
        for top in (hosting.store, hosting.archive, site.spool):
            for made in (top, *top.rglob("*")):
                try:
                    mode = made.lstat().st_mode
                except FileNotFoundError:
                    continue  # a file that was being written has its name now
                self.assertEqual(0, stat.S_IMODE(mode) & 0o027, f"{made}: {stat.filemode(mode)}")


if __name__ == "__main__":
    unittest.main()
