# SPDX-License-Identifier: MIT
"""A real Home Assistant in its own system folder, as scripts/setup --homeassistant installs it, and its two interfaces."""
import importlib.util
import itertools
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import harness
import played_ball

ROOT = pathlib.Path(
    os.environ.get("KNEAD_HOMEASSISTANT")
    or pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "knead-homeassistant"
)
HASS = "/opt/homeassistant/bin/hass"
START_S = 240  # on a slow machine
STAND_IN = pathlib.Path(__file__).resolve().parent / "stand_in"
BLUEPRINT = harness.TOP / "config/homeassistant/blueprints/hold-target.yaml"
CONFIGURATION = """\
http:
  server_host: 127.0.0.1
  server_port: {port}
api:
websocket_api:
config:
frontend:
history:
logbook:
recorder:
  commit_interval: 1
logger:
  default: info
homeassistant:
  name: House
  time_zone: Europe/Zurich
  unit_system: metric
automation: !include automations.yaml
stand_in:
input_boolean:
  lamp:
counter:
  flashes:
  triggered:
template:
  - light:
      - name: Lamp
        default_entity_id: light.lamp
        state: "{{{{ is_state('input_boolean.lamp', 'on') }}}}"
        turn_on:
          - action: counter.increment
            target: {{entity_id: counter.flashes}}
          - action: input_boolean.turn_on
            target: {{entity_id: input_boolean.lamp}}
        turn_off:
          - action: input_boolean.turn_off
            target: {{entity_id: input_boolean.lamp}}
"""


def why_not():
    """Why no Home Assistant can run here, or None."""
    if os.geteuid() != 0:
        return "not root: the system folder of Home Assistant cannot be entered"
    if not (ROOT / "ready").exists() or importlib.util.find_spec("websocket") is None:
        return "no Home Assistant: scripts/setup --homeassistant installs it"
    return None


class HomeAssistant:
    """One installation: a folder with its configuration; started, stopped and asked."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.port = harness.free_port()
        self.log_path = self.folder / "output.log"
        self.process = self.token = self.first_token = None
        self.url = f"http://127.0.0.1:{self.port}"
        blueprints = self.folder / "blueprints/automation/knead"
        blueprints.mkdir(parents=True)
        shutil.copy(BLUEPRINT, blueprints)
        shutil.copytree(STAND_IN, self.folder / "custom_components/stand_in", ignore=shutil.ignore_patterns("__pycache__"))
        (self.folder / "configuration.yaml").write_text(CONFIGURATION.format(port=self.port))
        (self.folder / "automations.yaml").write_text("[]\n")

    # ---- the process ----

    def start(self):
        # A mount namespace of its own: what is mounted in it goes with the process.
        script = 'mount --bind "$2" "$1/mnt" && mount -t proc proc "$1/proc" && exec chroot "$1" "$3" --skip-pip -c /mnt'
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", ROOT / "system", self.folder, HASS],
            stdin=subprocess.DEVNULL, stdout=open(self.log_path, "ab"), stderr=subprocess.STDOUT,
            env={"PATH": "/opt/homeassistant/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"},
        )
        harness.wait_until(self.answers, START_S, "Home Assistant answers")
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"Home Assistant ended: {self.log[-2000:]}")
        try:
            status = urllib.request.urlopen(self.url + "/manifest.json", timeout=5).status
        except OSError:
            return False
        return status == 200 and (self.token is None or self.get("config")["state"] == "RUNNING")

    def stop(self):
        if self.process is not None:
            harness.stop(self.process, 120)
            self.process = None

    @property
    def log(self):
        return self.log_path.read_text()

    def complaints(self, about=("mqtt", "knead", "template", "automation")):
        """Warnings and errors in the log that have to do with us."""
        lines = [line for line in self.log.splitlines() if " WARNING " in line or " ERROR " in line]
        return [line for line in lines if any(word in line.lower() for word in about)]

    # ---- REST ----

    def ask(self, method, path, body=None, form=False):
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = None
        if body is not None:
            data = urllib.parse.urlencode(body).encode() if form else json.dumps(body).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded" if form else "application/json"
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read().decode()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read()[:500]!r}") from None
        return json.loads(text) if text[:1] in ("{", "[") else text

    def get(self, path):
        return self.ask("GET", "/api/" + path)

    def post(self, path, body=None):
        return self.ask("POST", "/api/" + path, body or {})

    def state(self, entity):
        """The state object, or None."""
        try:
            return self.get(f"states/{entity}")
        except AssertionError as error:
            if ": 404 " in str(error):
                return None
            raise

    def value(self, entity):
        found = self.state(entity)
        return found and found["state"]

    def call(self, service, **data):
        return self.post("services/" + service.replace(".", "/"), data)

    def wait(self, entity, wanted, timeout_s=15):
        """Waits until the entity's state is wanted, or wanted(state) is true. Returns the state."""
        test = wanted if callable(wanted) else lambda value: value == wanted
        deadline = time.monotonic() + timeout_s
        while not test(value := self.value(entity)):
            assert time.monotonic() < deadline, f"within {timeout_s} s: {entity} is {value}, not {wanted}"
            time.sleep(0.2)
        return value

    # ---- WebSocket ----

    def tell(self, *commands):
        """Sends commands over a WebSocket of their own; returns their results."""
        import websocket  # of Debian's packages that scripts/setup --homeassistant alone installs

        link = websocket.create_connection(self.url.replace("http", "ws") + "/api/websocket", timeout=60)
        try:
            link.recv()
            link.send(json.dumps({"type": "auth", "access_token": self.token}))
            assert json.loads(link.recv())["type"] == "auth_ok"
            results = []
            for number, command in zip(itertools.count(1), commands):
                link.send(json.dumps({"id": number, **command}))
                answer = json.loads(link.recv())
                assert answer["id"] == number and answer["success"], answer
                results.append(answer["result"])
        finally:
            link.close()
        return results[0] if len(results) == 1 else results

    def devices(self):
        """By the identifier in the domain of MQTT."""
        listed = self.tell({"type": "config/device_registry/list"})
        return {value: d for d in listed for domain, value in d["identifiers"] if domain == "mqtt"}

    def entities(self):
        """By unique_id, those of MQTT."""
        return {e["unique_id"]: e for e in self.tell({"type": "config/entity_registry/list"}) if e["platform"] == "mqtt"}

    # ---- setting up ----

    def onboard(self):
        client = self.url + "/"
        person = {"client_id": client, "name": "Owner", "username": "owner", "password": "not-a-secret", "language": "en"}
        code = self.post("onboarding/users", person)["auth_code"]
        grant = {"client_id": client, "grant_type": "authorization_code", "code": code}
        self.token = self.first_token = self.ask("POST", "/auth/token", grant, form=True)["access_token"]
        self.token = self.tell({"type": "auth/long_lived_access_token", "client_name": "tests", "lifespan": 1})
        harness.wait_until(lambda: self.get("config")["state"] == "RUNNING", START_S, "Home Assistant runs")
        self.tell({"type": "http/config/promote"})  # else it goes back to its own port after 5 min

    def finish_onboarding(self):
        """The other steps, without which the pages of Home Assistant lead to nothing else."""
        for step in ("core_config", "analytics"):
            self.post("onboarding/" + step)
        long_lived, self.token = self.token, self.first_token  # this step asks for the token of the sign-in
        self.post("onboarding/integration", {"client_id": self.url + "/", "redirect_uri": self.url + "/"})
        self.token = long_lived

    def add_broker(self, port):
        """The configuration flow of MQTT, step by step as a person would click through it."""
        flow = self.post("config/config_entries/flow", {"handler": "mqtt", "show_advanced_options": False})
        assert flow["step_id"] == "broker", flow
        other = {"set_client_cert": False, "set_ca_cert": "off"}
        answers = {"broker": "127.0.0.1", "port": port, "other_settings": other}
        done = self.post(f"config/config_entries/flow/{flow['flow_id']}", answers)
        assert done["type"] == "create_entry", done
        return done["result"]

    def automate(self, name, **automation):
        """Makes an automation as its editor does."""
        self.post(f"config/automation/config/{name}", {**automation, "alias": name})
        self.wait(f"automation.{name}", "on")

    def delete(self, device):
        """As the button of its page does."""
        self.tell({"type": "config/device_registry/remove", "device_id": device["id"]})

    # ---- the recorder ----

    def rows(self, since, until):
        """State rows that the recorder has stored of between two wall times, by entity."""
        with sqlite3.connect(f"file:{self.folder / 'home-assistant_v2.db'}?mode=ro", uri=True) as database:
            return dict(database.execute(
                "SELECT states_meta.entity_id, COUNT(*) FROM states JOIN states_meta USING (metadata_id)"
                " WHERE last_updated_ts BETWEEN ? AND ? GROUP BY states_meta.entity_id", (since, until)))


class LivingBall(threading.Thread):
    """A ball that is always there: sends at its rate what lies on it, in real time; change force_n, or silence it."""

    def __init__(self, link):
        super().__init__(daemon=True)
        self.port, self.firmware = played_ball.Port(link), played_ball.Firmware()
        self.force_n, self.silent, self.ended = 0.0, False, threading.Event()

    def run(self):
        due, left = time.monotonic(), b""
        while not self.ended.is_set():
            left = left or self.firmware.k1((self.force_n, 0.05))
            try:
                left = b"" if self.silent else left[os.write(self.port.host, left):]
            except BlockingIOError:
                pass  # nobody reads: what the ball says now is lost
            due += 0.05
            time.sleep(max(0, due - time.monotonic()))

    def press(self, force_n, seconds):
        self.force_n = force_n
        time.sleep(seconds)
        self.force_n = 0.0

    def end(self):
        self.ended.set()
        self.join()
        self.port.unplug()
