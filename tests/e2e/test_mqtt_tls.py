# SPDX-License-Identifier: MIT
"""TLS to the broker: verified always, told once when it fails, and alive after the broker restarts."""
import os
import subprocess

import pytest

import harness
from mqtt_probe import settle

pytestmark = pytest.mark.skipif(not os.access("/usr/sbin/mosquitto", os.X_OK), reason="mosquitto is not installed")


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def make_authority(folder, name):
    key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2, "-subj",
            f"/CN={name}", "-keyout", key, "-out", certificate)
    return key, certificate


def make_server(folder, authority, name):
    key, request, certificate, extra = (folder / f"server.{end}" for end in ("key", "csr", "pem", "ext"))
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=broker", "-keyout",
            key, "-out", request)
    extra.write_text(f"subjectAltName={name}\n")
    openssl("x509", "-req", "-in", request, "-CA", authority[1], "-CAkey", authority[0], "-CAcreateserial", "-days", 2,
            "-extfile", extra, "-out", certificate)
    return key, certificate


@pytest.fixture
def make_broker(tmp_path):
    """make_broker(name, line...): a TLS broker whose certificate is good for name; also its authority's certificate."""
    started = []

    def start(name, *lines):
        authority = make_authority(tmp_path, "house")
        key, certificate = make_server(tmp_path, authority, name)
        broker = harness.Broker(tmp_path, f"certfile {certificate}", f"keyfile {key}", *lines, "user root").start()
        started.append(broker)
        return broker, authority[1]

    yield start
    for one in started:
        one.stop()


def failures(log):
    return [line for line in log.splitlines() if "TLS fails" in line]


def test_known_authority_is_accepted_and_survives_a_restart_of_the_broker(probe, make_broker):
    broker, authority = make_broker("IP:127.0.0.1")
    sink = probe(broker.port, tls=1, ca_file=authority)
    sink.wait_connected()
    assert "over TLS" in sink.log
    for _ in range(2):
        broker.stop()
        sink.wait_offline()
        broker.start()
        sink.wait_connected()
    sink.event("hold", 1)
    sink.wait_empty()
    assert sink.finish() < 1500


def test_unknown_authority_is_refused_with_one_clear_line(probe, make_broker, tmp_path):
    broker, _ = make_broker("IP:127.0.0.1")
    other = make_authority(tmp_path, "stranger")[1]
    sink = probe(broker.port, tls=1, ca_file=other)
    sink.wait_log("certificate verify failed")
    settle(0.7)
    assert len(failures(sink.log)) == 1 and len(sink.log.splitlines()) == 1
    assert not sink.stats()["connected"]


def test_authority_is_looked_for_in_the_system_when_none_is_named(probe, make_broker):
    broker, _ = make_broker("IP:127.0.0.1")
    sink = probe(broker.port, tls=1)
    sink.wait_log("certificate verify failed")
    assert not sink.stats()["connected"]


def test_certificate_of_another_host_is_refused(probe, make_broker):
    broker, authority = make_broker("DNS:elsewhere.example")
    sink = probe(broker.port, tls=1, ca_file=authority)
    sink.wait_log("TLS fails")
    settle()
    assert not sink.stats()["connected"]


def test_tls_1_1_is_refused_and_1_2_accepted(probe, make_broker):
    broker, authority = make_broker("IP:127.0.0.1", "tls_version tlsv1.2", "ciphers DEFAULT:@SECLEVEL=0")
    sink = probe(broker.port, tls=1, ca_file=authority)
    sink.wait_connected()
    sink.finish()
    old = subprocess.Popen(
        ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", broker.folder / "server.pem", "-key",
         broker.folder / "server.key", "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        port = int(next(line for line in old.stdout if line.startswith("ACCEPT")).rpartition(":")[2])
        sink = probe(port, tls=1, ca_file=authority)
        sink.wait_log("TLS fails")
    finally:
        old.kill()
        old.communicate()


def test_broker_without_tls_is_not_spoken_to(probe, broker, subscriber):
    sink = probe(broker.port, tls=1, answer_ms=500)
    harness.wait_until(lambda: sink.log, 5, "a line in the log")
    sink.event("hold", 1)
    settle(0.7)
    assert not sink.stats()["connected"] and not subscriber.messages
    assert len(sink.log.splitlines()) == 1
