# SPDX-License-Identifier: MIT
"""
A network of two machines and a bad cable between them, all on this one: two network namespaces, each with a TUN interface, and
this process carries the packets from one to the other, or loses them, or is slow about it. Both TCPs are the kernel's own.

Not netem: kernels of small boards and of test machines often come without it, and then nothing would be tested.
"""
import array
import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import sys
import threading
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
NAME = "line0"
HERE, THERE = "10.83.0.1", "10.83.0.2"


class End:
    """One of the two machines: a namespace that lives as long as its process."""

    def __init__(self, address, peer):
        ours, theirs = socket.socketpair()
        self.process = subprocess.Popen(
            ["unshare", "--net", sys.executable, os.path.abspath(__file__), str(theirs.fileno()), address, peer],
            pass_fds=[theirs.fileno()], stdin=subprocess.PIPE,
        )
        theirs.close()
        ours.settimeout(10)
        data, control, _, _ = ours.recvmsg(1, socket.CMSG_SPACE(4))
        assert data, "no namespace, or no TUN interface"
        descriptors = array.array("i")
        descriptors.frombytes(control[0][2][:4])
        self.tun = descriptors[0]
        ours.close()

    @property
    def around(self):
        """A command that puts the program after it on this machine."""
        return ["nsenter", f"--net=/proc/{self.process.pid}/ns/net"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        os.close(self.tun)


class BadLink:
    """.here and .there are the ends; .loss (0 to 1) and .delay_s hold in each direction and may change at any time."""

    def __init__(self, seed=1):
        self.loss, self.delay_s = 0.0, 0.0
        self.rng, self.ended = random.Random(seed), False
        self.carried = self.dropped = 0
        self.here, self.there = End(HERE, THERE), End(THERE, HERE)
        self.thread = threading.Thread(target=self.carry, daemon=True)
        self.thread.start()

    def carry(self):
        others, waiting, number = {self.here.tun: self.there.tun, self.there.tun: self.here.tun}, [], 0
        while not self.ended:
            left_s = max(0.0, waiting[0][0] - time.monotonic()) if waiting else 0.1
            for tun in select.select(list(others), [], [], min(left_s, 0.1))[0]:
                packet = os.read(tun, 65536)
                if self.rng.random() < self.loss:
                    self.dropped += 1
                    continue
                number += 1
                heapq.heappush(waiting, (time.monotonic() + self.delay_s, number, others[tun], packet))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, tun, packet = heapq.heappop(waiting)
                os.write(tun, packet)
                self.carried += 1

    def close(self):
        self.ended = True
        self.thread.join()
        self.here.close()
        self.there.close()


def missing():
    """Why there can be no such link here; None where there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "there is no /dev/net/tun"
    if subprocess.run(["unshare", "--net", "ip", "link"], capture_output=True).returncode != 0:
        return "no network namespace can be made, or iproute2 is not installed"
    return None


def main(number, address, peer):
    """Inside the namespace: makes the interface, hands it over, and waits for its end."""
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", NAME.encode(), IFF_TUN | IFF_NO_PI))
    for words in (["link", "set", "lo", "up"], ["addr", "add", address, "peer", peer, "dev", NAME], ["link", "set", NAME, "up"]):
        subprocess.run(["ip", *words], check=True)
    with socket.socket(fileno=number) as channel:
        channel.sendmsg([b"!"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [tun]))])
    sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
