"""kill -9 of the supervisor: the Linacs must not notice, and the next supervisor takes over what runs."""

import json
import unittest

from tests.lab.case import LabCase
from tests.lab.ports import free_port
from tests.lab.process import run_to_end
from tests.lab.site_file import write_site_file
from tests.lab.stream_client import connect_when_there


class SupervisorKilled(LabCase):
    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()
        self.linac_4299 = self.linac("4299", "--speed", "10", "--seed", "1", "--idle", "12", "--beam-frames", "20",
                                     "--wait-for-client")
        self.port = free_port()
        self.site = self.agent_site("nbcc", self.hosting, {"4299": self.linac_4299.address}, fan_out={"4299": self.port})
        self.hosting.start()
        self.site.start()
        self.site.wait_connected()
        self.wait_for(lambda: self.told("forward.json").get("connected"), 20, "the forwarder is connected")

    def told(self, name):
        try:
            return json.loads((self.site.spool / name).read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}

    def test_what_runs_goes_on_and_the_next_supervisor_takes_it_over(self):
        listener = self.told("4299/listener.json")
        forwarder = self.told("forward.json")
        self.site.agent.kill()

        self.wait_for(lambda: self.told("4299/listener.json")["frames"] > listener["frames"] + 80, 20,
                      "the listener goes on without anybody to read its log")
        self.assertEqual(forwarder["pid"], self.told("forward.json")["pid"])
        before = len(self.site.agent.output())
        self.site.agent.start()
        for line in (f"listen 4299 runs already (process {listener['pid']})", f"forward runs already (process {forwarder['pid']})",
                     "listen 4299 goes on as process", f"forward (process {forwarder['pid']}) is ended and started anew"):
            self.site.agent.wait_for_output(line, after=before)
        self.site.agent.wait_for_output("forward | ", after=before)  # nobody reads what the one of before logs
        self.wait_for(lambda: self.told("forward.json")["pid"] != forwarder["pid"], 20, "the next forwarder tells of itself")
        self.wait_for(lambda: self.told("forward.json").get("connected"), 20, "the next forwarder is connected")
        self.assertNotEqual(listener["pid"], self.told("4299/listener.json")["pid"])

        self.assertEqual(0, self.site.agent.stop(15))
        self.assertEqual(0, self.linac_4299.process.stop())
        self.assertEqual(["fin"], [client["closed_by"] for client in self.linac_4299.report()["clients"]])
        self.assert_all_stored(self.hosting, [self.linac_4299])

    def test_a_fan_out_is_started_anew_once_it_has_no_clients(self):
        client = connect_when_there(self.port)
        self._to_stop.append(client.close)
        self.wait_for(lambda: self.told("fanout.json")["ports"][0]["clients"] == 1, 20, "it has a client")
        fan_out = self.told("fanout.json")["pid"]
        self.site.agent.kill()
        before = len(self.site.agent.output())
        self.site.agent.start()
        self.site.agent.wait_for_output(f"fanout (process {fan_out}) has 1 connection open to others", after=before)
        self.site.agent.wait_for_output("forward | ", after=before)
        heard = client.received
        self.wait_for(lambda: client.received > heard + 100_000, 30, "the client goes on hearing")
        self.assertEqual(fan_out, self.told("fanout.json")["pid"])
        self.assertNotIn("fanout | ", self.site.agent.output()[before:])
        self.assertIsNone(client.ended)

        client.close()
        self.site.agent.wait_for_output(f"fanout (process {fan_out}) is ended and started anew", after=before)
        self.site.agent.wait_for_output("fanout | ", after=before)

    def test_a_linac_that_was_taken_out_meanwhile_is_left_once_no_beam_is_on(self):
        self.site.agent.kill()
        write_site_file(self.hosting, "nbcc", {}, key=self.site.key, known_hosts=self.site.known_hosts,
                        token_file=self.site.token_file, spool=self.site.spool, folder=self.site.folder)
        self.site.agent.command[self.site.agent.command.index("--site") + 1] = self.site.folder / "nbcc.yaml"
        self.assertTrue(self.site.listener_runs("4299"))
        self.site.agent.start()
        self.site.agent.wait_for_output("listen 4299 is not wanted any more")
        self.wait_for(lambda: not self.site.listener_runs("4299"), 60, "its listener has left")
        self.wait_for(lambda: self.site.is_held("fanout.lock"), 20, "a fan-out runs: one that is started anew needs a moment")
        self.assertEqual(0, self.site.agent.stop(15))
        self.assertFalse(self.site.is_held("fanout.lock"), "the fan-out is stopped though its last port was taken out meanwhile, too")
        self.assertEqual(0, self.linac_4299.process.stop())
        clients = self.linac_4299.report()["clients"]
        self.assertEqual([("fin", False)], [(one["closed_by"], one["beam_on_when_closed"]) for one in clients])

    def test_second_supervisor_is_refused(self):
        second = self.site.programs / "icom-agent"
        done = run_to_end([second, "run", "--site", self.site.yaml], 30)
        self.assertEqual(1, done.returncode)
        self.assertIn("another icom-agent", done.stderr)
        self.assertEqual(0, self.site.agent.stop(15))


if __name__ == "__main__":
    unittest.main()
