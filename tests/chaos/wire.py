"""The line between each site and the hosting site: two TUN devices a site, and this process carrying packets between them.

What a router or a bad line does to packets is done here, packet by packet, and not by the kernel's netem: that is absent from many
kernels (of containers above all), cannot tell one direction from the other on one device, and draws from no seed.

    python3 -m tests.chaos.wire SEED NAME:NEAR:FAR ...      NEAR, FAR: the devices' names, at the site and at the hosting site

Prints "ready" when the devices are there; whoever started it moves them into their namespaces. Then each line of its input is a JSON
object: {"line": NAME, "way": "up" | "down", ...} sets how that way is from now on (Quality, below), {"counts": true} prints what
happened to packets so far. Ends, and its devices with it, when its input does."""

import dataclasses
import fcntl
import heapq
import json
import os
import random
import selectors
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x1001
LONGEST_PACKET = 65536
PACKETS_A_TURN = 64


@dataclasses.dataclass
class Quality:
    cut: bool = False
    delay_ms: float = 0
    loss: float = 0        # of 1
    reorder: float = 0     # of 1: so many packets come held_ms later than they should, behind others
    held_ms: float = 40
    kbit_s: float = 0      # 0: no bound
    queue: int = 64        # packets that wait for a narrow line; more are dropped, as a router does


class Way:
    """One direction of one line."""

    def __init__(self, source, target, seed):
        self.source = source
        self.quality = Quality()
        self.counts = dict.fromkeys(("carried", "lost", "cut", "reordered", "queue_full"), 0)
        self._target = target
        self._random = random.Random(seed)
        self._waiting = []      # heap of (due, order, packet)
        self._order = 0
        self._line_free = 0.0
        self._on_narrow_line = []  # when each packet that waits for the narrow line will have left

    def take(self, packet, now):
        quality = self.quality
        if quality.cut:
            self.counts["cut"] += 1
            return
        if self._random.random() < quality.loss:
            self.counts["lost"] += 1
            return
        due = now
        if quality.kbit_s:
            self._on_narrow_line = [left for left in self._on_narrow_line if left > now]
            if len(self._on_narrow_line) >= quality.queue:
                self.counts["queue_full"] += 1
                return
            self._line_free = max(now, self._line_free) + len(packet) * 8 / (quality.kbit_s * 1000)
            self._on_narrow_line.append(self._line_free)
            due = self._line_free
        due += quality.delay_ms / 1000
        if self._random.random() < quality.reorder:
            self.counts["reordered"] += 1
            due += quality.held_ms / 1000
        self._order += 1
        heapq.heappush(self._waiting, (due, self._order, packet))

    def deliver(self, now):
        while self._waiting and self._waiting[0][0] <= now:
            packet = heapq.heappop(self._waiting)[2]
            if self.quality.cut:
                self.counts["cut"] += 1
                continue
            try:
                os.write(self._target, packet)
                self.counts["carried"] += 1
            except OSError:  # the device is not up yet: nobody is there
                self.counts["lost"] += 1

    def next_due(self):
        return self._waiting[0][0] if self._waiting else None


def tun_device(name):
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN_NO_PI))
    return descriptor


def obey(text, ways):
    command = json.loads(text)
    if command.get("counts"):
        print(json.dumps({f"{line} {way}": one.counts for (line, way), one in ways.items()}), flush=True)
        return
    way = ways[command.pop("line"), command.pop("way")]
    way.quality = Quality(**command)


def carry(ways):
    selector = selectors.DefaultSelector()
    for way in ways.values():
        selector.register(way.source, selectors.EVENT_READ, way)
    os.set_blocking(sys.stdin.fileno(), False)
    selector.register(sys.stdin.fileno(), selectors.EVENT_READ, None)
    unfinished = b""
    while True:
        due = [one for one in (way.next_due() for way in ways.values()) if one is not None]
        wait = max(0.0, min(due) - time.monotonic()) if due else None
        for key, _ in selector.select(wait):
            if key.data is None:
                read = os.read(key.fd, 65536)
                if not read:
                    return
                *lines, unfinished = (unfinished + read).split(b"\n")
                for line in lines:
                    obey(line, ways)
                continue
            now = time.monotonic()
            for _ in range(PACKETS_A_TURN):
                try:
                    key.data.take(os.read(key.fd, LONGEST_PACKET), now)
                except BlockingIOError:
                    break
        now = time.monotonic()
        for way in ways.values():
            way.deliver(now)


def main():
    seed, *lines = sys.argv[1:]
    ways = {}
    for line in lines:
        name, near, far = line.split(":")
        site, hosting = tun_device(near), tun_device(far)
        ways[name, "up"] = Way(site, hosting, f"{seed} {name} up")
        ways[name, "down"] = Way(hosting, site, f"{seed} {name} down")
    print("ready", flush=True)
    carry(ways)


if __name__ == "__main__":
    main()
