# SPDX-License-Identifier: MIT
"""One machine's story, told once: each fixture is a chapter that goes on where the one before it ended, and keeps what was
seen. The tests, whichever are asked for, look at that.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402
import machine as machines  # noqa: E402
from story import Story  # noqa: E402

PACKAGE = os.environ.get("KNEAD_PACKAGE")  # one that is built already


def package(folder):
    """The .deb of this tree."""
    if PACKAGE:
        return pathlib.Path(PACKAGE)
    for program in ("dpkg-buildpackage", "dh", "lintian"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program}: scripts/setup --usb installs it")
    built = subprocess.run([harness.TOP / "scripts/package", "--no-tests", folder], capture_output=True, text=True)
    # Built is enough here: what lintian says of it is for scripts/package to tell.
    packages = list(folder.glob("knead_*.deb"))
    assert packages, f"{built.stdout[-3000:]}\n{built.stderr[-3000:]}"
    return packages[0]


@pytest.fixture(scope="session")
def story(tmp_path_factory):
    if reason := machines.why_not():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("usb")
    with tarfile.open(folder / "parcel.tar", "w") as tar:
        tar.add(package(folder / "packages"), "knead.deb")
    one = Story(folder)
    try:
        yield one
    finally:
        one.end()


@pytest.fixture(scope="session")
def installed(story):
    return story.install()


@pytest.fixture(scope="session")
def plugged(story, installed):
    return story.plug()


@pytest.fixture(scope="session")
def played(story, plugged):
    return story.play_a_thousand()


@pytest.fixture(scope="session")
def pulled(story, played):
    return story.pull_in_a_hold()


@pytest.fixture(scope="session")
def cut(story, pulled):
    return story.cut_the_power()


@pytest.fixture(scope="session")
def started_loaded(story, cut):
    return story.start_with_the_ball()


@pytest.fixture(scope="session")
def closed(story, started_loaded):
    return story.shut_down()
