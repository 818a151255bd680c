#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How many state rows the recorder of a real Home Assistant stores, with the shipped defaults. Prints them by entity.

rates.py [--scenario NAME]... [--minutes N] [--seed N] [-o KEY=VALUE]: for each scenario a simulated ball plays it in real time,
all at one kneadd and one Home Assistant; rows of the minutes that were measured, by ball, and scaled to an hour.
Needs scripts/setup --homeassistant, and root.
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
SCENARIOS = ["session", "mixed", "roll", "press-set", "idle"]


def name(number, scenario):
    return f"{scenario}-{number}"


def configuration(folder, broker_port, scenarios, options):
    lines = ["[mqtt]", f"port = {broker_port}"]
    for number, scenario in enumerate(scenarios, 1):
        port = folder / name(number, scenario)
        lines += [f"[device {name(number, scenario)}]", f"port = pty:{port}", "counts_per_n = 8400", *options]
    return "\n".join(lines) + "\n"


def measure(folder, scenarios, seed, minutes, options):
    """Rows by entity within so many minutes of the scenarios; and all that is wrong in the log of kneadd."""
    balls = [subprocess.Popen([harness.KNEAD, "simulate", "--scenario", scenario, "--seed", str(seed), "--pty",
                               folder / name(number, scenario)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
             for number, scenario in enumerate(scenarios, 1)]
    broker, house, daemon = harness.Broker(folder).start(), houses.HomeAssistant(folder), None
    try:
        house.start().onboard()
        house.add_broker(broker.port)
        daemon = harness.Daemon(folder, configuration(folder, broker.port, scenarios, options))
        for number, scenario in enumerate(scenarios, 1):
            house.wait(f"binary_sensor.{name(number, scenario).replace('-', '_')}_link", "on", 60)
        time.sleep(SETTLE_S)
        since = time.time()
        time.sleep(minutes * 60)
        until = time.time()
        time.sleep(3)  # the recorder commits each second
        print(f"log of kneadd:\n{daemon.log}")
        return house.rows(since, until)
    finally:
        for ball in balls:
            ball.terminate()
            ball.wait()
        if daemon:
            daemon.stop()
        house.stop()
        broker.stop()


def show(title, rows, hourly):
    for entity, count in sorted(rows.items(), key=lambda item: -item[1]):
        print(f"{entity:54} {count:6} {count * hourly:8.0f}/h")
    print(f"{title}: {sum(rows.values())} rows, {sum(rows.values()) * hourly:.0f} an hour\n", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", action="append", help=f"default: {' '.join(SCENARIOS)}")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", action="append", default=[], metavar="KEY=VALUE", help="a key of each device")
    asked = parser.parse_args()
    if reason := houses.why_not():
        sys.exit(reason)
    scenarios, hourly = asked.scenario or SCENARIOS, 60 / asked.minutes
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(pathlib.Path(folder), scenarios, asked.seed, asked.minutes, asked.o)
    for number, scenario in enumerate(scenarios, 1):
        prefix = name(number, scenario).replace("-", "_") + "_"
        show(scenario, {entity: n for entity, n in rows.items() if entity.split(".")[1].startswith(prefix)}, hourly)
    show("bridge", {entity: n for entity, n in rows.items() if entity.split(".")[1].startswith("knead_")}, hourly)


if __name__ == "__main__":
    main()
