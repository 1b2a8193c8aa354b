"""A machine that is set back to a snapshot of its disk and its memory.

The memory is what matters: the listener that comes back goes on with its run, at the position where it was when the snapshot was made,
and so gives numbers anew that the gateway has of entries that are gone at the site. No memory is restored here. A listener beside it
records into a folder of its own, and what it recorded is put into the spool as what the one that came back would have written."""

import shutil
import signal
import time
from pathlib import Path

from tests.lab import spool_file
from tests.lab.process import Process, wait_until

from . import processes

RECORDED = 20  # entries, in any case: fewer or more than the gateway has, as it comes


class Snapshot:
    """Of the spools of a site's Linacs, made at once."""

    def __init__(self, site):
        self._site = site
        self._folder = site.agent.folder / "snapshot"
        shutil.rmtree(self._folder, ignore_errors=True)
        listeners = site.listeners()
        processes.send(listeners, signal.SIGSTOP)  # so that each copy is whole; for milliseconds
        try:
            for linac in site.linacs:
                shutil.copytree(site.agent.spool / linac.serial, self._folder / linac.serial,
                                ignore=lambda _, names: [name for name in names if not name.endswith(".spool")])
        finally:
            processes.send(listeners, signal.SIGCONT)

    def revert_and_go_on(self, seconds):
        """The site's agent must be down. Returns what came back, for people."""
        recorders = [_Recorder(self._site, linac) for linac in self._site.linacs]
        time.sleep(seconds)  # the disturbance itself: how long the machine that was set back runs without being connected
        told = []
        for linac, recorder in zip(self._site.linacs, recorders):
            entries = recorder.finish()
            spool, copy = self._site.agent.spool / linac.serial, self._folder / linac.serial
            last = spool_file.read_entries(copy)[-1]
            for segment in spool_file.segments(spool):
                segment.unlink()
            for segment in spool_file.segments(copy):
                shutil.copy2(segment, spool)
            number = int(spool_file.segments(copy)[-1].stem) + 1
            spool_file.write_segment(spool, number, spool_file.renumbered(entries, last.run, last.seq + 1))
            told.append(f"{linac.serial} goes on at {last.seq + 1} with {len(entries)} entries")
        return "set back: " + ", ".join(told)


class _Recorder:
    """A listener of the site, with a spool that nobody forwards."""

    def __init__(self, site, linac):
        self._spool = Path(site.agent.folder) / "recorded"
        self._serial = linac.serial
        shutil.rmtree(self._spool / linac.serial, ignore_errors=True)
        self._process = Process(f"recorder {linac.serial}",
                                [site.agent.programs / "icom-listen", "--linac", linac.address, "--serial", linac.serial,
                                 "--spool", self._spool], site.agent.folder / f"recorder-{linac.serial}.log", inside=site.host.inside)
        self._process.start()

    def finish(self):
        wait_until(lambda: len(self._entries()) >= RECORDED, 20, f"Linac {self._serial} is recorded")
        self._process.stop()
        return self._entries()

    def _entries(self):
        folder = self._spool / self._serial
        return spool_file.read_entries(folder) if folder.exists() else []
