# SPDX-License-Identifier: MIT
"""A virtual machine with Debian's normal kernel and an emulated FTDI adapter that is plugged in and pulled out.

QEMU says over one socket what is plugged in (QMP), the agent inside runs commands over another, and a third is the serial
line behind the adapter. The disk is an overlay over the one that scripts/setup --usb made: it keeps what is written through
a power cut, and goes with the test.
"""
import base64
import itertools
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

import harness

DISK = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "knead/usb"
QEMU = "qemu-system-x86_64"
SERIAL = "BALL0001"
ADAPTER = {"driver": "usb-serial", "id": "adapter", "bus": "xhci.0", "chardev": "line", "serial": SERIAL}
HOST = "10.0.2.2"  # how the machine calls this one
BOOT_S = 900  # emulated, on a busy machine
COMMAND_S = 120


def why_not():
    """Why no machine can be booted here, or None."""
    for program in (QEMU, "qemu-img"):
        if shutil.which(program) is None:
            return f"no {program}: scripts/setup --usb installs it"
    checked = subprocess.run([harness.TOP / "scripts/setup-usb", "--check"], capture_output=True, text=True)
    return checked.stderr.strip() if checked.returncode != 0 else None


def accelerator():
    """The processor's own virtualization where there is one: a bare /dev/kvm may want guests made for it."""
    flags = next((line for line in open("/proc/cpuinfo") if line.startswith("flags")), "").split()
    if {"vmx", "svm"} & set(flags) and os.access("/dev/kvm", os.R_OK | os.W_OK):
        return ["-accel", "kvm", "-cpu", "host"]
    return ["-accel", "tcg,thread=multi", "-cpu", "Nehalem"]


class Lines:
    """JSON objects, one a line, over a socket that QEMU listens on."""

    def __init__(self, path, alive):
        self.socket = socket.socket(socket.AF_UNIX)
        harness.wait_until(lambda: alive() and self.connects(path), 30, f"QEMU listens on {path.name}")
        self.rest = b""

    def connects(self, path):
        try:
            self.socket.connect(str(path))
        except OSError:
            return False
        return True

    def say(self, message):
        self.socket.settimeout(30)
        self.socket.sendall(json.dumps(message).encode() + b"\n")

    def hear(self, timeout_s):
        """The next object; TimeoutError if none comes."""
        deadline = time.monotonic() + timeout_s
        while b"\n" not in self.rest:
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            if not (more := self.socket.recv(65536)):
                raise ConnectionError("QEMU has closed the socket")
            self.rest += more
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def close(self):
        self.socket.close()


class Machine:
    """start(), then run() commands, plug() and pull() the adapter; cut_power() or shut_down(), and start() again."""

    def __init__(self, folder, parcel):
        """parcel: a tar archive that the machine sees as its second disk."""
        self.folder, self.parcel = pathlib.Path(folder), parcel
        self.disk, self.console = self.folder / "disk.qcow2", self.folder / "console.log"
        self.process = self.monitor = self.agent = None
        self.numbers = itertools.count(1)
        make = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", DISK / "disk", "-F", "raw", self.disk]
        subprocess.run(make, check=True, capture_output=True)

    # ---- power ----

    def start(self, plugged):
        """Boots, with the adapter in its socket from the first moment or not. The line has to be connected then."""
        sockets = {name: self.folder / name for name in ("monitor", "agent", "line")}
        for path in sockets.values():
            path.unlink(missing_ok=True)
        command = [
            QEMU, *accelerator(), "-m", "512", "-smp", "2", "-nodefaults", "-display", "none", "-no-reboot", "-rtc", "base=utc",
            "-kernel", DISK / "vmlinuz", "-initrd", DISK / "initrd",
            "-append", "root=/dev/vda rw console=ttyS0 quiet mitigations=off systemd.show_status=no",
            "-drive", f"file={self.disk},format=qcow2,if=virtio", "-drive", f"file={self.parcel},format=raw,if=virtio,readonly=on",
            "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net",
            "-chardev", f"file,id=console,path={self.console},append=on", "-serial", "chardev:console",
            "-chardev", f"socket,id=monitor,path={sockets['monitor']},server=on,wait=off", "-mon", "chardev=monitor,mode=control",
            "-chardev", f"socket,id=agent,path={sockets['agent']},server=on,wait=off", "-device", "virtio-serial-pci",
            "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
            "-chardev", f"socket,id=line,path={sockets['line']},server=on,wait=off", "-device", "qemu-xhci,id=xhci",
        ]
        if plugged:
            command += ["-device", ",".join([ADAPTER["driver"], "always-plugged=on", *(f"{k}={v}" for k, v in ADAPTER.items() if k != "driver")])]
        log = open(self.folder / "qemu.log", "ab")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.monitor, self.agent = (Lines(sockets[name], self.alive) for name in ("monitor", "agent"))
        self.monitor.hear(30)
        self.tell("qmp_capabilities")
        return self

    def alive(self):
        if self.process.poll() is not None:
            raise AssertionError(f"QEMU ended: {(self.folder / 'qemu.log').read_text()[-2000:]}")
        return True

    def wait_until_up(self):
        """Until the agent runs; what was to be started at boot may still be starting."""
        deadline = time.monotonic() + BOOT_S
        while time.monotonic() < deadline:
            number = next(self.numbers)
            self.agent.say({"execute": "guest-sync", "arguments": {"id": number}})
            try:
                # Answers to those that went before may come first.
                while self.agent.hear(15).get("return") != number:
                    pass
                return self
            except TimeoutError:
                self.alive()
        raise AssertionError(f"within {BOOT_S} s: the machine boots; its console: {self.console.read_text(errors='replace')[-3000:]}")

    def cut_power(self):
        """What the machine had not written to its disk by now is lost."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
            for one in (self.monitor, self.agent):
                one.close() if one else None
            self.monitor = self.agent = None

    def shut_down(self):
        """In order, as a person would; then the power is off."""
        self.agent.say({"execute": "guest-shutdown"})
        self.process.wait(COMMAND_S)
        self.cut_power()

    # ---- the adapter ----

    def tell(self, command, **arguments):
        """One QMP command; events that come in between are passed over."""
        self.monitor.say({"execute": command, "arguments": arguments})
        while "event" in (answer := self.monitor.hear(30)):
            pass
        assert "error" not in answer, answer
        return answer["return"]

    def plug(self):
        # Plugged in whether or not somebody has the other end of the line.
        self.tell("device_add", **ADAPTER, **{"always-plugged": True})

    def pull(self):
        self.tell("device_del", id=ADAPTER["id"])

    # ---- inside ----

    def ask(self, command, **arguments):
        self.agent.say({"execute": command, "arguments": arguments})
        answer = self.agent.hear(COMMAND_S)
        assert "error" not in answer, answer
        return answer["return"]

    def tried(self, script, timeout_s=COMMAND_S):
        """Runs a shell script as root; its exit status and what it said."""
        pid = self.ask("guest-exec", path="/bin/sh", arg=["-c", f"exec 2>&1\n{script}"], **{"capture-output": True})["pid"]
        deadline = time.monotonic() + timeout_s
        while not (status := self.ask("guest-exec-status", pid=pid))["exited"]:
            assert time.monotonic() < deadline, f"within {timeout_s} s in the machine: {script}"
            time.sleep(0.1)
        return status.get("exitcode", -1), base64.b64decode(status.get("out-data", "")).decode(errors="replace")

    def run(self, script, timeout_s=COMMAND_S):
        """Runs a shell script that has to succeed; what it said."""
        code, out = self.tried(script, timeout_s)
        assert code == 0, f"{script}: {code}: {out[-3000:]}"
        return out

    def wait_for(self, script, timeout_s=COMMAND_S):
        """Until a shell script succeeds; what it said then."""
        deadline = time.monotonic() + timeout_s
        while (last := self.tried(script, timeout_s))[0] != 0:
            assert time.monotonic() < deadline, f"within {timeout_s} s in the machine: {script}: {last[1][-3000:]}"
            time.sleep(0.3)
        return last[1]
