#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How many state rows the recorder of a real Home Assistant stores, with the shipped defaults. Prints them by entity.

rates.py [--scenario NAME] [--minutes N] [--seed N] [-o KEY=VALUE]: a simulated ball plays the scenario in real time; rows of
the minutes that were measured, scaled to an hour. Needs scripts/setup --homeassistant, and root.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import harness  # noqa: E402
import house as houses  # noqa: E402

SETTLE_S = 20  # the rows of coming up are not those of an hour


def measure(folder, scenario, seed, minutes, options):
    """Rows by entity within so many minutes of the scenario."""
    link = folder / "ball"
    simulated = [harness.KNEAD, "simulate", "--scenario", scenario, "--seed", str(seed), "--pty", link]
    ball = subprocess.Popen(simulated, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    broker, house, daemon = harness.Broker(folder).start(), houses.HomeAssistant(folder), None
    try:
        house.start().onboard()
        house.add_broker(broker.port)
        lines = ["[mqtt]", f"port = {broker.port}", "[device ball-1]", f"port = pty:{link}", "counts_per_n = 8400", *options]
        daemon = harness.Daemon(folder, "\n".join(lines) + "\n")
        house.wait("binary_sensor.ball_1_link", "on", 60)
        time.sleep(SETTLE_S)
        since = time.time()
        time.sleep(minutes * 60)
        until = time.time()
        time.sleep(3)  # the recorder commits each second
        return {entity: rows for entity, rows in house.rows(since, until).items() if "ball_1" in entity or "knead" in entity}
    finally:
        ball.terminate()
        ball.wait()
        if daemon:
            daemon.stop()
        house.stop()
        broker.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", default="session")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", action="append", default=[], metavar="KEY=VALUE", help="a key of the device")
    asked = parser.parse_args()
    if reason := houses.why_not():
        sys.exit(reason)
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(pathlib.Path(folder), asked.scenario, asked.seed, asked.minutes, asked.o)
    hourly = 60 / asked.minutes
    for entity, count in sorted(rows.items(), key=lambda item: -item[1]):
        print(f"{entity:44} {count:6} {count * hourly:8.0f}/h")
    total = sum(rows.values())
    print(f"{asked.scenario}, {asked.minutes:g} min: {total} rows, {total * hourly:.0f} an hour")


if __name__ == "__main__":
    main()
