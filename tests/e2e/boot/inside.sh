#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs inside the container, as a service of its systemd: installs what was built, starts the service, lives a session with
# it, stops it, and tries its fences. Judges nothing: writes what it sees to /results, and test_boot.py judges.
cd /results || exit 1
trap 'systemctl --no-block poweroff' EXIT
password=$(cat /etc/knead/mqtt-password 2>/dev/null || cat /stage/etc/knead/mqtt-password)
state=/var/lib/knead

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
# heard_since LINES PATTERN: in what came after so many lines of messages.
heard_since() {
	tail -n "+$(($1 + 1))" messages | grep -q "$2"
}
logged() {
	journalctl --no-pager -o cat -u kneadd.service | grep -q "$1"
}
booted_twice() {
	[ "$(journalctl --no-pager -o cat -u kneadd.service | grep -c ', boot ')" -ge 2 ]
}
main_pid() {
	systemctl show kneadd.service -p MainPID --value
}
restarted() {
	[ "$(main_pid)" != 0 ] && [ "$(main_pid)" != "$1" ] && systemctl -q is-active kneadd.service
}
client() {
	program=$1
	shift
	"$program" -h 127.0.0.1 -u homeassistant -P home-password "$@"
}
command_of_home() {
	client mosquitto_pub -q 1 -t "$1" -m "$2"
}

cat /proc/1/comm >init
cp -a /stage/. /
chown -R root:root /etc/knead /etc/mosquitto
chown mosquitto /etc/mosquitto/certs/broker.key /etc/mosquitto/passwd
systemd-sysusers
systemctl daemon-reload
python3 /check/house.py names &
python3 /check/house.py bridge 4001 &
python3 /check/house.py plug /dev/ttyPLUG &
plugged=$!
# It may have been started by the boot already, with the configuration of its package.
systemctl restart mosquitto.service
until_true 10 command_of_home knead/bridge/request/none 1
stdbuf -oL mosquitto_sub -h 127.0.0.1 -u homeassistant -P home-password -v -t 'knead/#' -t 'homeassistant/#' >messages 2>&1 &

systemctl start kneadd.service
echo $? >start-status
show started
stat -c %U "/proc/$(main_pid)" >running-as
tr '\0' '\n' <"/proc/$(main_pid)/environ" | grep -E '^(NOTIFY_SOCKET|WATCHDOG_USEC|STATE_DIRECTORY)=' >environment
for ball in ball-1 ball-2 ball-3; do
	until_true 40 heard "knead/$ball/event/hold .*\"hold_end\".*\"flags\":\[\]"
done

# Unplugged, and back as another node.
kill $plugged
until_true 20 heard 'knead/ball-3/availability offline'
before=$(wc -l <messages)
python3 /check/house.py plug /dev/ttyPLUG &
until_true 20 heard_since "$before" 'knead/ball-3/availability online'

# A setting by command goes into the state directory; what the configuration says anew is taken over.
command_of_home knead/ball-1/set/target_s 45
until_true 20 test -e $state/ball-1.json
cp $state/ball-1.json state-file
find $state -printf '%M %u %g %P\n' >state-directory
sed -i 's/^name = One$/name = Other/' /etc/knead/kneadd.conf
systemctl reload kneadd.service
echo $? >reload-status
until_true 20 logged 'configuration: read again'

# The program starts itself again, without systemd.
pid=$(main_pid)
command_of_home knead/bridge/request/restart_daemon '{}'
until_true 20 booted_twice
before=$(wc -l <messages)
until_true 20 heard_since "$before" 'knead/bridge/health'
[ "$pid" = "$(main_pid)" ] && echo same >process-after-restart
until_true 20 heard_since "$before" 'knead/ball-3/availability online'
python3 /check/house.py listening "$(main_pid)" >sockets

# The password, wherever it might have gone.
cat "/proc/$(main_pid)/cmdline" "/proc/$(main_pid)/environ" >process
systemctl show kneadd.service >properties
journalctl --no-pager -o export >everything-logged
cp -a $state state-copy
grep -arlF "$password" process properties everything-logged messages state-copy >leaks
cp -a /run/credentials/kneadd.service credentials 2>/dev/null
grep -arlF "$password" credentials >credential-found
rm -rf everything-logged state-copy credentials process

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

# The unit as installed, without what the drop-in of this test adds, around a program that tries what must not be.
mknod -m 666 /dev/ttyZERO c 1 5
cp /bin/sh $state/program
cp /check-built/fence /usr/bin/fence
sed -e 's,^ExecStart=.*,ExecStart=/usr/bin/fence,' -e 's,^ExecPaths=,&+/usr/bin/fence ,' -e 's,^ReadOnlyPaths=,&+/usr/bin/fence ,' \
	-e 's,^Type=.*,Type=oneshot,' -e '/^WatchdogSec=/d' -e '/^Restart/d' \
	/usr/lib/systemd/system/kneadd.service >/etc/systemd/system/fence.service
systemctl daemon-reload
systemctl start fence.service
journalctl --no-pager -o cat -u fence.service >fence
# Whether this machine lets a systemd in a container fence devices at all.
systemd-run --quiet --wait -p DevicePolicy=strict -p DeviceAllow='/dev/null rw' head -c 1 /dev/ttyZERO >/dev/null 2>&1
echo $? >device-fence
echo yes >complete
