# SPDX-License-Identifier: MIT
"""A package, a kernel, a USB adapter: from `dpkg -i` to events at a subscriber, and what a pulled cable does."""
import machine as machines
import story as stories

NODE = "character special file, root, dialout, 660"


def test_the_package_installs_and_its_service_runs_without_ball_and_broker(installed):
    assert not installed.kernel.endswith("cloud-amd64")
    assert installed.status == "installed"
    service = installed.service
    assert (service["ActiveState"], service["UnitFileState"], service["User"]) == ("active", "enabled", "knead"), installed.said
    assert service["NRestarts"] == "0"


def test_with_a_broker_it_is_online_and_the_ball_is_not(installed):
    assert (installed.configured["ActiveState"], installed.configured["NRestarts"]) == ("active", "0")


def test_udev_gives_the_ball_a_name_that_stays(plugged):
    assert plugged.links.target == "/dev/ttyUSB0"
    assert plugged.links.by_id[1] == "/dev/ttyUSB0"
    assert f"_{machines.SERIAL}-" in plugged.links.by_id[0]
    assert plugged.links.node == NODE


def test_the_service_opens_the_port_when_it_comes(plugged):
    assert plugged.opened == "/dev/ttyUSB0"


def test_the_list_of_ports_tells_what_is_plugged_in(plugged):
    [line] = [line for line in plugged.ports.splitlines() if "ttyUSB0" in line]
    assert "0403:6001" in line and machines.SERIAL in line


def test_of_a_thousand_samples_each_is_counted_once(played):
    assert played.sent == 1000
    assert played.diag["frames"] == 1000
    assert (played.diag["frame_errors"], played.diag["gaps"]) == (0, 0)
    assert played.diag["resyncs"] == 1, "framing begins when the port opens, and never again"


def test_the_events_reach_the_subscriber_in_order_and_none_is_missing(played):
    assert [e["event_type"] for e in played.events] == ["session_start", "hold_start", "hold_target", "hold_end", "release"]
    assert [e["n"] for e in played.events] == list(range(1, 6))


def test_the_hold_is_as_long_and_as_hard_as_it_was(played):
    assert abs(played.hold_end["duration_s"] - stories.HOLD_S) < 0.02
    assert abs(played.hold_end["mean_n"] - stories.HOLD_N) < 0.5
    assert (played.hold_end["cause"], played.hold_end["flags"]) == ("lifted", [])


def test_a_cable_pulled_in_a_hold_ends_it_as_lost_with_the_last_sample(pulled):
    assert pulled.hold_end["cause"] == "lost"
    assert pulled.hold_end["hold_id"] == pulled.hold_start["hold_id"]
    # At most as long as the ball was pressed while it had a cable; it is certain only after hold_min_s.
    assert 3 <= pulled.hold_end["duration_s"] <= pulled.held_s + 0.05


def test_a_ball_that_is_plugged_in_again_is_back_by_itself(pulled):
    assert pulled.links.target.startswith("/dev/ttyUSB")
    assert pulled.links.node == NODE
    assert (pulled.gone["ActiveState"], pulled.back["ActiveState"], pulled.back["NRestarts"]) == ("active", "active", "0")
    assert pulled.back["MainPID"] == pulled.gone["MainPID"]


def test_the_hold_after_that_is_whole(pulled):
    assert abs(pulled.next_hold_end["duration_s"] - stories.HOLD_S) < 0.02
    assert pulled.next_hold_end["cause"] == "lifted"
