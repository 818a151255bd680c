# SPDX-License-Identifier: MIT
"""What the end-to-end tests share: the built programs, a private broker, an independent subscriber, a daemon."""
import json
import os
import pathlib
import queue
import signal
import socket
import subprocess
import time

import paho.mqtt.client as mqtt

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("KNEAD_BUILD_ROOT", TOP / "build"))
KNEAD = BUILD / "src/tool/knead"
KNEADD = BUILD / "src/app/kneadd"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(condition, timeout_s, what):
    """Polls for what happens in another process; returns what condition returned. Fails naming what did not happen."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"within {timeout_s} s: {what}")
        time.sleep(0.01)
    return value


def stop(process, timeout_s=10):
    """Asks a process to end, then makes it; returns its exit status."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


class Broker:
    """
    A mosquitto on a free loopback port; may be stopped and started again on the same one. around: as for Daemon; path: of a
    socket to look at, where the port is on another network.
    """

    def __init__(self, folder, *lines, around=(), path=None):
        self.port, self.around, self.path = free_port(), around, path
        self.folder = pathlib.Path(folder)
        self.config = self.folder / "mosquitto.conf"
        listener = [] if any(line.startswith("listener") for line in lines) else [f"listener {self.port} 127.0.0.1"]
        anonymous = [] if any(line.startswith("allow_anonymous") for line in lines) else ["allow_anonymous true"]
        persistence = [] if any(line.startswith("persistence ") for line in lines) else ["persistence false"]
        self.config.write_text("\n".join([*persistence, *listener, *anonymous, *lines, ""]))
        self.process = None

    def start(self):
        log = open(self.folder / "mosquitto.log", "ab")
        self.process = subprocess.Popen([*self.around, "/usr/sbin/mosquitto", "-c", self.config], stdout=log, stderr=log)
        wait_until(self.answers, 10, "the broker listens")
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"mosquitto ended: {(self.folder / 'mosquitto.log').read_text()}")
        with socket.socket(socket.AF_UNIX if self.path else socket.AF_INET) as s:
            return s.connect_ex(str(self.path) if self.path else ("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process is not None:
            stop(self.process)
            self.process = None


class Message:
    def __init__(self, message):
        self.topic, self.payload, self.retain, self.qos = message.topic, message.payload, message.retain, message.qos
        self.properties = getattr(message, "properties", None)
        self.at = time.monotonic()

    @property
    def json(self):
        return json.loads(self.payload)

    def __repr__(self):
        return f"{self.topic} {self.payload[:120]!r}"


class Subscriber:
    """An independent MQTT 5 client that keeps what it receives."""

    def __init__(self, port, topics="knead/#"):
        self.messages = []
        self.fresh = queue.Queue()
        self.client = mqtt.Client(protocol=mqtt.MQTTv5)
        self.client.on_message = self.take
        subscribed = queue.Queue()
        self.client.on_subscribe = lambda *rest: subscribed.put(True)
        self.client.connect("127.0.0.1", port)
        self.client.subscribe([(t, mqtt.SubscribeOptions(qos=1)) for t in ([topics] if isinstance(topics, str) else topics)])
        self.client.loop_start()
        subscribed.get(timeout=10)

    def take(self, client, userdata, message):
        self.messages.append(Message(message))
        self.fresh.put(self.messages[-1])

    def wait_for(self, test, timeout_s=10, what="a message"):
        """The first message, of those not yet looked at, for which test(message) holds."""
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            try:
                message = self.fresh.get(timeout=left)
            except queue.Empty:
                break
            if test(message):
                return message
        raise AssertionError(f"within {timeout_s} s: {what}; received {self.messages[-10:]}")

    def events(self, device="+"):
        """Event records in the order of their n, derived ones (squeeze) left out."""
        wanted = [m.json for m in self.messages if "/event/" in m.topic and not m.topic.endswith("/squeeze")]
        return sorted((e for e in wanted if device in ("+", e["device"])), key=lambda e: e["n"])

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def listen_from_the_start(broker, daemon):
    """A Subscriber of a broker that was away and starts now, there before the daemon is: an event is told once, to who listens."""
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        broker.start()
        return Subscriber(broker.port)
    finally:
        daemon.process.send_signal(signal.SIGCONT)


class Daemon:
    """
    kneadd with its own configuration and state directory; the state of one before it in the same folder goes on. around: a command
    in front of it that becomes it (as nsenter does); env: on top of our own.
    """

    def __init__(self, folder, config, around=(), env=None):
        self.folder = pathlib.Path(folder)
        self.config = self.folder / "kneadd.conf"
        self.config.write_text(config)
        self.log_path = self.folder / "kneadd.log"
        state = self.folder / "state"
        state.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [*around, KNEADD, "-c", self.config],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(self.log_path, "ab"),
            env={**os.environ, "STATE_DIRECTORY": str(state), **(env or {})},
        )

    @property
    def log(self):
        return self.log_path.read_text()

    def stop(self):
        return stop(self.process)
