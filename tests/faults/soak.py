#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
Hours of simulated use, as fast as asked: through kneadd, with a real broker and its journal, and through `knead replay`. Resident
memory is sampled all the while, and what kneadd told is compared with what the replay says: nothing may be missing.

The bytes come over tcp://, so kneadd sees a port; time is the device's own. The first hour is not counted: until then buffers and
histories fill.
"""
import argparse
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import harness  # noqa: E402
import scene as scenes  # noqa: E402
import verdict  # noqa: E402
import witness as witnesses  # noqa: E402

COUNTS_PER_N = 8400
RATE_HZ = 80
CHUNK_S = 30  # of simulated time, written at once
CALIBRATION = ["-o", f"device ball-1.counts_per_n={COUNTS_PER_N}"]


def simulate(path, hours, seed):
    """Writes hours of mixed use; returns how many bytes. Everything but the seed is as typical as it gets."""
    command = [harness.KNEAD, "simulate", "--scenario", "mixed", "--stratum", "s1", "--rate", str(RATE_HZ), "--seed", str(seed)]
    subprocess.run([*command, "--for", str(hours * 3600), "-O", path], check=True)
    return path.stat().st_size


class Server:
    """A serial server with one client: plays a file at a pace."""

    def __init__(self, path, size, hours, speed):
        self.path, self.per_chunk = path, size * CHUNK_S // (hours * 3600)
        self.chunk_s, self.hours, self.played_s = CHUNK_S / speed, hours, 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.over = threading.Event()
        threading.Thread(target=self.play, daemon=True).start()

    def play(self):
        client, _ = self.listening.accept()
        with client, open(self.path, "rb") as stream:
            began = time.monotonic()
            while chunk := stream.read(self.per_chunk):
                client.sendall(chunk)
                self.played_s += CHUNK_S
                time.sleep(max(0.0, began + self.played_s / CHUNK_S * self.chunk_s - time.monotonic()))
            self.over.set()
            client.recv(1)  # until kneadd leaves


def sample_daemon(pid, server):
    """[(simulated hours, resident KiB)] until the file has been played."""
    samples = []
    while not server.over.wait(0.25):
        samples.append((server.played_s / 3600, verdict.Vitals(pid).rss_kb))
    return samples


def sample_replay(path):
    """Replays the file; returns its records and [(share of the run, resident KiB)]."""
    with tempfile.TemporaryFile() as out:
        command = [harness.KNEAD, "replay", "--device", "ball-1", *CALIBRATION, path]
        process, samples = subprocess.Popen(command, stdout=out), []
        while process.poll() is None:
            try:
                samples.append(verdict.Vitals(process.pid).rss_kb)
            except (FileNotFoundError, KeyError, ProcessLookupError):
                break  # it has just ended
            time.sleep(0.02)
        assert process.wait() == 0
        out.seek(0)
        records = [json.loads(line) for line in out]
    return records, [(i / len(samples), rss_kb) for i, rss_kb in enumerate(samples)]


def without_wall(record):
    return {key: value for key, value in record.items() if key not in ("boot", "n", "ts", "start", "end")}


def run_daemon(folder, server):
    """Returns the samples, what was told, and what kneadd says of its frames."""
    broker = harness.Broker(folder).start()
    witness = witnesses.Witness(broker.port)
    text = "\n".join([
        "[mqtt]", "host = 127.0.0.1", f"port = {broker.port}", "[homeassistant]", "discovery = off", "[device ball-1]",
        f"port = tcp://127.0.0.1:{server.port}", f"counts_per_n = {COUNTS_PER_N}", "",
    ])
    daemon = harness.Daemon(folder, text)
    try:
        samples = sample_daemon(daemon.process.pid, server)
        wait_read(witness)
        assert witness.ask_health(60)["mqtt"]["dropped"]["event"] == 0
        assert daemon.stop() == 0, daemon.log
        time.sleep(1)
        return samples, witness.told(), json.loads(witness.latest("knead/ball-1/diag"))
    finally:
        if daemon.process.poll() is None:
            daemon.stop()
        witness.close()
        broker.stop()


def wait_read(witness):
    """Until kneadd has nothing left to read: its newest sample stays the newest for a second."""
    newest, before = None, object()
    while newest != before:
        newest, before = witness.ask_health(60)["devices"]["ball-1"]["last_frame"], newest
        time.sleep(1)


def soak(hours, speed, seed):
    """The figures of one soak."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        size = simulate(folder / "stream.txt", hours, seed)
        server = Server(folder / "stream.txt", size, hours, speed)
        samples, told, diag = run_daemon(folder, server)
        records, replay_samples = sample_replay(folder / "stream.txt")
    live = [without_wall(json.loads(payload)) for _, payload in sorted(verdict.by_key(told).items(), key=lambda item: item[0][1])]
    wanted = [without_wall(r) for r in records]
    over = [r for r in live if r.get("kind") == "no_data" and r["t_s"] >= hours * 3600 - 1]
    live = [r for r in live if r not in over]  # the silence after the end, which a file does not have
    after_first = [rss_kb for hour, rss_kb in samples if hour >= min(1, hours / 4)]
    replayed = [rss_kb for share, rss_kb in replay_samples if share >= 0.05]
    return {
        "hours": hours, "samples": diag["frames"], "events": len(wanted),
        "missing": len([r for r in wanted if r not in live]) if live != wanted else 0,
        "invented": len([r for r in live if r not in wanted]) if live != wanted else 0,
        "doubled": verdict.doubled(told), "holes": len(verdict.holes(told)),
        "rss_start_kb": after_first[0], "rss_end_kb": after_first[-1], "rss_most_kb": max(after_first),
        "replay_rss_start_kb": replayed[0], "replay_rss_end_kb": replayed[-1], "replay_rss_most_kb": max(replayed),
    }


def note(place, figures, speed):
    """For the table of the README."""
    grown_kb = figures["rss_end_kb"] - figures["rss_start_kb"]
    hours = f"{figures['hours']} simulated hours" if figures["hours"] > 1 else "a simulated hour"
    scenes.note(place, f"{hours} of mixed use, {speed:.0f} times as fast", "all its events",
                samples=figures["samples"], events=figures["events"], lost=figures["missing"], doubled=figures["doubled"], grown_kb=grown_kb)


def main():
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=int, default=24, help="simulated hours (default 24)")
    parser.add_argument("--speed", type=float, default=720, help="times as fast as the hand (default 720: a day in two minutes)")
    parser.add_argument("--seed", type=int, default=1, help="of the simulated use (default 1)")
    given = parser.parse_args()
    figures = soak(given.hours, given.speed, given.seed)
    note(98, figures, given.speed)
    print("soak " + " ".join(f"{key}={value}" for key, value in figures.items()))
    return 0 if figures["missing"] == figures["invented"] == figures["holes"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
