# SPDX-License-Identifier: MIT
"""The MQTT sink alone (tests/unit/mqtt-probe.c) and a stand-in for what lies between it and the broker."""
import json
import os
import pathlib
import select
import socket
import subprocess
import threading
import time

import harness

PROBE = harness.BUILD / "tests/unit/mqtt-probe"

# What a test may wait for: the first tries after an outage come soon, and refused credentials are tried again soon.
QUICK = {"backoff_min_ms": 50, "backoff_max_ms": 200, "refused_ms": 200}


class Probe:
    def __init__(self, folder, port, env=None, **options):
        self.log_path = pathlib.Path(folder) / "probe.log"
        arguments = [f"{key}={value}" for key, value in {"port": port, **QUICK, **options}.items()]
        self.process = subprocess.Popen(
            [PROBE, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(self.log_path, "wb"),
            text=True, env={**os.environ, **(env or {})},
        )

    def newest(self, topic, payload, rank=4):
        self.say(f"newest {rank} {topic} {payload}")

    def event(self, group, n):
        self.say(f'event knead/ball-1/event/{group} knead/ball-1/late/{group} {{"n":{n}}}')

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def stats(self):
        self.say("stats")
        return json.loads(self.process.stdout.readline())

    def wait_connected(self, timeout_s=10):
        harness.wait_until(lambda: self.stats()["connected"], timeout_s, f"connected; log: {self.log}")

    def wait_offline(self, timeout_s=10):
        harness.wait_until(lambda: not self.stats()["connected"], timeout_s, "the connection is lost")

    def wait_empty(self, timeout_s=10):
        harness.wait_until(lambda: self.stats()["pending"] == 0, timeout_s, "all is delivered")

    def wait_log(self, text, timeout_s=10):
        harness.wait_until(lambda: text in self.log, timeout_s, f"{text!r} in the log: {self.log}")

    @property
    def log(self):
        return self.log_path.read_text()

    @property
    def resident_kb(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")

    @property
    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def finish(self):
        """Ends the input; returns how many milliseconds the goodbye took."""
        out, _ = self.process.communicate(timeout=20)
        assert self.process.returncode == 0, self.log
        return int(out.split()[-1])

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Proxy:
    """
    Passes connections on to a port, or closes them while target is None; can cut them, swallow what the broker says, or
    speak for a broker without MQTT 5.
    """

    def __init__(self, target, refuse_5=None):
        self.target, self.refuse_5 = target, refuse_5
        self.swallow = self.closed = False
        self.levels = []  # protocol level of each CONNECT
        self.pairs = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while not self.closed:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        first = client.recv(4096)
        if not first:
            client.close()
            return
        self.levels.append(first[first.index(b"MQTT") + 4])
        if self.levels[-1] == 5 and self.refuse_5 is not None:
            client.sendall(self.refuse_5)
            client.close()
            return
        if self.target is None:
            client.close()
            return
        broker = socket.create_connection(("127.0.0.1", self.target))
        self.pairs.append((client, broker))
        try:
            broker.sendall(first)
            self.pump(client, broker)
        except OSError:
            pass

    def pump(self, client, broker):
        while True:
            for ready in select.select([client, broker], [], [])[0]:
                data = ready.recv(65536)
                if not data:
                    if (client, broker) in self.pairs:
                        client.close()
                        broker.close()
                    return
                if ready is client:
                    broker.sendall(data)
                elif not self.swallow:
                    client.sendall(data)

    def lose(self):
        """Only the sink notices: to the broker the connections look alive. Returns what ends them for the broker too."""
        lost, self.pairs = self.pairs, []
        for client, _ in lost:
            client.shutdown(socket.SHUT_RDWR)
        return lambda: [broker.shutdown(socket.SHUT_RDWR) for _, broker in lost]

    def cut(self):
        for client, broker in self.pairs:
            for end in (client, broker):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.pairs.clear()

    def close(self):
        self.closed = True
        self.cut()
        self.server.close()


def settle(seconds=0.3):
    """For what must not happen: there is nothing to wait for, so a moment is given in which it could."""
    time.sleep(seconds)
