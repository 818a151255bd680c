# SPDX-License-Identifier: MIT
"""Fixtures of the fault tests; they share brokers, daemons and balls with the end-to-end tests."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402
import scene as scenes  # noqa: E402

LONG = os.environ.get("KNEAD_FAULTS_LONG", "") not in ("", "0")


def pytest_configure(config):
    for program in (harness.KNEAD, harness.KNEADD):
        if not os.access(program, os.X_OK):
            raise pytest.UsageError(f"{program} is not built: run scripts/test, or set KNEAD_BUILD_ROOT")


@pytest.fixture
def scene(tmp_path):
    one = scenes.Scene(tmp_path)
    yield one
    one.close()


@pytest.fixture
def long_run():
    """Whether the long variants are wanted (KNEAD_FAULTS_LONG=1): hours for minutes, minutes for seconds."""
    return LONG
