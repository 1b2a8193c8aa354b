"""Hosts as network namespaces, and the lines between them. The run's own namespace is the hosting site."""

import json
import subprocess
import sys
from pathlib import Path

HOSTING_ADDRESS = "10.77.0.1"


def _ip(*arguments, inside=()):
    subprocess.run([*inside, "ip", *map(str, arguments)], check=True)


class Host:
    """A network namespace; `inside` is what a Process needs to run in it."""

    def __init__(self, folder, name):
        file = Path(folder) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        subprocess.run(["unshare", f"--net={file}", "true"], check=True)
        self.name = name
        self.file = file
        self.inside = ["nsenter", f"--net={file}"]
        _ip("link", "set", "lo", "up", inside=self.inside)

    def let_go(self):
        """It is gone when the last process in it is."""
        subprocess.run(["umount", self.file], check=True)
        self.file.unlink()


class NextDoor:
    """Another host of a site, on a line to the site's own. Nothing disturbs that line."""

    SITES_ADDRESS = "10.78.0.1"
    OWN_ADDRESS = "10.78.0.2"

    def __init__(self, folder, site):
        """`site`: its host."""
        self.host = Host(folder, f"{site.name}-next")
        near, far = f"{site.name}-lan", f"{site.name}-next"
        _ip("link", "add", near, "netns", site.file, "type", "veth", "peer", "name", far, "netns", self.host.file)
        for host, device, address in ((site, near, self.SITES_ADDRESS), (self.host, far, self.OWN_ADDRESS)):
            _ip("address", "add", f"{address}/30", "dev", device, inside=host.inside)
            _ip("link", "set", device, "up", inside=host.inside)


class Lines:
    """A line from each site's host to the hosting site, as good or bad as asked for."""

    def __init__(self, sites, seed):
        """`sites`: the hosts."""
        devices = {site.name: (f"{site.name}-wan", f"to-{site.name}") for site in sites}
        self._wire = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.wire", str(seed), *(":".join((name, *two)) for name, two in devices.items())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, start_new_session=True)
        if self._wire.stdout.readline().strip() != "ready":
            raise RuntimeError("the line's process did not start")
        _ip("link", "set", "lo", "up")
        _ip("address", "add", f"{HOSTING_ADDRESS}/32", "dev", "lo")
        for number, site in enumerate(sites, 1):
            near, far = devices[site.name]
            address = f"10.77.{number}.2"
            _ip("link", "set", near, "netns", site.file)
            _ip("address", "add", address, "dev", near, inside=site.inside)
            _ip("link", "set", near, "up", inside=site.inside)
            _ip("route", "add", HOSTING_ADDRESS, "dev", near, "src", address, inside=site.inside)
            _ip("link", "set", far, "up")
            _ip("route", "add", address, "dev", far, "src", HOSTING_ADDRESS)

    def set(self, site, ways=("up", "down"), **quality):
        """How the line of `site` is from now on; wire.Quality tells what can be said. Nothing: good."""
        for way in ways:
            self._wire.stdin.write(json.dumps({"line": site, "way": way, **quality}) + "\n")

    def counts(self):
        """{"SITE up": {"carried": packets, ...}}"""
        self._wire.stdin.write('{"counts": true}\n')
        return json.loads(self._wire.stdout.readline())

    def stop(self):
        self._wire.kill()
        self._wire.wait(timeout=10)
