# SPDX-License-Identifier: MIT
"""The MQTT sink against a real broker: what arrives, in which order, with which properties, and what outages do to it."""
import os
import signal
import socket
import subprocess
import time

import pytest

import harness
from mqtt_probe import Proxy, settle

pytestmark = pytest.mark.skipif(not os.access("/usr/sbin/mosquitto", os.X_OK), reason="mosquitto is not installed")

OUTAGE_WORDS = ("trying until it is back", "refuses the connection", "TLS fails")


@pytest.fixture
def proxy():
    started = []

    def start(*arguments, **options):
        started.append(Proxy(*arguments, **options))
        return started[-1]

    yield start
    for one in started:
        one.close()


def outages(log):
    return [line for line in log.splitlines() if any(words in line for words in OUTAGE_WORDS)]


def numbers(messages, family):
    return [m.json["n"] for m in messages if f"/{family}/" in m.topic]


def wait_for_events(subscriber, count, family="event"):
    harness.wait_until(lambda: len(numbers(subscriber.messages, family)) >= count, 10, f"{count} events on {family}/")


def publish_all(sink):
    sink.newest("knead/bridge/info", '{"boot":"b1"}', rank=1)
    sink.newest("knead/ball-1/availability", "online", rank=3)
    sink.newest("knead/ball-1/hold", '{"hold":1}')
    sink.newest("knead/ball-1/state", '{"phase":"idle"}', rank=2)


def retained(port):
    """What a subscriber who comes late finds."""
    late = harness.Subscriber(port)
    late.wait_for(lambda m: m.topic == "knead/bridge/availability", what="the bridge's availability")
    settle(0.1)
    late.close()
    return {m.topic: m for m in late.messages}


# ---- what arrives ----


def test_messages_carry_what_the_table_of_the_contract_says(probe, broker, subscriber):
    sink = probe(broker.port)
    sink.wait_connected()
    publish_all(sink)
    sink.event("hold", 1)
    sink.say('drop knead/ball-1/live {"force_n":1.0}')
    harness.wait_until(lambda: len(subscriber.messages) >= 7, 5, "bridge's online and six messages")
    by_topic = {m.topic: m for m in subscriber.messages}
    state, event, live = (by_topic[f"knead/ball-1/{t}"] for t in ("state", "event/hold", "live"))
    for message in (state, event, live):
        assert message.properties.ContentType == "application/json"
        assert message.properties.PayloadFormatIndicator == 1
    assert state.properties.UserProperty == [("schema", "knead/1")]
    assert not hasattr(state.properties, "MessageExpiryInterval")
    assert event.properties.MessageExpiryInterval in (59, 60)
    assert not hasattr(event.properties, "UserProperty")
    assert live.properties.MessageExpiryInterval in (4, 5)
    assert (state.qos, event.qos, live.qos) == (1, 1, 0)
    assert not hasattr(by_topic["knead/ball-1/availability"].properties, "ContentType")


def test_late_subscriber_finds_the_retained_table_and_no_event(probe, broker):
    sink = probe(broker.port, late_after_s=0.2)
    sink.event("hold", 1)
    time.sleep(0.3)  # the age of an event is real time
    sink.wait_connected()
    publish_all(sink)
    sink.event("hold", 2)
    sink.say('drop knead/ball-1/live {"force_n":1.0}')
    sink.wait_empty()
    found = retained(broker.port)
    assert set(found) == {
        "knead/bridge/availability", "knead/bridge/info", "knead/ball-1/availability", "knead/ball-1/hold",
        "knead/ball-1/state",
    }
    assert all(m.retain for m in found.values())
    assert found["knead/bridge/availability"].payload == b"online"


def test_events_reach_a_local_subscriber_without_waiting_for_anything(probe, broker, subscriber):
    sink = probe(broker.port)
    sink.wait_connected()
    waits = []
    for n in range(50):
        before = time.monotonic()
        sink.event("hold", n)
        message = subscriber.wait_for(lambda m: m.topic.endswith("/event/hold"), what=f"event {n}")
        waits.append(message.at - before)
    assert sorted(waits)[25] < 0.02, waits  # a wait for acknowledgements (40 ms) would show


# ---- coming and going ----


def test_broker_that_is_absent_at_the_start_is_found_when_it_comes(probe, tmp_path):
    later = harness.Broker(tmp_path)
    sink = probe(later.port)
    publish_all(sink)
    sink.wait_log("Connection refused")
    later.start()
    try:
        sink.wait_connected()
        sink.wait_empty()
        assert len(retained(later.port)) == 5
        assert len(outages(sink.log)) == 1
    finally:
        later.stop()


def test_events_from_before_the_first_connection_arrive_in_order(probe, proxy, broker, subscriber):
    between = proxy(None)
    sink = probe(between.port)
    for n in range(20):
        sink.event("hold", n)
    sink.stats()
    between.target = broker.port
    wait_for_events(subscriber, 20)
    assert numbers(subscriber.messages, "event") == list(range(20))
    assert numbers(subscriber.messages, "late") == []


def test_state_comes_before_online_and_values_before_events_at_every_connection(probe, proxy, broker, subscriber):
    between = proxy(broker.port)
    sink = probe(between.port)
    sink.wait_connected()
    sink.wait_empty()
    between.target = None
    between.cut()
    sink.wait_offline()
    sink.event("hold", 1)
    publish_all(sink)
    sink.stats()
    between.target = broker.port
    wait_for_events(subscriber, 1)
    topics = [m.topic for m in subscriber.messages if m.topic != "knead/bridge/availability"]
    assert topics == [
        "knead/bridge/info", "knead/ball-1/state", "knead/ball-1/availability", "knead/ball-1/hold",
        "knead/ball-1/event/hold",
    ]


def test_broker_restarted_without_persistence_gets_all_retained_documents_back(probe, broker):
    sink = probe(broker.port, look_ms=100)
    publish_all(sink)
    sink.wait_connected()
    sink.wait_empty()
    before = retained(broker.port)
    broker.stop()
    sink.wait_offline()
    broker.start()
    sink.wait_connected()
    harness.wait_until(lambda: len(retained(broker.port)) == len(before), 5, "all retained documents are back")
    after = retained(broker.port)
    assert {t: m.payload for t, m in after.items()} == {t: m.payload for t, m in before.items()}
    assert len(outages(sink.log)) == 1
    assert sink.stats()["reconnects"] == 1


def test_broker_that_kept_our_documents_is_sent_availability_and_what_changed(probe, proxy, broker, subscriber):
    between = proxy(broker.port)
    sink = probe(between.port, look_ms=5000)
    publish_all(sink)
    sink.wait_connected()
    sink.wait_empty()
    subscriber.wait_for(lambda m: m.topic == "knead/ball-1/hold")
    subscriber.messages.clear()
    between.cut()
    sink.wait_offline()
    sink.newest("knead/ball-1/hold", '{"hold":2}')
    sink.wait_connected()
    subscriber.wait_for(lambda m: b'"hold":2' in m.payload, 3)  # sooner than a look that finds nothing would take
    sent = [(m.topic, m.payload) for m in subscriber.messages if m.topic != "knead/bridge/availability"]
    assert sent == [("knead/ball-1/availability", b"online"), ("knead/ball-1/hold", b'{"hold":2}')]


def test_broker_with_documents_of_another_life_is_sent_everything(probe, proxy, broker, subscriber):
    between = proxy(broker.port)
    sink = probe(between.port, look_ms=100)
    publish_all(sink)
    sink.wait_connected()
    sink.wait_empty()
    subscriber.client.publish("knead/bridge/info", '{"boot":"old"}', qos=1, retain=True).wait_for_publish()
    subscriber.wait_for(lambda m: b"old" in m.payload)
    subscriber.messages.clear()
    between.cut()
    harness.wait_until(
        lambda: any(m.topic == "knead/ball-1/state" for m in subscriber.messages), 5, "the state is sent again")


def test_killed_sink_is_offline_for_everybody_by_its_will(probe, broker, subscriber):
    sink = probe(broker.port)
    sink.wait_connected()
    subscriber.wait_for(lambda m: m.payload == b"online")
    sink.kill()
    subscriber.wait_for(lambda m: m.topic == "knead/bridge/availability" and m.payload == b"offline")
    assert retained(broker.port)["knead/bridge/availability"].payload == b"offline"


def test_connection_that_the_broker_believes_alive_does_not_leave_us_offline(probe, proxy, broker):
    between = proxy(broker.port)
    sink = probe(between.port)
    sink.wait_connected()
    end_for_the_broker = between.lose()
    sink.wait_offline()
    sink.wait_connected()
    try:
        end_for_the_broker()
    except OSError:
        pass  # the broker has ended it, as it should
    settle()
    assert retained(broker.port)["knead/bridge/availability"].payload == b"online"


def test_guest_leaves_the_availability_of_the_bridge_alone(probe, broker, subscriber):
    sink = probe(broker.port, guest=1, client_id="guest")
    sink.wait_connected()
    sink.event("hold", 1)
    sink.wait_empty()
    sink.finish()
    wait_for_events(subscriber, 1)
    settle(0.1)
    assert [m.topic for m in subscriber.messages] == ["knead/ball-1/event/hold"]


def test_goodbye_delivers_what_waits_and_then_says_offline(probe, broker, subscriber):
    sink = probe(broker.port)
    sink.wait_connected()
    for n in range(200):
        sink.event("hold", n)
    assert sink.finish() < 1500
    subscriber.wait_for(lambda m: m.payload == b"offline")
    assert numbers(subscriber.messages, "event") == list(range(200))
    assert subscriber.messages[-1].payload == b"offline"
    assert "offline" not in sink.log and len(sink.log.splitlines()) == 1


# ---- outages ----


def test_events_of_an_outage_arrive_late_in_order_and_fresh_ones_fresh(probe, proxy, broker, subscriber):
    between = proxy(None)
    sink = probe(between.port, late_after_s=2)
    sink.stats()
    before_kb = sink.resident_kb
    for n in range(600):  # ten minutes, one event a second
        sink.event("hold", n)
    sink.stats()
    grown_kb = sink.resident_kb - before_kb
    time.sleep(2.1)  # the age of an event is real time
    for n in range(600, 610):
        sink.event("hold", n)
    sink.stats()
    between.target = broker.port
    wait_for_events(subscriber, 600, "late")
    assert numbers(subscriber.messages, "late") == list(range(600))
    assert numbers(subscriber.messages, "event") == list(range(600, 610))
    late = next(m for m in subscriber.messages if "/late/" in m.topic)
    assert late.qos == 1 and not hasattr(late.properties, "MessageExpiryInterval")
    fresh_places = [i for i, m in enumerate(subscriber.messages) if "/event/" in m.topic]
    late_places = [i for i, m in enumerate(subscriber.messages) if "/late/" in m.topic]
    assert max(fresh_places) < late_places[20], "late events held up fresh ones"
    sink.wait_empty()
    assert sink.stats()["late"] == 600 and sink.stats()["dropped_event"] == 0
    if os.environ.get("KNEAD_SANITIZE", "none") == "none":
        assert grown_kb < 1024


def test_queue_is_bounded_and_the_oldest_events_give_way(probe, proxy, broker, subscriber):
    between = proxy(None)
    sink = probe(between.port, events_max=100)
    for n in range(150):
        sink.event("hold", n)
    assert sink.stats()["dropped_event"] == 50
    between.target = broker.port
    wait_for_events(subscriber, 100)
    assert numbers(subscriber.messages, "event") == list(range(50, 150))


def test_unacknowledged_events_come_again_and_none_is_missing(probe, proxy, broker, subscriber):
    between = proxy(broker.port)
    sink = probe(between.port)
    sink.wait_connected()
    sink.wait_empty()
    between.swallow = True
    for n in range(30):
        sink.event("hold", n)
    wait_for_events(subscriber, 10)
    settle()
    assert numbers(subscriber.messages, "event") == list(range(10))
    between.cut()
    between.swallow = False
    sink.wait_offline()
    wait_for_events(subscriber, 40)
    assert numbers(subscriber.messages, "event") == [*range(10), *range(30)]


def test_live_values_of_an_outage_are_dropped_and_counted(probe):
    sink = probe(harness.free_port())
    for _ in range(7):
        sink.say('drop knead/ball-1/live {"force_n":1.0}')
    assert sink.stats()["dropped_live"] == 7


def test_broker_that_accepts_and_never_answers_holds_nobody_up(probe):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sink = probe(silent.getsockname()[1], answer_ms=300)
        before = time.monotonic()
        for n in range(500):
            sink.event("hold", n)
        assert sink.stats()["pending"] == 500
        assert time.monotonic() - before < 1
        sink.wait_log("does not answer")
        settle(1)
        assert len(outages(sink.log)) == 1
        assert sink.finish() < 2200


def test_absent_broker_costs_no_processor_time_and_one_line(probe):
    sink = probe(harness.free_port(), backoff_min_ms=1000, backoff_max_ms=60000)
    sink.wait_log("Connection refused")
    before_s = sink.cpu_s
    for n in range(100):
        sink.event("hold", n)
    settle(1)
    assert sink.cpu_s - before_s <= 0.05
    assert len(outages(sink.log)) == 1
    assert sink.finish() < 500


def test_name_that_does_not_resolve_blocks_nothing(probe):
    sink = probe(1883, host="broker.knead.invalid")
    before = time.monotonic()
    for n in range(500):
        sink.event("hold", n)
    assert sink.stats()["pending"] == 500
    assert time.monotonic() - before < 1
    assert sink.finish() < 2300


def test_frozen_broker_does_not_delay_the_goodbye_beyond_its_time(probe, broker):
    sink = probe(broker.port)
    sink.wait_connected()
    sink.wait_empty()
    os.kill(broker.process.pid, signal.SIGSTOP)
    try:
        for n in range(50):
            sink.event("hold", n)
        assert sink.finish() < 2300
    finally:
        os.kill(broker.process.pid, signal.SIGCONT)


# ---- protocols ----


@pytest.mark.parametrize("answer", [b"\x20\x02\x00\x01", b"\x20\x03\x00\x84\x00", b""], ids=["3.1.1", "132", "closes"])
def test_broker_without_mqtt_5_is_spoken_to_in_3_1_1(probe, proxy, broker, subscriber, answer):
    old = proxy(broker.port, refuse_5=answer)
    sink = probe(old.port)
    publish_all(sink)
    sink.event("hold", 1)
    sink.wait_connected()
    sink.wait_empty()
    assert sink.stats()["protocol"] == 4
    assert old.levels == [5, 4]
    assert "connected with MQTT 3.1.1" in sink.log and not outages(sink.log)
    wait_for_events(subscriber, 1)
    old.cut()
    sink.wait_offline()
    subscriber.wait_for(lambda m: m.payload == b"offline")
    sink.wait_connected()


def test_broker_that_closes_every_connection_is_tried_with_patience(probe, proxy):
    nobody = proxy(None)
    sink = probe(nobody.port, backoff_min_ms=400, backoff_max_ms=400)
    settle(1)
    assert len(nobody.levels) <= 8
    assert len(outages(sink.log)) == 1


# ---- rights ----


def make_passwords(folder, password):
    path = folder / "passwords"
    path.unlink(missing_ok=True)
    path.touch(0o600)
    subprocess.run(["mosquitto_passwd", "-b", path, "ball", password], check=True, capture_output=True)
    return path


@pytest.mark.parametrize("protocol", [5, 4])
def test_wrong_password_is_told_once_and_tried_again(probe, tmp_path, protocol):
    passwords = make_passwords(tmp_path, "right-one")
    secret = tmp_path / "secret"
    secret.write_text("wrong-one\n")
    secret.chmod(0o600)
    broker = harness.Broker(tmp_path, "allow_anonymous false", f"password_file {passwords}", "user root").start()
    try:
        sink = probe(broker.port, protocol=protocol, username="ball", password_file=secret)
        sink.wait_log("refuses the connection")
        settle(0.7)
        tries = (tmp_path / "mosquitto.log").read_text().count("not authorised")
        assert 2 <= tries <= 5
        assert len(outages(sink.log)) == 1
        secret.write_text("right-one\n")
        sink.wait_connected()
        assert "right-one" not in sink.log and "wrong-one" not in sink.log
    finally:
        broker.stop()


def test_password_comes_from_the_credential_of_the_unit(probe, tmp_path):
    passwords = make_passwords(tmp_path, "from-systemd")
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "mqtt-password").write_text("from-systemd")
    broker = harness.Broker(tmp_path, "allow_anonymous false", f"password_file {passwords}", "user root").start()
    try:
        sink = probe(broker.port, username="ball", env={"CREDENTIALS_DIRECTORY": str(credentials)})
        sink.wait_connected()
    finally:
        broker.stop()


def test_password_that_everybody_may_read_is_warned_about_once(probe, broker, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("x\n")
    secret.chmod(0o644)
    sink = probe(broker.port, username="ball", password_file=secret)
    sink.wait_connected()
    assert sink.log.count("everybody may read") == 1


def test_message_that_the_broker_refuses_is_told_once_and_not_sent_for_ever(probe, tmp_path):
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite knead/bridge/#\ntopic write knead/ball-1/state\n")
    acl.chmod(0o600)
    broker = harness.Broker(tmp_path, f"acl_file {acl}", "user root").start()
    try:
        sink = probe(broker.port)
        sink.wait_connected()
        for n in range(5):
            sink.event("hold", n)
        sink.wait_empty()
        assert sink.stats()["dropped_event"] == 5
        assert sink.log.count("does not take knead/ball-1/event/hold") == 1
        assert sink.stats()["connected"]
    finally:
        broker.stop()
