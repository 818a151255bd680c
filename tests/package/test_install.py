# SPDX-License-Identifier: MIT
"""The Debian package from its first installation to its purge, in a container that a real systemd has booted.

As tests/e2e/test_boot.py, whose container and ball it borrows; here dpkg brings what was built. Newer versions are the same
package with another number and a changed kneadd.conf.
"""
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(TOP / "tests/e2e"))
import harness  # noqa: E402
import test_boot as boot  # noqa: E402

PACKAGES = f"{boot.PACKAGES} man-db"
CONFIG = """
# Changed here.
[mqtt]
host = 127.0.0.1
[homeassistant]
discovery = off
[device ball-1]
port = pty:/dev/ttyKNEAD
format = k1
"""


def skip_unless_possible():
    boot.skip_unless_possible()
    for program in ("dpkg-buildpackage", "dh", "lintian"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program}: scripts/setup --package installs it")


def run(*command, **options):
    out = subprocess.run(command, capture_output=True, text=True, **options)
    assert out.returncode == 0, f"{command}: {out.stdout[-2000:]}{out.stderr[-2000:]}"
    return out.stdout


def newer(package, number, folder):
    """The same package as another version, whose configuration has one line more."""
    tree = folder / f"tree-{number}"
    run("dpkg-deb", "-R", package, tree)
    control = tree / "DEBIAN/control"
    lines = [f"{line}+test{number}" if line.startswith("Version: ") else line for line in control.read_text().splitlines()]
    control.write_text("\n".join(lines) + "\n")
    conf = tree / "etc/knead/kneadd.conf"
    conf.write_text(conf.read_text() + f"# Version {number}.\n")
    run("dpkg-deb", "--root-owner-group", "-b", tree, folder / f"{number}.deb")


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """A folder with 1.deb, 2.deb and 3.deb."""
    skip_unless_possible()
    folder = tmp_path_factory.mktemp("packages")
    env = {**os.environ, "KNEAD_BUILD": str(folder / "build")}
    run(TOP / "scripts/package", "--no-tests", folder / "made", env=env)
    (made,) = (folder / "made").glob("knead_*.deb")
    (folder / "debs").mkdir()
    shutil.copy(made, folder / "debs/1.deb")
    for number in (2, 3):
        newer(made, number, folder / "debs")
        shutil.rmtree(folder / f"debs/tree-{number}")
    return folder / "debs"


@pytest.fixture(scope="module")
def root():
    skip_unless_possible()
    system = boot.cached_root(PACKAGES)
    boot.skip_unless_containers_work(system)
    return system


@pytest.fixture(scope="module")
def seen(packages, root, tmp_path_factory):
    """Boots once; the files that inside.sh wrote, by name."""
    folder = tmp_path_factory.mktemp("install")
    shutil.copytree(HERE / "install", folder / "check")
    (folder / "results").mkdir()
    (folder / "check/own.conf").write_text(CONFIG)
    (folder / "check/own-unit.conf").write_text("[Service]\nDeviceAllow=char-pts rw\n")
    (folder / "check.service").write_text(boot.CHECK_UNIT)
    ball = boot.Ball()
    ball.start()
    binds = {
        "--bind-ro": {packages: "/debs", folder / "check": "/check", folder / "check.service": "/etc/systemd/system/check.service"},
        "--bind": {folder / "results": "/results", ball.path: "/dev/ttyKNEAD"},
    }
    options = [f"{option}={source}:{place}" for option, pairs in binds.items() for source, place in pairs.items()]
    command = boot.nspawn(root, "--volatile=overlay", "--console=pipe", *options, "--boot", "systemd.wants=check.service")
    try:
        booted = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=400)
    finally:
        ball.ended.set()
        ball.join()
        os.close(ball.host)
        os.close(ball.device)
    results = {p.name: p.read_text() for p in (folder / "results").iterdir()}
    assert "complete" in results, f"{booted.stdout[-3000:]}\n{booted.stderr[-3000:]}\n{results}"
    return results


def service(seen, when):
    return boot.properties(seen[when])


def good(seen, what):
    assert seen[f"{what}-status"] == "0\n", seen[f"{what}-words"]


def test_it_installs_enables_and_runs_the_service_with_neither_ball_nor_broker(seen):
    good(seen, "install")
    installed = service(seen, "installed")
    assert (installed["ActiveState"], installed["SubState"], installed["UnitFileState"]) == ("active", "running", "enabled")
    assert installed["NRestarts"] == "0"
    assert "no device is configured" in seen["installed-journal"]
    assert "trying until it is back" in seen["installed-journal"]


def test_the_service_has_a_user_of_its_own_that_may_use_serial_ports(seen):
    assert seen["running-as"] == "knead\n"
    assert "dialout" in seen["groups"].split()
    assert "/var/lib/knead knead knead 700" in seen["installed-files"]


def test_the_configuration_as_shipped_is_good_and_belongs_to_root(seen):
    assert seen["check-config-status"] == "0\n", seen["check-config"]
    assert "/etc/knead/kneadd.conf root root 644" in seen["installed-files"]
    assert "/etc/knead/kneadd.conf.d root root 755" in seen["installed-files"]


def test_the_tool_and_the_manual_are_there(seen):
    assert seen["list-status"] == "0\n", seen["list-words"]


def test_an_untouched_configuration_is_replaced_by_the_newer_one(seen):
    good(seen, "unchanged")
    assert seen["unchanged-conf"].endswith("# Version 2.\n")
    assert service(seen, "unchanged")["ActiveState"] == "active"


def test_events_of_a_ball_come_from_the_installed_service(seen):
    assert service(seen, "working")["ActiveState"] == "active"
    assert "target_s" in seen["before-upgrade-state"]


def test_an_upgrade_keeps_a_changed_configuration_and_puts_the_new_one_beside_it(seen):
    good(seen, "upgrade")
    assert "# Changed here." in seen["before-upgrade-conf"]
    assert seen["upgraded-conf"] == seen["before-upgrade-conf"]
    assert seen["upgraded-dist"].endswith("# Version 3.\n")


def test_an_upgrade_restarts_the_service_and_keeps_its_state(seen):
    assert seen["upgrade-restarted"] == "yes\n"
    assert service(seen, "upgraded")["ActiveState"] == "active"
    assert "target_s = 45" in seen["upgraded-dump"]
    assert '"hold_end"' in seen["upgraded-messages"]
    assert '"target_s":45' in seen["upgraded-messages"]


def test_a_service_that_was_switched_off_stays_off_through_an_upgrade(seen):
    good(seen, "disabled")
    disabled = service(seen, "disabled")
    assert (disabled["ActiveState"], disabled["UnitFileState"]) == ("inactive", "disabled")


def test_a_wrong_configuration_stops_the_service_but_not_dpkg(seen):
    good(seen, "wrong")
    wrong = service(seen, "wrong")
    assert (wrong["ActiveState"], wrong["ExecMainStatus"]) == ("failed", "2")


def test_removing_stops_the_service_and_keeps_configuration_and_state(seen):
    good(seen, "remove")
    assert service(seen, "removed")["ActiveState"] in ("inactive", "failed")
    assert seen["removed-programs"].count("No such file") == 2
    assert "/etc/knead/kneadd.conf root" in seen["removed-files"]
    assert "/var/lib/knead/ball-1.json knead" in seen["removed-files"]
    assert seen["removed-farewell"].endswith(" offline\n")


def test_installed_again_all_is_as_it_was(seen):
    good(seen, "again")
    assert service(seen, "again")["ActiveState"] == "active"
    assert "target_s = 45" in seen["again-dump"]
    assert "[device ball-1]" in seen["again-dump"]


def test_purging_takes_state_and_configuration_but_nothing_that_somebody_else_put_there(seen):
    good(seen, "purge")
    assert service(seen, "purged")["LoadState"] == "not-found"
    left = [line.split()[0] for line in seen["purged-files"].splitlines()]
    assert left == ["/etc/knead", "/etc/knead/mqtt-password"]
    assert seen["purged-links"] == ""


def test_the_user_outlives_the_purge(seen):
    """Files of it may be anywhere; its number must not become somebody else's."""
    assert seen["purged-user"].strip().isdigit()


def test_it_installs_where_no_systemd_runs(packages, root):
    """As in an image that is being made: nothing can be started, nothing may fail."""
    script = "dpkg -i /debs/1.deb && ls /etc/systemd/system/multi-user.target.wants/kneadd.service && id -u knead && kneadd --version"
    out = run(*boot.nspawn(root, "--volatile=overlay", f"--bind-ro={packages}:/debs", "--pipe", "/bin/sh", "-c", script), stdin=subprocess.DEVNULL)
    assert out.strip().endswith(version_of_the_build())


def version_of_the_build():
    return run(harness.KNEADD, "--version").strip()


def test_the_smoke_test_of_the_package_passes_with_what_is_installed(packages, root):
    """debian/tests/smoke, as autopkgtest runs it."""
    binds = [f"--bind-ro={packages}:/debs", f"--bind-ro={TOP / 'debian/tests'}:/smoke"]
    script = "dpkg -i /debs/1.deb >&2 && su -s /bin/sh knead -c /smoke/smoke"
    out = run(*boot.nspawn(root, "--volatile=overlay", *binds, "--pipe", "/bin/sh", "-c", script), stdin=subprocess.DEVNULL)
    assert '"event_type":"hold_start"' in out
