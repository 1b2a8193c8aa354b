"""What a site's operator types: run, status, probe."""

import json
import os
import unittest

from tests.lab.case import LabCase
from tests.lab.process import run_to_end


class AgentCommands(LabCase):
    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()
        self.linacs = [self.linac(serial, "--speed", "10", "--seed", serial, "--idle", "12", "--beam-frames", "20",
                                  "--wait-for-client") for serial in ("4299", "9183")]
        self.site = self.agent_site("nbcc", self.hosting, {one.serial: one.address for one in self.linacs})

    def agent(self, *arguments):
        return run_to_end([self.programs / "icom-agent", *arguments], 30)

    def test_run_holds_listeners_and_forwarder_and_stops_them_cleanly(self):
        self.hosting.start()
        self.site.start()
        self.site.wait_connected()
        self.wait_for(lambda: len(self.hosting.ledger()) == 2, 30, "both Linacs are at the gateway")
        self.assertEqual(0, self.site.agent.stop(15))
        for linac in self.linacs:
            self.assertEqual(0, linac.process.stop())
            self.assertEqual(["fin"], [client["closed_by"] for client in linac.report()["clients"]])
        self.assert_all_stored(self.hosting, self.linacs)

    def test_a_killed_listener_and_a_killed_forwarder_are_started_again(self):
        self.hosting.start()
        self.site.start()
        self.site.wait_connected()
        listener = self.site.spool / "4299" / "listener.json"
        before = json.loads(listener.read_text())["pid"]
        os.kill(before, 9)
        self.wait_for(lambda: json.loads(listener.read_text())["pid"] != before, 20, "a new listener")
        self.wait_for(lambda: json.loads(listener.read_text())["connected"], 20, "which is connected")

        forwarder = self.site.spool / "forward.json"
        self.wait_for(forwarder.exists, 20, "the forwarder tells its state")
        pid = json.loads(forwarder.read_text())["pid"]
        os.kill(pid, 9)
        self.wait_for(lambda: json.loads(forwarder.read_text())["pid"] != pid, 20, "a new forwarder")
        stored = self.hosting.ledger()[("nbcc", "9183")]["stored"]
        self.wait_for(lambda: self.hosting.ledger()[("nbcc", "9183")]["stored"] > stored, 30, "which forwards")

    def test_status_tells_good_from_bad_by_its_exit_code(self):
        self.assertEqual(1, self.agent("status", "--site", self.site.yaml).returncode)
        self.hosting.start()
        self.site.start()
        self.site.wait_connected()
        self.wait_for(lambda: self.agent("status", "--site", self.site.yaml).returncode == 0, 20, "all is well")
        text = self.agent("status", "--site", self.site.yaml).stdout
        self.assertIn("4299", text)
        self.assertIn("9183", text)
        json.loads(self.agent("status", "--site", self.site.yaml, "--json").stdout)

    def test_status_beside_a_broken_file_says_whether_recording_goes_on(self):
        right = self.site.yaml.read_text()
        broken = right.replace("timezone:", "timezoen:")
        self.site.yaml.write_text(broken)
        done = self.agent("status", "--site", self.site.yaml)
        self.assertEqual(2, done.returncode)
        self.assertIn("did you mean timezone?", done.stderr)
        self.assertIn("what does not run is not started", done.stderr)
        self.site.yaml.write_text(right)
        self.site.start()
        self.site.wait_connected()
        self.wait_for((self.site.spool / "site.running.yaml").exists, 20, "the agent tells what it works with")
        wrong = {broken: "did you mean timezone?", right.replace("  host:", "\thost:"): "there is a tab",
                 right.replace("  user:", "   user:"): "begin in the same column", right.replace("linacs:", "linacs: ["): "a closing ]"}
        for text, words in wrong.items():
            self.site.yaml.write_text(text)
            done = self.agent("status", "--site", self.site.yaml)
            self.assertEqual(2, done.returncode)
            self.assertIn(words, done.stderr)
            self.assertRegex(done.stderr, r"recording goes on: icom-agent run \(process \d+\) works with the settings of before, "
                                          r"read at \d{4}-\d\d-\d\dT.*It must not be restarted before that")
            self.assertRegex(done.stdout, r"(?m)^4299 +yes")
            self.assertIn("! the site's file has an error", done.stdout)
            told = json.loads(self.agent("status", "--site", self.site.yaml, "--json").stdout)
            self.assertEqual(["4299", "9183"], [one["serial"] for one in told["linacs"]])
            self.assertIn(f"the site's file has an error ({self.site.yaml}:", told["problems"][0])  # the first one

    def test_status_without_the_file_says_that_recording_goes_on_and_how_to_have_the_file_back(self):
        self.site.start()
        self.site.wait_connected()
        running = self.site.spool / "site.running.yaml"
        self.wait_for(running.exists, 20, "the agent tells what it works with")
        right = self.site.yaml.read_text()
        self.site.yaml.unlink()
        done = self.agent("status", "--site", self.site.yaml)
        self.assertEqual(2, done.returncode)
        self.assertNotIn("not enrolled", done.stderr)
        self.assertRegex(done.stderr, r"recording goes on: icom-agent run \(process \d+\).*It must not be restarted before that")
        self.assertRegex(done.stdout, r"(?m)^4299 +yes")
        back = f"cp -p {running} {self.site.yaml}"
        self.assertIn(back, done.stderr)
        self.assertEqual(0, run_to_end(["sh", "-c", back], 10).returncode)
        self.assertEqual(right, self.site.yaml.read_text())
        self.wait_for(lambda: self.agent("status", "--site", self.site.yaml).returncode != 2, 20, "the file is used")

    def test_an_upgrade_says_what_it_has_looked_at_where_there_is_nothing_to_do(self):
        site = self.agent_site("rccc", self.hosting, {})
        site.start()
        self.wait_for(lambda: site.status_file("agent.json").get("site") == "rccc", 20, "the agent runs")
        self.wait_for((site.spool / "forward.json").exists, 20, "the forwarder runs")
        done = self.agent("upgrade", "--site", site.yaml)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("looked at 0 listeners, the forwarder and the fan-out", done.stdout)

    def test_status_tells_of_a_site_that_was_renamed_while_it_runs(self):
        self.site.start()
        self.site.wait_connected()
        renamed = self.site.folder / "site.yaml"
        renamed.write_text(self.site.yaml.read_text().replace("site: nbcc", "site: other"))
        self.wait_for(lambda: self.site.status_file("agent.json").get("site") == "nbcc", 20, "the agent tells its site")
        done = self.agent("status", "--site", renamed)
        self.assertEqual(1, done.returncode)
        self.assertIn("the site's file says site: other, and icom-agent run", done.stdout)
        self.assertIn("goes on as site nbcc", done.stdout)

    def test_resume_where_nothing_runs_says_so(self):
        done = self.agent("resume", "--site", self.site.yaml, "--linac", "4299")
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertIn("no icom-agent run is there", done.stdout)

    def test_probe_shows_the_stream_and_leaves_with_fin(self):
        done = self.agent("probe", self.linacs[0].address, "--json")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertGreater(json.loads(done.stdout)["frames"], 5)
        self.assertEqual(0, self.linacs[0].process.stop())
        self.assertEqual(["fin"], [client["closed_by"] for client in self.linacs[0].report()["clients"]])

    def test_probe_compares_the_clocks_in_the_zone_of_the_sites_file(self):
        zones = {"": "Australia/Sydney", "--timezone=Asia/Kolkata": "Asia/Kolkata"}
        for given, zone in zones.items():
            done = self.agent("probe", self.linacs[0].address, "--site", self.site.yaml, "--seconds", "1", *given.split())
            self.assertEqual(0, done.returncode, done.stderr)
            self.assertRegex(done.stdout, rf"clock .*\(in {zone}\)")

    def test_probe_of_a_linac_that_a_program_of_this_machine_has_is_refused_whoever_asks(self):
        self.site.start()
        self.site.wait_connected()
        missing = self.site.yaml.with_name("missing.yaml")
        for words in ([], ["--site", missing], ["--site", self.site.yaml]):
            done = self.agent("probe", self.linacs[0].address, *words)
            self.assertEqual(1, done.returncode, done.stdout)
            self.assertIn("second client", done.stderr)
        self.assertEqual(0, self.site.agent.stop(15))
        self.assertEqual(0, self.linacs[0].process.stop())
        self.assertEqual(1, len(self.linacs[0].report()["clients"]))

    def test_probe_of_a_silent_address_fails_and_says_why(self):
        port = self.linacs[0].port
        self.linacs[0].process.stop()
        done = self.agent("probe", f"127.0.0.1:{port}")
        self.assertEqual(1, done.returncode)
        self.assertIn(str(port), done.stderr)


if __name__ == "__main__":
    unittest.main()
