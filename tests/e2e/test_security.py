# SPDX-License-Identifier: MIT
"""What SECURITY.md promises, apart from the fences of the unit in a real systemd, which test_boot.py tries."""
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import sys

import paho.mqtt.client as mqtt
import pytest

import harness
import played_ball
from test_mqtt_tls import make_authority, make_server, openssl

UNIT = harness.BUILD / "systemd/kneadd.service"


def rating(*arguments):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze on this machine")
    asked = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", *arguments, UNIT],
                           capture_output=True, text=True)
    if "unrecognized option" in asked.stderr or "Unknown" in asked.stderr:
        pytest.skip("systemd-analyze is older than version 250 and rates no files")
    return asked.stdout


def test_the_unit_is_rated_at_most_1_0():
    overall = re.search(r"Overall exposure level for kneadd.service: ([0-9.]+)", rating())
    assert overall and float(overall.group(1)) <= 1.0, rating()


def test_every_line_that_stays_open_says_why():
    open_lines = [row["name"].split("=")[0] for row in json.loads(rating("--json=short")) if row["set"] is False]
    assert open_lines, "nothing is open: then this test and the comments have nothing to say"
    reasons = " ".join(line for line in UNIT.read_text().splitlines() if line.startswith("# OPEN"))
    assert [name for name in open_lines if name not in reasons] == []


# ---- what must not be on the command line or in the configuration is refused, and not repeated

SECRET = "kept-to-itself-77341"


@pytest.mark.parametrize("program, arguments", [(harness.KNEADD, ["--check-config"]), (harness.KNEADD, ["--dump-config"])])
@pytest.mark.parametrize("option", [
    f"mqtt.password={SECRET}", f"mqtt.host=mqtt://knead:{SECRET}@broker", f"mqtt.host=knead:{SECRET}@broker",
    f"ball-1.port=tcp://knead:{SECRET}@bridge:4001", f"ball-1.port=tcp://{SECRET}@bridge:4001", f"mqtt.pasword={SECRET}",
])
def test_a_secret_on_the_command_line_is_refused_and_not_repeated(program, arguments, option, tmp_path):
    config = tmp_path / "empty.conf"
    config.write_text("")
    asked = subprocess.run([program, "-c", config, "-o", option, *arguments], capture_output=True, text=True)
    assert asked.returncode == 2
    assert asked.stderr.startswith("kneadd: -o ") and SECRET not in asked.stdout + asked.stderr


@pytest.mark.parametrize("line", [f"password = {SECRET}", f"host = mqtt://knead:{SECRET}@broker", f"host = knead:{SECRET}@broker"])
def test_a_secret_in_the_configuration_is_refused_and_not_repeated(line, tmp_path):
    config = tmp_path / "kneadd.conf"
    config.write_text(f"[mqtt]\n{line}\n")
    asked = subprocess.run([harness.KNEADD, "-c", config, "--check-config"], capture_output=True, text=True)
    assert asked.returncode == 2
    assert f"{config}:2: " in asked.stderr and "password_file" in asked.stderr and SECRET not in asked.stderr


# ---- a whole run, and a look at everything it leaves


class House:
    """A broker set up as config/mosquitto says, moved to where a test may run it, and a kneadd that holds secrets."""

    PASSWORDS = {"knead": SECRET, "homeassistant": "home-password", "dashboard": "look-password", "overseer": "all-password"}

    def __init__(self, folder, start_daemon):
        self.folder, self.start_daemon = folder, start_daemon
        self.certificates()
        self.passwords = folder / "passwd"
        self.passwords.touch(mode=0o600)
        for name, password in self.PASSWORDS.items():
            subprocess.run(["mosquitto_passwd", "-b", self.passwords, name, password], check=True, capture_output=True)
        rules = folder / "acl"
        # Somebody has to see what arrives where nobody should be able to write.
        rules.write_text((harness.TOP / "config/mosquitto/acl").read_text() + "\nuser overseer\ntopic readwrite #\n")
        self.port = harness.free_port()
        text = (harness.TOP / "config/mosquitto/knead.conf").read_text()
        plain = harness.free_port()
        for shipped, here in (
            ("/etc/mosquitto/passwd", self.passwords), ("/etc/mosquitto/acl", rules),
            ("/etc/mosquitto/certs/broker.pem", folder / "server.pem"), ("/etc/mosquitto/certs/broker.key", folder / "server.key"),
            ("listener 1883 127.0.0.1", f"listener {plain} 127.0.0.1"), ("listener 8883", f"listener {self.port} 127.0.0.1"),
        ):
            changed = re.sub(rf"^(?!#)(.*){re.escape(shipped)}", rf"\g<1>{here}", text, flags=re.M)
            assert changed != text, f"config/mosquitto/knead.conf does not name {shipped}"
            text = changed
        # Asks for our certificate too, so that our key is in use.
        lines = text.splitlines() + [f"cafile {folder / 'house.pem'}", "require_certificate true", "user root"]
        self.broker = harness.Broker(folder, *lines)
        self.broker.port = plain
        self.broker.start()
        self.plain = plain

    def certificates(self):
        authority = make_authority(self.folder, "house")
        make_server(self.folder, authority, "DNS:localhost")
        key, request = self.folder / "client.key", self.folder / "client.csr"
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=knead", "-keyout", key,
                "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", authority[1], "-CAkey", authority[0], "-CAcreateserial", "-days", 2,
                "-out", self.folder / "client.pem")
        key.chmod(0o600)
        # A stretch of the key that stands on one line of its file.
        self.key_secret = key.read_text().splitlines()[1]

    def client(self, name, topics=()):
        """A connected client; .seen has what it receives."""
        client = mqtt.Client(protocol=mqtt.MQTTv5)
        client.username_pw_set(name, self.PASSWORDS[name])
        client.seen, subscribed = [], queue.Queue()
        client.on_message = lambda c, u, m: client.seen.append((m.topic, m.payload))
        client.on_subscribe = lambda *rest: subscribed.put(True)
        client.connect("127.0.0.1", self.plain)
        client.loop_start()
        for topic in topics:
            client.subscribe(topic, qos=1)
            subscribed.get(timeout=10)
        return client

    def daemon(self, ball, password=SECRET, mqtt_lines=""):
        secret = self.folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(password + "\n")
        return self.start_daemon("\n".join([
            "[mqtt]", "host = localhost", f"port = {self.port}", "tls = yes", f"ca_file = {self.folder / 'house.pem'}",
            f"cert_file = {self.folder / 'client.pem'}", f"key_file = {self.folder / 'client.key'}", "username = knead",
            f"password_file = {secret}", mqtt_lines, "[log]", "level = debug", "[device ball-1]", f"port = pty:{ball.link}",
            f"counts_per_n = {played_ball.COUNTS_PER_N}", ""]))


@pytest.fixture
def house(tmp_path, daemon):
    if not os.access("/usr/sbin/mosquitto", os.X_OK):
        pytest.skip("mosquitto is not installed")
    built = House(tmp_path, daemon)
    clients, make = [], built.client
    built.client = lambda *rest: clients.append(make(*rest)) or clients[-1]
    yield built
    for client in clients:
        client.disconnect()
        client.loop_stop()
    built.broker.stop()


@pytest.fixture
def ball(tmp_path):
    port = played_ball.Port(tmp_path / "ball")
    yield port
    port.unplug()


def wait_seen(client, topic, test=lambda payload: True, timeout_s=20):
    return harness.wait_until(
        lambda: next((p for t, p in list(client.seen) if t == topic and test(p)), None), timeout_s, f"{topic}; {client.seen[-5:]}")


def listening(pid):
    script = harness.TOP / "tests/e2e/boot/house.py"
    *found, total = subprocess.run([sys.executable, script, "listening", str(pid)], check=True, capture_output=True,
                                   text=True).stdout.splitlines()
    return found, int(total.split()[1])


def test_a_whole_run_leaves_no_secret_anywhere_and_listens_nowhere(house, ball, tmp_path):
    overseer = house.client("overseer", ["#"])
    running = house.daemon(ball, password="wrong-one-99120")
    harness.wait_until(lambda: "refuses the connection" in running.log, 20, "the wrong password is refused")
    running.stop()
    running = house.daemon(ball)
    wait_seen(overseer, "knead/bridge/availability", lambda p: p == b"online")
    firmware = played_ball.Firmware()
    ball.write(firmware.k1((0, 3), (60, 5), (0, 2)))
    wait_seen(overseer, "knead/ball-1/event/hold", lambda p: b"hold_end" in p)
    home = house.client("homeassistant", ["knead/#"])
    for topic, payload in (
        ("bridge/request/health", "{}"), ("bridge/request/rediscover", "{}"), ("bridge/request/log_level", '{"args":{"level":"debug"}}'),
        ("ball-1/set/target_s", "40"), ("ball-1/set", "{bad"), ("ball-1/do/nothing", "PRESS"),
    ):
        home.publish(f"knead/{topic}", payload, qos=1)
    wait_seen(home, "knead/bridge/response/health")
    wait_seen(home, "knead/ball-1/result/nothing")
    running.process.send_signal(signal.SIGHUP)
    harness.wait_until(lambda: "configuration: read again" in running.log, 20, "the configuration is read again")
    assert listening(running.process.pid)[0] == []
    assert listening(running.process.pid)[1] > 0, "it has a socket, and the search sees it"
    proc = pathlib.Path(f"/proc/{running.process.pid}")
    left = {name: (proc / name).read_bytes() for name in ("cmdline", "environ", "maps", "comm")}
    for what in ("--dump-config", "--check-config"):
        asked = subprocess.run([harness.KNEADD, "-c", running.config, what], capture_output=True, env={**os.environ, "STATE_DIRECTORY": str(tmp_path / "state")})
        assert asked.returncode == 0
        left[what] = asked.stdout + asked.stderr
    running.stop()
    left["log"] = running.log_path.read_bytes()
    left["messages"] = b"\n".join(topic.encode() + payload for topic, payload in overseer.seen)
    for path in (tmp_path / "state").iterdir():
        left[path.name] = path.read_bytes()
    assert len(left["messages"]) > 10000 and len(left["log"]) > 500 and len(left) > 8, left.keys()
    for secret in (SECRET, "wrong-one-99120", house.key_secret):
        assert [name for name, data in left.items() if secret.encode() in data] == []
    assert str(tmp_path / "password").encode() in left["--dump-config"], "where it stands is no secret"


@pytest.mark.parametrize("name, what", [("password", "its password"), ("client.key", "our key")])
def test_that_everybody_may_read_a_secret_is_told_once(house, ball, name, what):
    overseer = house.client("overseer", ["knead/#"])
    running = house.daemon(ball)
    wait_seen(overseer, "knead/bridge/availability", lambda p: p == b"online")
    assert "everybody may read" not in running.log
    running.stop()
    (house.folder / name).chmod(0o644)
    before = len(running.log)
    running = house.daemon(ball)
    harness.wait_until(lambda: "connected with" in running.log[before:], 20, "it is connected all the same")
    assert running.log[before:].count(f"everybody may read {what} in {house.folder / name}: chmod o-r it") == 1


# ---- the access rules that are shipped


def test_with_the_shipped_rules_everything_works_and_what_must_not_be_is_denied(house, ball):
    overseer = house.client("overseer", ["#"])
    home = house.client("homeassistant", ["knead/#", "homeassistant/#"])
    dashboard = house.client("dashboard", ["knead/#", "homeassistant/#"])
    running = house.daemon(ball)
    wait_seen(home, "knead/bridge/availability", lambda p: p == b"online")
    wait_seen(home, "homeassistant/device/knead_ball-1/config")
    wait_seen(home, "homeassistant/device/knead_bridge/config")
    wait_seen(dashboard, "knead/ball-1/config")
    # A dashboard may look. What it sends before Home Assistant's command would be seen before its result.
    dashboard.publish("knead/ball-1/set/target_s", "77", qos=1)
    dashboard.publish("knead/ball-1/do/tare", "PRESS", qos=1)
    dashboard.publish("knead/bridge/request/restart_daemon", "{}", qos=1)
    dashboard.publish("knead/ball-1/state", "{}", qos=1, retain=True)
    dashboard.publish("dashboard/done", "1", qos=1)
    home.publish("knead/ball-1/set/target_s", "44", qos=1)
    wait_seen(home, "knead/ball-1/config", lambda p: json.loads(p)["target_s"] == 44)
    # kneadd's account may write its own and nothing else; nor may Home Assistant speak for kneadd.
    knead = house.client("knead")
    for topic in ("elsewhere/x", "homeassistant/status", "homeassistant/device/knead_other/config", "homeassistant/device/lamp/config"):
        knead.publish(topic, "forged", qos=1)
    home.publish("knead/ball-1/event/hold", '{"forged":true}', qos=1)
    knead.publish("knead/done", "1", qos=1)
    home.publish("homeassistant/done", "1", qos=1)
    wait_seen(overseer, "knead/done")
    wait_seen(overseer, "homeassistant/done")
    topics = [topic for topic, payload in overseer.seen if b"forged" in payload or topic.startswith("dashboard/")]
    assert topics == []
    assert b"77" not in [p for t, p in overseer.seen if t.endswith("set/target_s")]
    assert not [t for t, _ in overseer.seen if t.endswith("/do/tare") or t.endswith("restart_daemon")]
    assert not [t for t, _ in dashboard.seen if t.startswith("homeassistant/")]
    assert "does not take" not in running.log and "does not let us listen" not in running.log
    largest = max(len(payload) for _, payload in overseer.seen)
    assert largest < 32768, "far below message_size_limit of the shipped file"


def test_messages_that_the_rules_deny_are_told_once_and_stop_nothing(house, ball):
    overseer = house.client("overseer", ["#"])
    running = house.daemon(ball, mqtt_lines="base = attic")
    harness.wait_until(lambda: "does not take" in running.log, 20, "the refusal is told")
    firmware = played_ball.Firmware()
    ball.write(firmware.k1((0, 3), (60, 5), (0, 2)))
    harness.wait_until(lambda: "hold_end" in running.log, 20, "detection goes on")
    assert running.log.count("does not take") == 1
    assert "Not authorized; check what this user may write" in running.log
    assert not [topic for topic, _ in overseer.seen if topic.startswith("attic/")]
