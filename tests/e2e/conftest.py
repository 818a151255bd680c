# SPDX-License-Identifier: MIT
"""Fixtures of the end-to-end tests; what they hand out is described in harness.py."""
import os

import pytest

import harness
import mqtt_probe


def pytest_configure(config):
    for program in (harness.KNEAD, harness.KNEADD):
        if not os.access(program, os.X_OK):
            raise pytest.UsageError(f"{program} is not built: run scripts/test, or set KNEAD_BUILD_ROOT")


@pytest.fixture
def broker(tmp_path):
    running = harness.Broker(tmp_path).start()
    yield running
    running.stop()


@pytest.fixture
def subscriber(broker):
    client = harness.Subscriber(broker.port)
    yield client
    client.close()


@pytest.fixture
def daemon(tmp_path):
    """daemon(config): starts kneadd; it is stopped when the test ends."""
    started = []

    def start(config):
        started.append(harness.Daemon(tmp_path, config))
        return started[-1]

    yield start
    for process in started:
        if process.process.poll() is None:
            process.stop()


@pytest.fixture
def probe(tmp_path):
    """probe(port, option=value...): starts a sink; it is killed when the test ends and it still runs."""
    started = []

    def start(port, **options):
        started.append(mqtt_probe.Probe(tmp_path, port, **options))
        return started[-1]

    yield start
    for one in started:
        one.kill()
