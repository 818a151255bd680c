# SPDX-License-Identifier: MIT
"""A subscriber to everything that outlives the broker: it is back within some milliseconds, long before kneadd is."""
import json
import socket

import harness
import paho.mqtt.client as mqtt

AGAIN_S = 0.01


class Told:
    """One event record as it came: .record, .family (event or late), .payload, .at (monotonic)."""

    def __init__(self, message):
        self.family = message.topic.split("/")[2]
        self.record, self.payload, self.at = message.json, message.payload, message.at
        self.device, self.boot, self.n = self.record["device"], self.record["boot"], self.record["n"]

    @property
    def key(self):
        return self.boot, self.n

    def __repr__(self):
        return f"{self.family}:{self.payload[:200]!r}"


class Client(mqtt.Client):
    """One that may also come by a socket in the file system."""

    path = None

    def _create_socket_connection(self):
        if self.path is None:
            return super()._create_socket_connection()
        one = socket.socket(socket.AF_UNIX)
        try:
            one.connect(str(self.path))
        except OSError:
            one.close()
            raise
        return one


class Witness:
    """Keeps every message in the order of arrival. Its session stays with the broker, as far as the broker keeps any."""

    def __init__(self, port, topics="knead/#", credentials=None, path=None):
        self.messages, self.topics = [], topics
        self.client = Client(client_id="witness", clean_session=False)
        self.client.path = path
        self.client.reconnect_delay_set(AGAIN_S, AGAIN_S)
        self.client.on_connect = lambda client, *rest: client.subscribe(self.topics, qos=1)
        self.client.on_subscribe = self.subscribed
        self.client.on_message = lambda client, user, message: self.messages.append(harness.Message(message))
        self.listens = False
        if credentials:
            self.client.username_pw_set(*credentials)
        self.client.connect_async("127.0.0.1", port)
        self.client.loop_start()
        harness.wait_until(lambda: self.listens, 10, "the witness listens")

    def subscribed(self, *rest):
        self.listens = True

    def told(self, device=None, boot=None):
        """All event records in the order of arrival, doubles too."""
        wanted = [
            Told(m) for m in list(self.messages)
            if m.topic.split("/")[2:3] in (["event"], ["late"]) and not m.topic.endswith("/squeeze")
        ]
        return [t for t in wanted if device in (None, t.device) and boot in (None, t.boot)]

    def count(self, event_type, **keys):
        """How many different records of a type have come, of those with these values."""
        return len({
            t.key for t in self.told()
            if t.record["event_type"] == event_type and all(t.record[key] == value for key, value in keys.items())
        })

    def latest(self, topic):
        return next((m.payload for m in reversed(self.messages) if m.topic == topic), None)

    def first_live(self, after):
        """When, after a monotonic time, kneadd first said something: no copy kept by the broker, not its will. None = not yet."""
        said = (m.at for m in list(self.messages) if m.at > after and not m.retain and m.payload != b"offline")
        return next(said, None)

    def ask_health(self, timeout_s=20):
        """What the bridge says of itself when asked; it takes ten questions a second, and no more."""
        known = len(self.messages)
        self.client.publish("knead/bridge/request/health", "{}", qos=1)

        def answer():
            return next((m for m in self.messages[known:] if m.topic == "knead/bridge/response/health"), None)

        said = json.loads(harness.wait_until(answer, timeout_s, "health is answered").payload)
        assert said["status"] == "ok", said
        return said["data"]

    def catch_up(self):
        """Waits until it has heard all that the broker has for it by now."""
        known = len(self.messages)
        self.client.publish("knead/witness/mark", "heard", qos=1)
        harness.wait_until(lambda: any(m.topic == "knead/witness/mark" for m in self.messages[known:]), 20, "the witness hears itself")

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()
