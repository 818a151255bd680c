#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What else there is in the house, inside the container.

house.py names                a name server on 127.0.0.1: every A record in house.example is 127.0.0.1, nothing else exists
house.py bridge PORT          a serial bridge: a ball on TCP
house.py plug LINK            a ball on a pseudo-terminal; LINK goes with it when it is ended
house.py listening PID        prints each listening or bound socket of a process
"""
import grp
import os
import pathlib
import pty
import signal
import socket
import sys
import time
import tty

import ball

TCP_LISTEN = "0A"
UDP_UNCONNECTED = "07"
UNIX_ACCEPTS = 1 << 16


def sleep(seconds):
    time.sleep(seconds)
    return False


def answer(query):
    """The answer to a DNS query of one question."""
    end = query.index(b"\0", 12) + 5
    name, kind = query[12:end - 5].lower(), query[end - 4:end - 2]
    known = name.endswith(b"\x05house\x07example")
    record = b"\xc0\x0c\0\x01\0\x01\0\0\0\0\0\x04\x7f\0\0\x01" if known and kind == b"\0\x01" else b""
    flags = b"\x81\x80" if known else b"\x81\x83"
    return query[:2] + flags + b"\0\x01" + (b"\0\x01" if record else b"\0\0") + b"\0\0\0\0" + query[12:end] + record


def names():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    while True:
        query, who = server.recvfrom(512)
        server.sendto(answer(query), who)


def bridge(port):
    server = socket.create_server(("127.0.0.1", int(port)))
    while True:
        client, _ = server.accept()
        try:
            ball.play(client.sendall, sleep)
        except OSError:
            client.close()


def plug(link):
    host, device = pty.openpty()
    tty.setraw(device)
    os.set_blocking(host, False)
    node = os.ttyname(device)
    os.chown(node, 0, grp.getgrnam("dialout").gr_gid)
    os.chmod(node, 0o660)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

    def send(data):
        try:
            os.write(host, data)
        except BlockingIOError:
            pass  # nobody listens yet

    os.symlink(node, link)
    try:
        ball.play(send, sleep)
    finally:
        os.unlink(link)


def listening(pid):
    inodes = set()
    for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        target = os.readlink(fd)
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    for kind in ("tcp", "tcp6", "udp", "udp6"):
        table = pathlib.Path(f"/proc/{pid}/net/{kind}")
        for line in table.read_text().splitlines()[1:] if table.exists() else []:
            words = line.split()
            if words[9] in inodes and words[3] in (TCP_LISTEN, UDP_UNCONNECTED):
                print(kind, words[1])
    for line in pathlib.Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]:
        words = line.split()
        if words[6] in inodes and (int(words[3], 16) & UNIX_ACCEPTS or len(words) > 7):
            print("unix", *words[7:])
    print("sockets", len(inodes))


if __name__ == "__main__":
    {"names": names, "bridge": bridge, "plug": plug, "listening": listening}[sys.argv[1]](*sys.argv[2:])
