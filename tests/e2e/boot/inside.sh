#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs inside the container, as a service of its systemd: installs what was built, starts the service, watches it, stops
# it. Judges nothing: writes what it sees to /results, and test_boot.py judges.
cd /results || exit 1
trap 'systemctl --no-block poweroff' EXIT

show() {
	systemctl show kneadd.service -p ActiveState -p SubState -p Result -p User -p MainPID -p NRestarts -p WatchdogUSec \
		-p StatusText -p ExecMainStatus >"$1"
}
# until SECONDS COMMAND...: until it holds, or the time is over.
until_true() {
	turns=$(($1 * 10))
	shift
	while [ $turns -gt 0 ]; do
		if "$@"; then
			return 0
		fi
		turns=$((turns - 1))
		sleep 0.1
	done
	return 1
}
heard() {
	grep -q "$1" messages
}
main_pid() {
	systemctl show kneadd.service -p MainPID --value
}
restarted() {
	[ "$(main_pid)" != 0 ] && [ "$(main_pid)" != "$1" ] && systemctl -q is-active kneadd.service
}

cat /proc/1/comm >init
cp -a /stage/. /
systemd-sysusers
systemctl daemon-reload
systemctl start mosquitto.service
until_true 10 mosquitto_pub -h 127.0.0.1 -t knead/test/ready -m 1
stdbuf -oL mosquitto_sub -h 127.0.0.1 -v -t 'knead/#' >messages 2>&1 &

systemctl start kneadd.service
echo $? >start-status
show started
stat -c %U "/proc/$(main_pid)" >running-as
tr '\0' '\n' <"/proc/$(main_pid)/environ" | grep -E '^(NOTIFY_SOCKET|WATCHDOG_USEC|STATE_DIRECTORY)=' >environment
until_true 40 heard '"hold_end".*"flags":\[\]'
stat -c '%U %a' /var/lib/knead >state-directory

# A frozen daemon is killed by the watchdog and comes back.
pid=$(main_pid)
kill -STOP "$pid"
until_true 30 restarted "$pid"
show restarted

before=$(date +%s%N)
systemctl stop kneadd.service
echo $((($(date +%s%N) - before) / 1000000)) >stop-ms
show stopped
sleep 0.2 # what was published last reaches the subscriber
journalctl --no-pager -o cat -u kneadd.service >journal
journalctl --no-pager -o cat -u mosquitto.service >broker-journal
systemd-analyze security --no-pager kneadd.service 2>/dev/null | tail -n 1 >exposure
echo yes >complete
