# SPDX-License-Identifier: MIT
"""The broker is there and will not have us: another password, a certificate that has run out, a name that nobody knows."""
import os
import subprocess
import time

import harness
import pytest
import scene as scenes
import verdict

AWAY_S = 5
PACE = 2
TELLS = {"password": "refuses the connection", "certificate": "TLS fails", "name": "the name does not resolve"}


def told_once(scene, what, timeout_s=30):
    """One line in the log for the whole outage."""
    harness.wait_until(lambda: TELLS[what] in scene.daemon.log, timeout_s, f"{TELLS[what]!r} is told; log: {scene.daemon.log}")


def end(scene, place, fault, what, since):
    recovery_s = scene.recovery(since)
    scene.wait_holds(2)
    assert scene.daemon.log.count(TELLS[what]) == 1, scene.daemon.log
    figures = {**scene.healthy(), **scene.judge(doubles=verdict.WINDOW)}
    scenes.note(place, fault, "nothing meanwhile, then all events; one line in the log says what is wrong",
                recovery_s=round(recovery_s, 1), **figures)


def restart(scene):
    scene.stop_broker()
    scene.broker.start()


def set_password(scene, password):
    subprocess.run(["mosquitto_passwd", "-b", scene.folder / "users", "ball", password], check=True, capture_output=True)


def test_another_password_is_told_once_and_the_right_one_is_taken_without_a_restart(scene):
    users, ours = scene.folder / "users", scene.folder / "password"
    users.write_text("")
    ours.write_text("first\n")
    ours.chmod(0o600)
    for name in ("ball", "witness"):
        subprocess.run(["mosquitto_passwd", "-b", users, name, "first"], check=True, capture_output=True)
    scene.add_broker("allow_anonymous false", f"password_file {users}", credentials=("witness", "first"))
    scene.add_ball("ball-1", pace=PACE)
    scene.start(scene.config(mqtt=f"username = ball\npassword_file = {ours}"))
    scene.settle()
    set_password(scene, "second")
    restart(scene)
    told_once(scene, "password")
    time.sleep(AWAY_S)
    ours.write_text("second\n")
    end(scene, 27, "wrong password, corrected in `password_file`", "password", time.monotonic())


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def certify(folder, days):
    """A certificate of the house for 127.0.0.1, in place of the one before."""
    openssl("x509", "-req", "-in", folder / "server.csr", "-CA", folder / "house.pem", "-CAkey", folder / "house.key", "-CAcreateserial",
            "-days", days, "-extfile", folder / "server.ext", "-out", folder / "server.pem")


def make_certificates(folder):
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *key, "-days", 2, "-subj", "/CN=house", "-keyout", folder / "house.key", "-out", folder / "house.pem")
    openssl("req", *key, "-subj", "/CN=broker", "-keyout", folder / "server.key", "-out", folder / "server.csr")
    (folder / "server.ext").write_text("subjectAltName=IP:127.0.0.1\n")
    certify(folder, 2)


def test_a_certificate_that_has_run_out_is_told_once_and_the_renewed_one_is_taken(scene):
    make_certificates(scene.folder)
    secure = harness.free_port()
    plain = harness.free_port()
    scene.add_broker(f"listener {plain} 127.0.0.1", "allow_anonymous true", f"listener {secure} 127.0.0.1",
                     f"certfile {scene.folder}/server.pem", f"keyfile {scene.folder}/server.key", port=plain)
    scene.add_ball("ball-1", pace=PACE)
    scene.start(scene.config(port=secure, mqtt=f"tls = yes\nca_file = {scene.folder}/house.pem"))
    scene.settle()
    certify(scene.folder, 0)
    time.sleep(1.1)  # good until the second in which it was made
    restart(scene)
    told_once(scene, "certificate")
    time.sleep(AWAY_S)
    certify(scene.folder, 2)
    scene.stop_broker()
    since = time.monotonic()
    scene.broker.start()
    end(scene, 28, "certificate of the broker has run out, then is renewed", "certificate", since)


def own_names(folder):
    """A command that gives kneadd a hosts file of its own, and no other source of names."""
    (folder / "nsswitch.conf").write_text("hosts: files\n")
    mounts = " && ".join(f"mount --bind {folder}/{name} /etc/{name}" for name in ("hosts", "nsswitch.conf"))
    return ["unshare", "--mount", "sh", "-c", f'{mounts} && exec "$@"', "sh"]


def may_unshare():
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not may_unshare() or os.geteuid() != 0, reason="a hosts file of one process needs a mount namespace, and so root")
def test_a_name_that_does_not_resolve_is_told_once_and_found_when_it_does(scene):
    hosts = scene.folder / "hosts"
    hosts.write_text("127.0.0.1 localhost\n")
    scene.add_broker()
    scene.add_ball("ball-1", pace=PACE)
    text = scene.config().replace("host = 127.0.0.1", "host = broker.home.test")
    scene.start(text, around=own_names(scene.folder))
    told_once(scene, "name")
    harness.wait_until(lambda: len(scene.balls["ball-1"].holds) > 3, 60, "holds are played meanwhile")
    with open(hosts, "a") as names:
        names.write("127.0.0.1 broker.home.test\n")
    since = time.monotonic()
    recovery_s = scene.recovery(since)
    scene.settle()
    scene.wait_holds(2)
    assert scene.daemon.log.count(TELLS["name"]) == 1, scene.daemon.log
    figures = {**scene.healthy(), **scene.judge(doubles=verdict.WINDOW)}
    scenes.note(29, "name of the broker does not resolve, then does", "nothing meanwhile, then all events; one line in the log says "
                "what is wrong", recovery_s=round(recovery_s, 1), **figures)
