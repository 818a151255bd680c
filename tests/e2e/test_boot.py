# SPDX-License-Identifier: MIT
"""The service as installed, under a real systemd as PID 1: a container boots it, with a pseudo-terminal bound in as port.

The container is Debian's minimal system, made once by debootstrap and kept under ~/.cache/knead; what is built now is
installed into it at boot. It has a network of its own without a way out, and inside a name server, a serial bridge and a
broker that is set up as config/mosquitto says: TLS, passwords, access rules. It forgets everything after.

The unit runs as installed but for three things: pseudo-terminals count as serial ports, the watchdog is fast, and a
system call that the filter does not allow kills instead of failing, so that none can hide.
"""
import fcntl
import hashlib
import os
import pathlib
import platform
import pty
import re
import shutil
import subprocess
import threading
import time
import tty

import pytest

import harness
from boot import ball
from test_mqtt_tls import make_authority, make_server

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = "systemd systemd-sysv dbus mosquitto mosquitto-clients libserialport0 libcjson1 libinih1 libmosquitto1 libsqlite3-0 python3"
DIALOUT_GID = 20  # fixed in Debian
PASSWORD = "kept-to-itself-58213"
# The broker and one ball by name; one ball behind a serial bridge, one that is unplugged on the way.
CONFIG = """\
[mqtt]
host = broker.house.example
tls = yes
ca_file = /etc/knead/ca.pem
username = knead
[log]
level = debug
[device ball-1]
name = One
port = pty:/dev/ttyKNEAD
format = k1
zero_raw = 83000
[device ball-2]
port = tcp://ball.house.example:4001
format = k1
zero_raw = 83000
[device ball-3]
port = pty:/dev/ttyPLUG
format = k1
zero_raw = 83000
"""
DROP_IN = """\
[Service]
LoadCredential=mqtt-password:/etc/knead/mqtt-password
DeviceAllow=char-pts rw
WatchdogSec=2
RestartSec=200ms
SystemCallErrorNumber=kill
"""
CHECK_UNIT = """\
[Unit]
After=basic.target
[Service]
Type=oneshot
ExecStart=/bin/sh /check/inside.sh
"""


def skip_unless_possible():
    if os.geteuid() != 0:
        pytest.skip("not root: a container cannot be booted")
    for program in ("systemd-nspawn", "debootstrap"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program}: scripts/setup --check installs it")
    if os.environ.get("KNEAD_SANITIZE", "none") != "none":
        pytest.skip("built with sanitizers, whose libraries are not in the container")


def cached_root(packages=PACKAGES):
    """The folder with a minimal Debian of this machine's release and these packages, made if it is not there yet."""
    release = platform.freedesktop_os_release()
    if release.get("ID") != "debian":
        pytest.skip("not Debian: what is built here would not run in a Debian container")
    suite = release["VERSION_CODENAME"]
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "knead"
    cache.mkdir(parents=True, exist_ok=True)
    root = cache / f"boot-{suite}-{hashlib.sha256(packages.encode()).hexdigest()[:12]}"
    with open(cache / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            new = root.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)
            include = f"--include={packages.replace(' ', ',')}"
            made = subprocess.run(["debootstrap", "--variant=minbase", include, suite, new], capture_output=True, text=True)
            if made.returncode != 0:
                pytest.skip(f"debootstrap cannot make a Debian here: {made.stdout[-300:]}")
            new.rename(root)
    return root


def nspawn(root, *rest):
    # Also where no systemd runs on the host: nothing registered, no scope asked for, no network shared.
    # bpf: systemd's device fences are such programs.
    sharing = ["--register=no", "--keep-unit", "--private-network", "--resolv-conf=off"]
    return ["systemd-nspawn", "--quiet", *sharing, "--system-call-filter=bpf", "--capability=CAP_BPF", "-D", root, *rest]


# The container's systemd gets the one kind of control groups in which devices can be fenced, whatever the host's has.
ENVIRONMENT = {**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}


def skip_unless_containers_work(root):
    tried = subprocess.run(nspawn(root, "--volatile=overlay", "--pipe", "/bin/true"), capture_output=True, text=True, env=ENVIRONMENT)
    if tried.returncode != 0:
        pytest.skip(f"systemd-nspawn cannot run a container here: {tried.stderr[-300:]}")


class Ball(threading.Thread):
    """The ball of boot/ball.py on a pseudo-terminal of the host."""

    def __init__(self):
        super().__init__(daemon=True)
        self.host, self.device = pty.openpty()
        tty.setraw(self.device)
        os.set_blocking(self.host, False)
        self.path = os.ttyname(self.device)
        os.chown(self.path, 0, DIALOUT_GID)
        os.chmod(self.path, 0o660)
        self.ended = threading.Event()

    def send(self, lines):
        try:
            os.write(self.host, lines)
        except BlockingIOError:
            pass  # nobody listens yet: a real port drops it too

    def run(self):
        ball.play(self.send, self.ended.wait)


def stage_broker(folder):
    """What a person does who follows config/mosquitto, with passwords of this test."""
    shutil.copytree(harness.TOP / "config/mosquitto", folder / "etc/mosquitto", dirs_exist_ok=True)
    (folder / "etc/mosquitto/conf.d").mkdir()
    (folder / "etc/mosquitto/knead.conf").rename(folder / "etc/mosquitto/conf.d/knead.conf")
    rules = folder / "etc/mosquitto/acl"
    one = "".join(line for line in rules.read_text().splitlines(keepends=True) if "knead_ball-1" in line)
    more = "".join(one.replace("ball-1", name) for name in ("ball-2", "ball-3"))
    rules.write_text(rules.read_text().replace(one.splitlines()[0], f"{more}{one.splitlines()[0]}", 1))
    certificates = folder / "etc/mosquitto/certs"
    certificates.mkdir()
    passwords = folder / "etc/mosquitto/passwd"
    passwords.touch(mode=0o600)
    for name, password in (("knead", PASSWORD), ("homeassistant", "home-password")):
        subprocess.run(["mosquitto_passwd", "-b", passwords, name, password], check=True, capture_output=True)
    work = folder.parent / "authority"
    work.mkdir()
    authority = make_authority(work, "house")
    key, certificate = make_server(work, authority, "DNS:broker.house.example")
    shutil.copy(key, certificates / "broker.key")
    shutil.copy(certificate, certificates / "broker.pem")
    shutil.copy(authority[1], folder / "etc/knead/ca.pem")


def stage(folder):
    """What `meson install` would put on a system, with the configuration of this test."""
    subprocess.run(["meson", "install", "-C", harness.BUILD, "--no-rebuild", "--destdir", folder], check=True, capture_output=True)
    for path, text in (
        ("etc/knead/kneadd.conf", CONFIG),
        ("etc/knead/mqtt-password", PASSWORD + "\n"),
        ("etc/systemd/system/kneadd.service.d/test.conf", DROP_IN),
        ("etc/resolv.conf", "nameserver 127.0.0.1\n"),
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "etc/knead/mqtt-password").chmod(0o600)
    stage_broker(folder)


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """Boots once; the files that inside.sh wrote, by name."""
    skip_unless_possible()
    root = cached_root()
    skip_unless_containers_work(root)
    folder = tmp_path_factory.mktemp("boot")
    stage(folder / "stage")
    (folder / "results").mkdir()
    (folder / "check.service").write_text(CHECK_UNIT)
    player = Ball()
    player.start()
    binds = {
        "--bind-ro": {
            folder / "stage": "/stage", HERE / "boot": "/check", harness.BUILD / "tests/e2e/boot": "/check-built",
            folder / "check.service": "/etc/systemd/system/check.service",
        },
        "--bind": {folder / "results": "/results", player.path: "/dev/ttyKNEAD"},
    }
    options = [f"{option}={source}:{place}" for option, pairs in binds.items() for source, place in pairs.items()]
    command = nspawn(root, "--volatile=overlay", "--console=pipe", *options, "--boot", "systemd.wants=check.service")
    try:
        booted = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, env=ENVIRONMENT)
    finally:
        player.ended.set()
        player.join()
        os.close(player.host)
        os.close(player.device)
    results = {p.name: p.read_text(errors="replace") for p in (folder / "results").iterdir()}
    assert "complete" in results, f"{booted.stdout[-3000:]}\n{booted.stderr[-3000:]}\n{results}"
    return results


def properties(text):
    return dict(line.split("=", 1) for line in text.splitlines())


def test_systemd_is_the_first_process(seen):
    assert seen["init"] == "systemd\n"


def test_the_service_becomes_active_by_saying_so(seen):
    started = properties(seen["started"])
    assert seen["start-status"] == "0\n", seen["journal"]
    assert (started["ActiveState"], started["SubState"]) == ("active", "running")
    assert "NOTIFY_SOCKET=" in seen["environment"]


def test_it_runs_as_its_own_user_and_nobody_else_reads_its_state(seen):
    assert properties(seen["started"])["User"] == "knead"
    assert seen["running-as"] == "knead\n"
    assert "STATE_DIRECTORY=/var/lib/knead" in seen["environment"]
    for line in seen["state-directory"].splitlines():
        mode, owner, group, *_ = line.split()
        assert (mode[1:], owner, group) in (("rwx------", "knead", "knead"), ("rw-------", "knead", "knead")), line


def test_events_of_the_ball_reach_the_broker(seen):
    assert "knead/bridge/availability online" in seen["messages"]
    # By pseudo-terminal, by name and TCP, by a node that comes and goes.
    for device in ("ball-1", "ball-2", "ball-3"):
        assert f"knead/{device}/availability online" in seen["messages"], seen["journal"][-3000:]
        # A hold that was already on when the service started carries a flag; a whole one is known to 20 ms.
        whole = re.search(rf'knead/{device}/event/hold .*"hold_end".*"flags":\[\].*"duration_s":([0-9.]+)', seen["messages"])
        assert whole, seen["messages"][-3000:]
        assert abs(float(whole.group(1)) - ball.HOLD_S) < 0.02


def test_the_broker_is_found_by_name_and_spoken_to_over_tls_with_the_password_of_the_credential(seen):
    assert "broker broker.house.example:8883: connected with MQTT 5 over TLS" in seen["journal"]
    assert seen["credential-found"] == "credentials/mqtt-password\n", "what the search for leaks looks for can be found"
    assert seen["leaks"] == "", "the password stands in these"
    assert "does not take" not in seen["journal"], "the access rules in config/mosquitto deny kneadd something it does"


def test_a_ball_that_comes_back_as_another_node_is_taken_again(seen):
    told = [line.split()[1] for line in seen["messages"].splitlines() if line.startswith("knead/ball-3/availability")]
    first = told.index("online")  # before it, where the broker was there before the first sample
    assert told[first:first + 3] == ["online", "offline", "online"]


def test_settings_by_command_are_kept_and_the_configuration_is_read_again(seen):
    assert '"target_s":\t"45"' in seen["state-file"]
    assert seen["reload-status"] == "0\n"
    assert "configuration: read again" in seen["journal"]
    assert "ball-1: its configuration changed; starting again" in seen["journal"]


def test_it_can_start_itself_again_inside_its_fences(seen):
    assert seen["process-after-restart"] == "same\n", seen["journal"][-3000:]


def test_nothing_that_it_does_meets_a_fence(seen):
    assert not re.search("(?i)operation not permitted|seccomp|SYS$|status=31|bad system call", seen["journal"], re.M)
    assert not re.search("cannot|failed", seen["journal"].replace("Failed with result 'watchdog'", "")), seen["journal"]


def test_it_listens_nowhere(seen):
    *listening, total = seen["sockets"].splitlines()
    assert listening == []
    assert int(total.split()[1]) > 0, "the search looks at its sockets"


def test_a_frozen_daemon_is_restarted_by_the_watchdog(seen):
    assert "WATCHDOG_USEC=2000000" in seen["environment"]
    restarted = properties(seen["restarted"])
    assert int(restarted["NRestarts"]) == 1
    assert restarted["ActiveState"] == "active"


def test_it_stops_within_three_seconds_and_says_goodbye(seen):
    stopped = properties(seen["stopped"])
    assert (stopped["ActiveState"], stopped["Result"]) == ("inactive", "success"), seen["journal"]
    assert int(seen["stop-ms"]) < 3000
    assert [line for line in seen["messages"].splitlines() if "bridge/availability" in line][-1].endswith(" offline")


# What a program may do that runs in the place of kneadd. Every try stands here, so that none can be left out.
FENCES = {
    "write": {
        "/var/lib/knead/x": "allowed",
        **{f"{place}/x": "EROFS" for place in ("", "/etc", "/usr", "/run", "/dev", "/var", "/var/lib", "/sys")},
        **{f"{place}/x": "ENOENT" for place in ("/home", "/srv")},
        **{f"{place}/x": "EACCES" for place in ("/root", "/dev/shm")},
    },
    "link": {"symlink": "EPERM", "hard": "EPERM", "node": "EPERM", "setuid-bit": "EPERM"},
    "see": {
        "/etc/knead/kneadd.conf": "allowed", "/etc/machine-id": "allowed", "/proc/self/statm": "allowed",
        "/sys/class/tty": "allowed", "/proc/1/comm": "ENOENT", "/proc/meminfo": "ENOENT", "/home": "ENOENT",
        "/var/log": "ENOENT", "/stage": "ENOENT", "/run/dbus": "ENOENT",
    },
    "socket": {
        "inet": "allowed", "inet6": "allowed", "unix": "allowed", "netlink": "EAFNOSUPPORT", "packet": "EAFNOSUPPORT",
        "raw": "EPROTONOSUPPORT",
    },
    "serve": {"bind-tcp": "EPERM", "bind-unix": "EPERM", "listen": "EPERM", "accept": "EPERM"},
    "run": {"/usr/bin/sh": "EACCES", "/usr/bin/su": "EACCES", "/var/lib/knead/program": "EACCES"},
    "privilege": {
        **{what: "EPERM" for what in (
            "setuid", "setgroups", "unshare", "mount", "chroot", "ptrace", "bpf", "keyring", "sethostname", "writable-code",
            "kill-systemd", "realtime")},
        "no-new": "1",
    },
    "limit": {"core": "0"},
}


def tried(seen, kind):
    return {words[1]: words[2] for words in map(str.split, seen["fence"].splitlines()) if len(words) == 3 and words[0] == kind}


@pytest.mark.parametrize("kind", FENCES)
def test_the_fences_hold(seen, kind):
    assert tried(seen, kind) == FENCES[kind]


def test_nothing_is_mounted_writable_but_the_state_and_a_tmp_of_its_own(seen):
    writable = {line.split()[1] for line in seen["fence"].splitlines() if line.startswith("writable ")}
    assert writable == {"/var/lib/knead", "/tmp", "/var/tmp"}


def test_only_serial_devices_can_be_opened(seen):
    if seen["device-fence"] == "0\n":
        pytest.skip("systemd cannot fence devices in a container here: no BPF, or no cgroup2")
    assert tried(seen, "device") == {
        "/dev/null": "allowed",
        # A pseudo-terminal, a node that only looks like a serial port, the maker of pseudo-terminals.
        "/dev/ttyKNEAD": "EPERM", "/dev/ttyZERO": "EPERM", "/dev/ptmx": "EPERM",
    }
