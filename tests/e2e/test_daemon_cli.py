# SPDX-License-Identifier: MIT
"""The command line of kneadd: help, configuration checks, exit status."""
import subprocess

import pytest

import harness

TOP = harness.TOP


def kneadd(*args):
    return subprocess.run([harness.KNEADD, *args], capture_output=True, text=True, timeout=20)


def write(tmp_path, text):
    path = tmp_path / "kneadd.conf"
    path.write_text(text)
    return path


def test_help_is_on_standard_output_and_under_80_columns():
    done = kneadd("--help")
    assert done.returncode == 0 and done.stderr == ""
    assert all(len(line) < 80 for line in done.stdout.splitlines())
    for option in ("-c", "-o", "--check-config", "--dump-config", "--foreground-log", "--version"):
        assert option in done.stdout


def test_version_names_the_program():
    assert kneadd("--version").stdout.startswith("kneadd ")


@pytest.mark.parametrize("args", [["--nonsense"], ["stray"], ["-c"], ["-c", ""]])
def test_bad_usage_is_status_2_on_standard_error(args):
    done = kneadd(*args)
    assert done.returncode == 2 and done.stdout == "" and "kneadd" in done.stderr


@pytest.mark.parametrize("text, message", [
    ("[mqtt]\nhots = x\n", "kneadd.conf:2: unknown key 'hots' in [mqtt]"),
    ("[mtqq]\n", "kneadd.conf:1: unknown section [mtqq]"),
    ("[mqtt]\nport = 0x10\n", "kneadd.conf:2: port: '0x10' is not a number"),
    ("[device a]\nport = pty:x\nport = pty:y\n", "kneadd.conf:3: port: given twice"),
    ("\n[device a]\nbaud = 9600\n", "kneadd.conf:2: [device a] has no port"),
    ("[device a]\nport = pty:x\n[device b]\nport = pty:x\n", "kneadd.conf:3: [device b] has the port of [device a]"),
    ("[device a]\nport = usb:403:6001\n", "kneadd.conf:1: [device a] port usb:403:6001: write usb:VID:PID"),
    ("[device a]\nport = tcp://host\n", "kneadd.conf:1: [device a] port tcp://host: write tcp://HOST:PORT"),
])
def test_a_bad_configuration_is_status_2_and_named_by_file_and_line(tmp_path, text, message):
    path = write(tmp_path, text)
    for mode in (["--check-config"], ["--dump-config"], []):
        done = kneadd("-c", path, *mode)
        assert done.returncode == 2 and done.stdout == ""
        assert done.stderr.startswith("kneadd: ") and message in done.stderr


def test_a_missing_file_is_named():
    done = kneadd("-c", "/nonexistent/kneadd.conf", "--check-config")
    assert done.returncode == 2 and "/nonexistent/kneadd.conf" in done.stderr


def test_a_good_configuration_is_silently_good(tmp_path):
    done = kneadd("-c", write(tmp_path, "[device a]\nport = pty:x\n"), "--check-config")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_shipped_configuration_is_good_and_changes_nothing():
    shipped = kneadd("-c", TOP / "config/kneadd.conf", "--dump-config")
    empty = kneadd("-c", "/dev/null", "--dump-config")
    assert shipped.returncode == 0 and shipped.stdout == empty.stdout


def test_a_dump_reads_back_as_the_same(tmp_path):
    path = write(tmp_path, "[mqtt]\nhost = a\n[device a]\nport = pty:x\nprofile = gentle\ncell_mm = 0 40\ngeometry = line\n"
                 "protocol = own\n[protocol own]\nsteps = hold 30, rest 5\n")
    first = kneadd("-c", path, "-o", "a.target_s=45", "--dump-config")
    assert first.returncode == 0 and "target_s = 45\n" in first.stdout
    second = kneadd("-c", write(tmp_path, first.stdout), "--dump-config")
    assert second.stdout == first.stdout


def test_the_directory_beside_the_file_is_read_in_name_order_and_options_win(tmp_path):
    path = write(tmp_path, "[mqtt]\nhost = main\nbase = main\n")
    folder = tmp_path / "kneadd.conf.d"
    folder.mkdir()
    (folder / "20.conf").write_text("[mqtt]\nhost = twenty\n")
    (folder / "10.conf").write_text("[mqtt]\nhost = ten\nbase = ten\nport = 10\n")
    dump = kneadd("-c", path, "-o", "mqtt.port=30", "--dump-config").stdout
    assert "host = twenty\n" in dump and "base = ten\n" in dump and "port = 30\n" in dump


def test_a_password_is_never_taken(tmp_path):
    for where in (["-o", "mqtt.password=secret"], ["-c", write(tmp_path, "[mqtt]\npassword = secret\n")]):
        done = kneadd(*where, "--dump-config")
        assert done.returncode == 2 and "password_file" in done.stderr
