"""What the gateway would hold if nothing had happened: the frames that were received, given to a second, fresh site and gateway in
the Linac's order, with nothing in the way."""

import hashlib
import lzma
import mmap

from tests.lab.agent_site import AgentSite
from tests.lab.hosting_site import HostingSite
from tests.lab.process import wait_until
from tests.lab.tcp_server import StreamServer

# Some 20 MB/s for each Linac: a listener's disk keeps up, so its queue gives nothing up.
PIECE = 64 << 10
PAUSE = 0.003
NOT_COMPARED = ("id", "revision")
GAP_ENDS = ("from", "from_counter", "to", "to_counter")


class Undisturbed:
    def __init__(self, programs, folder, received):
        """`received`: {site: {serial: file of frames}}"""
        self.hosting = HostingSite(programs, folder / "hosting")
        self._files, self._servers, self._sites = [], [], []
        for site, linacs in received.items():
            addresses = {}
            for serial, file in linacs.items():
                with open(file, "rb") as source:
                    content = mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ)
                self._files.append(content)
                self._servers.append(StreamServer([content], piece=PIECE, pause=PAUSE).start())
                addresses[serial] = self._servers[-1].address
            self._sites.append(AgentSite(programs, folder / "agents", site, self.hosting, addresses))

    def run(self, expected):
        """`expected`: {serial: how many frames}; until they are all stored and the archive is written."""
        self.hosting.start()
        for site in self._sites:
            site.start_parts()
        deadline = 60 + sum(expected.values()) / 500
        wait_until(lambda: {key[1]: one["stored"] for key, one in self.hosting.ledger().items()} == expected,
                   deadline, f"the undisturbed gateway has stored {expected}")
        wait_for_archive(self.hosting)

    def stop(self):
        for site in self._sites:
            site.stop()
        for server in self._servers:
            server.finish()
        self.hosting.stop()
        for file in self._files:
            file.close()


def wait_for_archive(hosting, seconds=120):
    """Until every closed record that is to have a file has it."""
    wait_until(lambda: all(one["open"] or one["archive_file"] for one in hosting.records()), seconds,
               "the archive's files are written")


def records_of(hosting):
    """What is to be the same with and without disturbances, in an order that both have."""
    records = [{key: value for key, value in one.items() if key not in NOT_COMPARED}
               for one in hosting.command_objects("records", "--all") if one["frames"]]
    for one in records:
        leave_silences_out(one)
        # Where the gaps are. Why frames are missing, only the disturbed agent can tell.
        one["gap_list"] = [[gap[end] for end in GAP_ENDS] for gap in one["gap_list"]]
    return sorted(records, key=lambda one: (one["linac"], one["start"], one["end"], one["frames"]))


def leave_silences_out(record):
    """Gaps over which the counter went on. Where a whole number of its rounds was missed, the undisturbed gateway, which gets all on
    one connection, must take it for a pause of the Linac, and the disturbed one must not. Whether it is right is the account's to
    say."""
    left = [gap for gap in record["gap_list"] if (gap["from_counter"] + 1) % 256 != gap["to_counter"]]
    if len(left) < len(record["gap_list"]):
        record["gaps"] -= len(record["gap_list"]) - len(left)
        record["complete"] = not record["open"] and not left
        record["gap_list"] = left


def archive_of(hosting):
    """{relative path: SHA-256 of the unpacked content}"""
    patients = hosting.archive / "patients"
    return {str(file.relative_to(hosting.archive)): hashlib.sha256(lzma.decompress(file.read_bytes())).hexdigest()
            for file in sorted(patients.rglob("*.xz"))} if patients.exists() else {}


def record_differences(disturbed, undisturbed):
    """Both are HostingSites."""
    wrong = []
    one, other = records_of(disturbed), records_of(undisturbed)
    if len(one) != len(other):
        wrong.append(f"{len(one)} records, {len(other)} without disturbances")
    for a, b in zip(one, other):
        if a != b:
            keys = [key for key in a if a[key] != b.get(key)]
            wrong.append(f"record of {a['linac']} at {a['start']} differs in {', '.join(keys)} from the undisturbed one at {b['start']}: "
                         + "; ".join(f"{a[key]} / {b[key]}" for key in keys if not key.startswith("patient")))
            if len(wrong) > 5:
                break
    one, other = archive_of(disturbed), archive_of(undisturbed)
    for what, files in (("only with disturbances", one.keys() - other.keys()),
                        ("only without disturbances", other.keys() - one.keys()),
                        ("has other content with disturbances", {name for name in one.keys() & other.keys() if one[name] != other[name]})):
        if files:
            wrong.append(f"{len(files)} archive files are there or differ: {what}")  # their names are patients' names
    return wrong


def archive_differences(hosting, frames, files):
    """Each archive file against the frames it should be made of. `frames`: {serial: stored MadeFrames in order}; `files`: {serial:
    their bytes, one behind the other}."""
    wrong = []
    starts = {}
    for serial, made in frames.items():
        offset = 0
        for index, frame in enumerate(made):
            starts.setdefault((serial, frame.identity[0]), []).append((index, offset))
            offset += frame.size
    contents = {serial: file.read_bytes() if file.stat().st_size < 1 << 28 else _mapped(file) for serial, file in files.items()}
    for record in hosting.records():
        if not record["archive_file"]:
            continue
        serial = record["linac"]
        content = lzma.decompress((hosting.archive / record["archive_file"]).read_bytes())
        begin = record["start"].replace("T", "").replace(" ", "")
        fits = any(sum(frame.size for frame in frames[serial][index:index + record["frames"]]) == len(content)
                   and contents[serial][offset:offset + len(content)] == content
                   for index, offset in starts.get((serial, begin), []))
        if not fits:
            wrong.append(f"the archive file of record {record['id']} is not its {record['frames']} frames")
    return wrong


def _mapped(file):
    with open(file, "rb") as source:
        return mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ)
