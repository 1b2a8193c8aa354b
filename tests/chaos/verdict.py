"""After the disturbances: the comparison, and the summary that is printed."""

import contextlib
import sqlite3
from collections import Counter

from . import account, undisturbed
from .stream import Stream

HOLE = 5          # an event's kind: common/icom/stream_entry.hpp
TIMES_SHOWN = 8  # of differences of one kind


class Verdict:
    def __init__(self, scene):
        self._scene = scene
        self._wrong = list(scene.failures)
        self._rows = []
        self._conduct = []
        self._lines = []

    @property
    def passed(self):
        return not self._wrong

    def compare(self):
        scene = self._scene
        undisturbed.wait_for_archive(scene.hosting)
        ledger = scene.hosting.ledger()
        frames, files = {}, {}
        for plan, linac in ((plan, linac) for plan in scene.plans for linac in scene.linacs if linac.serial == plan.serial):
            stream = Stream(scene.programs, scene.folder / "streams", plan, linac.report())
            rows = linac.sent()
            sent = set(row.identity for row in rows)
            stored = scene.hosting.stored_frames(plan.serial)
            gaps = recorded_gaps(scene.hosting, plan.serial)
            given_up = told_given_up(scene.hosting, plan.serial)
            excused = account.on_their_way(rows, scene.killed[plan.serial])
            self._add(plan.serial, account.differences(stream.frames, sent, stored, gaps, given_up, excused))
            files[plan.serial] = scene.folder / "streams" / f"{plan.serial}.received"
            frames[plan.serial] = stream.pick(stored, files[plan.serial])
            stream.remove()
            self._rows.append(self._row(plan, stream.frames, rows, sent, stored, gaps, given_up, excused,
                                        ledger.get((plan.site, plan.serial), {}), len(linac.report()["clock_set"])))
            self._judge_conduct(linac)
        self._wrong += undisturbed.archive_differences(scene.hosting, frames, files)
        self._compare_with_undisturbed(frames, files)
        self._lines = [f"  {name}: " + ", ".join(f"{count} {what}" for what, count in counts.items() if count)
                       for name, counts in scene.lines.counts().items()]

    def _add(self, serial, wrong):
        self._wrong += [f"Linac {serial}: {text}" for text in wrong[:TIMES_SHOWN]]
        if len(wrong) > TIMES_SHOWN:
            self._wrong.append(f"Linac {serial}: and {len(wrong) - TIMES_SHOWN} more")

    def _compare_with_undisturbed(self, frames, files):
        scene = self._scene
        received = {}
        for plan in scene.plans:
            if frames[plan.serial]:
                received.setdefault(plan.site, {})[plan.serial] = files[plan.serial]
        reference = undisturbed.Undisturbed(scene.programs, scene.folder / "undisturbed", received)
        try:
            reference.run({serial: len(made) for serial, made in frames.items() if made})
            for serial in frames:
                if reference.hosting.stored_frames(serial) != scene.hosting.stored_frames(serial):
                    self._wrong.append(f"Linac {serial}: stored in another order than without disturbances")
            self._wrong += undisturbed.record_differences(scene.hosting, reference.hosting)
            self._records = scene.hosting.records()
        finally:
            reference.stop()

    def _row(self, plan, made, rows, sent, stored, gaps, given_up, excused, ledger, clock_set):
        in_store = set(stored)
        return {
            "Linac": plan.serial,
            "made": len(made),
            "sent": len(sent),
            "stored": len(stored),
            "twice": len(stored) - len(in_store),
            "replayed": sum(row.kind == "replay" for row in rows),
            "duplicates": ledger.get("duplicates", 0),
            "gaps": len(gaps),
            "on the way": len(excused - in_store),
            "given up": given_up,
            "clock set": sum(jump <= made[-1].number for jump in plan.jumps) + clock_set,
        }

    def _judge_conduct(self, linac):
        """A treatment that would not have been recorded is a failure unless the listener was killed just then."""
        report = linac.report()
        clients = {client["client"]: client for client in report["clients"]}
        for client in clients.values():
            if client["stopped_reading"] or client["backlog_overflowed"] or client["bytes_received"]:
                self._wrong.append(f"Linac {linac.serial}: client {client['client']} stopped reading, or sent something")
            if client["closed_by"] == "reset" and not self._killed(linac, client):
                self._wrong.append(f"Linac {linac.serial}: client {client['client']} was closed by a reset, and nobody had killed it")
        excused = 0
        for one in report["not_recorded"]:
            if one["reason"] == "reset" and self._killed(linac, clients[one["client"]]):
                excused += 1
            else:
                self._wrong.append(f"Linac {linac.serial}: a treatment would not have been recorded: {one['reason']}")
        killed = [client for client in clients.values() if self._killed(linac, client)]
        self._conduct.append(f"  {linac.serial}: {len(clients)} clients, {endings(clients.values())}; "
                             f"longest stall {max((client['longest_stall_ms'] for client in clients.values()), default=0)} ms; "
                             f"treatments not recorded: {len(report['not_recorded'])}"
                             + (f"\n        of these, by kill -9 of the listener: {len(killed)} clients, {endings(killed)}; "
                                f"treatments not recorded: {excused}" if killed else ""))

    def _killed(self, linac, client):
        """Whether it went when its listener was killed."""
        gone = client["disconnected_us"]
        return gone is not None and any(0 <= gone - kill < 2_000_000 for kill in self._scene.killed[linac.serial])

    def show(self, done):
        print("\ndisturbances")
        for kind, count in sorted(done.items()):
            print(f"  {kind:32} {count:4}")
        print(f"  {'in all':32} {sum(done.values()):4}")
        print("\nframes")
        print("".join(f"{name:>11}" for name in self._rows[0]))
        for row in self._rows:
            print("".join(f"{value:>11}" for value in row.values()))
        print(f"\nrecords: {len(self._records)}, of these {sum(one['complete'] for one in self._records)} complete, "
              f"{sum(bool(one['archive_file']) for one in self._records)} with a file in the archive; "
              f"{sum(one['revision'] > 1 for one in self._records)} were rewritten when late frames came")
        print("\nwhat the Linacs saw of their clients")
        print("\n".join(self._conduct))
        print("\npackets on the lines")
        print("\n".join(self._lines))
        print()
        if self.passed:
            print("PASS", flush=True)
            return
        print("FAIL")
        for text in self._wrong:
            print(f"  {text}")


def endings(clients):
    """How many were closed in which way, for people."""
    counts = Counter(client["closed_by"] for client in clients)
    return "closed by " + ", ".join(f"{how} {count}" for how, count in sorted(counts.items()))


def _rows(hosting, query, *values):
    with contextlib.closing(sqlite3.connect(f"file:{hosting.store / 'icom.db'}?mode=ro", uri=True)) as database:
        return database.execute(query, values).fetchall()


def recorded_gaps(hosting, serial):
    return [account.Gap(*row) for row in _rows(
        hosting, "SELECT epoch, from_time, from_counter, to_epoch, to_time, to_counter, kind, missing "
                 "FROM gap JOIN linac ON linac.id = gap.linac WHERE serial = ?", serial)]


def told_given_up(hosting, serial):
    """Frames that the agent said to have given up, by its hole entries (docs/storage.md, "The spool")."""
    holes = _rows(hosting, "SELECT event.bytes FROM event JOIN linac ON linac.id = event.linac WHERE serial = ? AND event.kind = ?",
                  serial, HOLE)
    return sum(int.from_bytes(content[:8], "little") for (content,) in holes)
