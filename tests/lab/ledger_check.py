"""What a client of a fan-out got, byte by byte, against what the simulated Linac says that it sent."""

from .content_hash import content_hash
from .linac import read_rows


class LedgerCheck:
    """Follows both as they grow. The client may have begun at any frame; from there on every byte must be there: frames, junk and parts
    in their places, nothing else. `feed` from one thread, the rest from another."""

    def __init__(self, ledger_file):
        self._file = ledger_file
        self._lines_at = 0
        self._rows = []  # read from the ledger, not compared yet
        self._data = bytearray()
        self.begun = False
        self.messages = 0
        self.bytes = 0
        self.passed_over = 0  # messages before the client's first
        self.difference = None

    def feed(self, data):
        self._data += data

    @property
    def waiting_bytes(self):
        return len(self._data)

    @property
    def rows_left(self):
        """Of the ledger, as of the last compare()."""
        return len(self._rows)

    def compare(self):
        """Goes as far as both reach. False once there is a difference."""
        self._lines_at = read_rows(self._file, self._rows, self._lines_at)
        done = 0
        at = 0
        for row in self._rows:
            if self.difference or len(self._data) - at < row.size:
                break
            same = content_hash(self._data[at:at + row.size]) == row.hash
            done += 1
            if same:
                self.begun = True
                self.messages += 1
                self.bytes += row.size
                at += row.size
            elif not self.begun:
                self.passed_over += 1
            else:
                self.difference = (f"message {self.messages} of the client, {row.kind} of {row.size} bytes at {row.time} counter "
                                   f"{row.counter}, differs at byte {self.bytes} of its stream")
        del self._rows[:done]
        del self._data[:at]
        return self.difference is None
