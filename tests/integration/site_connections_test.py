"""When each site was connected last, as `icom-gateway sites` tells it: while it is, after it has gone, and after a restart of the gateway."""

import unittest

from tests.lab.case import LabCase
from tests.lab.site_file import write_site_file


class SiteConnections(LabCase):
    def setUp(self):
        super().setUp()
        self.hosting = self.hosting_site()
        self.simulator = self.linac("4299", "--speed", "10", "--seed", "1")
        self.site = self.agent_site("nbcc", self.hosting, {"4299": self.simulator.address})
        self.hosting.new_token("rccc")
        write_site_file(self.hosting, "rccc", {"2619": "192.168.100.200"})

    def listed(self, name="nbcc"):
        return {one["site"]: one for one in self.hosting.command_objects("sites")}[name]

    def wait_for_site(self, connected):
        return self.wait_for(lambda: self.listed() if self.listed()["connected"] is connected else None, 60, f"connected is {connected}")

    def test_a_site_is_listed_while_it_is_connected_and_after_and_across_a_restart(self):
        self.hosting.start()
        self.assertIsNone(self.listed()["last_connected"])
        self.site.start_parts()
        here = self.wait_for_site(True)
        self.assertEqual(["4299"], here["linacs"])
        self.assertTrue(here["connected_since_utc"].endswith("Z"))
        self.assertIn("yes", self.hosting.command("sites"))
        never = self.listed("rccc")
        self.assertIs(never["connected"], False)
        self.assertIsNone(never["last_connected_utc"])

        self.assertEqual(0, self.hosting.gateway.stop())
        gone = self.listed()
        self.assertIs(gone["connected"], False)
        self.assertIsNone(gone["connected_since"])
        self.assertGreaterEqual(gone["last_connected_utc"], here["connected_since_utc"])

        self.hosting.start_gateway()
        again = self.wait_for_site(True)
        self.assertGreaterEqual(again["connected_since_utc"], here["connected_since_utc"])

    def test_a_gateway_that_was_killed_leaves_nobody_connected(self):
        self.hosting.start()
        self.site.start_parts()
        self.wait_for_site(True)
        self.hosting.gateway.kill()
        self.assertIs(self.listed()["connected"], False)
        self.assertIsNotNone(self.listed()["last_connected"])


if __name__ == "__main__":
    unittest.main()
