# SPDX-License-Identifier: MIT
"""knead record and knead list, from outside: pseudo-terminals for devices, a made-up tree for serial ports."""
import json
import os
import re
import signal
import subprocess
import tty

import pytest

from harness import KNEAD, stop, wait_until


class Ball:
    """A device on a pseudo-terminal, with a link that stays the same when it is plugged in again."""

    def __init__(self, link):
        self.link, self.fd = link, None

    def plug(self):
        self.fd, ours = os.openpty()
        tty.setraw(ours)
        fresh = self.link.with_suffix(".new")
        fresh.symlink_to(os.ttyname(ours))
        fresh.rename(self.link)
        os.close(ours)
        return self

    def send(self, data):
        os.write(self.fd, data)

    def unplug(self):
        self.link.unlink()  # the kernel gives its number to the next pseudo-terminal, maybe another test's
        os.close(self.fd)
        self.fd = None


@pytest.fixture
def ball(tmp_path):
    device = Ball(tmp_path / "ball").plug()
    yield device
    if device.fd is not None:
        device.unplug()


class Recording:
    def __init__(self, folder, *words):
        self.path = folder / "out.kcap"
        self.log = folder / "record.log"
        command = [KNEAD, "record", "-O", self.path, *words]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=open(self.log, "w"))

    def said(self, text, times=1):
        return self.log.read_text().count(text) >= times

    def lines(self):
        return self.path.read_text().splitlines()

    def received(self):
        """All bytes that came, put together again."""
        text = "".join(line.split(" ", 2)[2] for line in self.lines()[1:] if re.match(r"\d+ < ", line))
        return text.encode().decode("unicode_escape").encode("latin-1")

    def marks(self):
        return [line.split(" ", 2)[2] for line in self.lines()[1:] if re.match(r"\d+ ! ", line)]


def test_what_a_file_holds_is_recorded_to_its_end(tmp_path):
    data = bytes(range(256)) * 300
    (tmp_path / "log").write_bytes(data)
    recording = Recording(tmp_path, "--port", tmp_path / "log", "--note", "all bytes")
    assert recording.process.wait(20) == 0
    assert recording.received() == data
    assert recording.marks() == ["open", "end"]
    header = json.loads(recording.lines()[0])
    assert list(header)[0] == "kneadcap" and header["kneadcap"] == 1
    assert header["port"] == str(tmp_path / "log") and header["note"] == "all bytes"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", header["start"])


def test_times_in_a_recording_only_go_up(tmp_path, ball):
    recording = Recording(tmp_path, "--port", ball.link)
    wait_until(lambda: recording.said("is open"), 10, "the port is open")
    for i in range(200):
        ball.send(b"%d\r\n" % i)
    wait_until(lambda: recording.received().endswith(b"199\r\n"), 10, "everything is in the file within its second")
    assert stop(recording.process) == 0
    times = [int(line.split(" ", 1)[0]) for line in recording.lines()[1:]]
    assert times == sorted(set(times))
    assert recording.received() == b"".join(b"%d\r\n" % i for i in range(200))


def test_recording_goes_on_over_an_unplugged_device(tmp_path, ball):
    recording = Recording(tmp_path, "--port", f"pty:{ball.link}")
    wait_until(lambda: recording.said("is open"), 10, "the port is open")
    ball.send(b"1\r\n2\r\n")
    wait_until(lambda: recording.received() == b"1\r\n2\r\n", 10, "the first bytes are in the file")
    ball.unplug()
    wait_until(lambda: recording.said("other side closed; waiting"), 1, "the loss is told within a second")
    ball.plug()
    wait_until(lambda: recording.said("is open", 2), 10, "the port is open again")
    ball.send(b"3\r\n")
    wait_until(lambda: recording.received() == b"1\r\n2\r\n3\r\n", 10, "the bytes after are in the file")
    recording.process.send_signal(signal.SIGINT)
    assert recording.process.wait(10) == 0
    assert recording.marks() == ["open", "close", "open", "end"]


def test_a_device_that_stays_away_costs_one_line_and_no_processor_time(tmp_path, ball):
    recording = Recording(tmp_path, "--port", ball.link, "--for", "4")
    wait_until(lambda: recording.said("is open"), 10, "the port is open")
    ball.unplug()
    _, status, used = os.wait4(recording.process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert used.ru_utime + used.ru_stime < 0.4
    told = [line for line in recording.log.read_text().splitlines() if line.startswith("knead: record:")]
    assert len(told) == 3, told
    assert recording.marks() == ["open", "close", "end"]


def test_a_busy_port_is_named_with_its_holder_and_the_capture_of_before_is_kept(tmp_path, ball):
    recording = Recording(tmp_path, "--port", ball.link)
    wait_until(lambda: recording.said("is open"), 10, "the port is open")
    kept = tmp_path / "kept.kcap"
    kept.write_text("precious")
    second = subprocess.run([KNEAD, "record", "--port", ball.link, "-O", kept], capture_output=True, text=True, timeout=10)
    assert second.returncode == 1
    assert f"is held by knead (pid {recording.process.pid})" in second.stderr
    assert kept.read_text() == "precious"
    assert stop(recording.process) == 0


def test_a_full_disk_ends_the_recording_with_a_reason(tmp_path):
    (tmp_path / "log").write_text("1\n")
    command = [KNEAD, "record", "--port", tmp_path / "log", "-O", "/dev/full"]
    out = subprocess.run(command, capture_output=True, text=True, timeout=10)
    assert out.returncode == 1
    assert "/dev/full: cannot be written: No space left on device" in out.stderr


@pytest.mark.parametrize(
    "words, wrong",
    [
        ([], "no capture to write"),
        (["-O", "x"], "nothing to read"),
        (["-O", "x", "--port", "/dev/null", "--for", "soon"], "not a number of seconds"),
        (["-O", "x", "--port", "/dev/null", "--baud", "fast"], "baud"),
        (["-O", "x", "--port", "/dev/null", "--format", "morse"], "format"),
        (["-O", "x", "--port", "/dev/null", "--device", "Not A Name"], "name of a device"),
        (["-O", "x", "--port", "/dev/null", "more"], "takes options only"),
        (["-c", "/nonexistent.conf", "--device", "ball", "-O", "x"], "/nonexistent.conf"),
    ],
)
def test_bad_usage_is_refused_before_anything_is_written(tmp_path, words, wrong):
    out = subprocess.run([KNEAD, "record", *words], capture_output=True, text=True, timeout=10, cwd=tmp_path)
    assert out.returncode == 2
    assert wrong in out.stderr and out.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_device_of_the_configuration_is_recorded_with_its_settings(tmp_path):
    (tmp_path / "log").write_text("1\n2\n")
    conf = tmp_path / "kneadd.conf"
    conf.write_text(f"[device roller-1]\nport = {tmp_path}/log\nkind = roller\ncounts_per_n = -412.25\n")
    recording = Recording(tmp_path, "-c", conf, "--device", "roller-1")
    assert recording.process.wait(10) == 0
    header = json.loads(recording.lines()[0])
    assert header["id"] == "roller-1"
    assert header["device"]["kind"] == "roller" and float(header["device"]["counts_per_n"]) == -412.25
    out = subprocess.run([KNEAD, "record", "-c", conf, "--device", "ball", "-O", "x"], capture_output=True, text=True)
    assert out.returncode == 2 and "no device ball" in out.stderr


def plug_serial(root, tty_name, vendor, product, serial, links=()):
    usb = root / "sys/devices/usb1/1-1"
    port = usb / f"1-1:1.0/{tty_name}/tty/{tty_name}"
    for folder in (port, root / "sys/class/tty", root / "dev/serial/by-id"):
        folder.mkdir(parents=True)
    for name, text in (("idVendor", vendor), ("idProduct", product), ("serial", serial)):
        (usb / name).write_text(text + "\n")
    (port / "device").symlink_to("../..")
    (root / f"sys/class/tty/{tty_name}").symlink_to(port)
    # The node stands for the device: whoever has the same file open holds it.
    (root / f"dev/{tty_name}").write_text("")
    for link in links:
        (root / f"dev/serial/by-id/{link}").symlink_to(f"../../{tty_name}")


def list_ports(root, *words):
    out = subprocess.run([KNEAD, "list", "--sysroot", root, *words], capture_output=True, text=True, timeout=10)
    assert out.returncode == 0 and out.stderr == ""
    return out.stdout


def test_list_shows_a_port_with_its_names_and_its_holder(tmp_path):
    plug_serial(tmp_path, "ttyUSB0", "0403", "6001", "A1B2", ["usb-FTDI_A1B2-if00-port0"])
    fd = tmp_path / "proc/512/fd"
    fd.mkdir(parents=True)
    (tmp_path / "proc/512/comm").write_text("ModemManager\n")
    (fd / "7").symlink_to(tmp_path / "dev/ttyUSB0")
    head, row = list_ports(tmp_path).splitlines()
    assert head.split() == ["PORT", "USB", "SERIAL", "HELD", "BY", "BY-ID"]
    link = tmp_path / "dev/serial/by-id/usb-FTDI_A1B2-if00-port0"
    assert row.split() == [str(tmp_path / "dev/ttyUSB0"), "0403:6001", "A1B2", "ModemManager", "(512)", str(link)]
    (port,) = json.loads(list_ports(tmp_path, "--json"))
    assert port["usb"] == "0403:6001" and port["serial"] == "A1B2" and port["by_id"] == str(link)
    assert port["held_by"] == {"name": "ModemManager", "pid": 512}


def test_list_says_plainly_that_there_are_no_ports(tmp_path):
    assert list_ports(tmp_path).startswith("no serial ports: plug the device in")
    assert json.loads(list_ports(tmp_path, "--json")) == []


def test_list_works_on_this_machine():
    out = subprocess.run([KNEAD, "list"], capture_output=True, text=True, timeout=10)
    assert out.returncode == 0 and out.stdout != ""


@pytest.mark.parametrize("verb", ["list", "record"])
def test_help_is_on_standard_output_and_narrow(verb):
    out = subprocess.run([KNEAD, verb, "--help"], capture_output=True, text=True, timeout=10)
    assert out.returncode == 0 and out.stderr == ""
    assert all(len(line) < 80 for line in out.stdout.splitlines())
