#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs inside the container, as a service of its systemd: the life of the package, from the first installation without ball and
# broker to its purge. Judges nothing: writes what it sees to /results, and test_install.py judges.
cd /results || exit 1
trap 'systemctl --no-block poweroff' EXIT
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
conf=/etc/knead/kneadd.conf

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
# show NAME: the service, as it is now.
show() {
	systemctl show kneadd.service -p ActiveState -p SubState -p Result -p UnitFileState -p LoadState -p NRestarts \
		-p ExecMainStatus >"$1"
}
# package NAME COMMAND...: dpkg, nobody at the keyboard; its words and its status.
package() {
	name=$1
	shift
	dpkg "$@" </dev/null >"$name-words" 2>&1
	echo $? >"$name-status"
}
heard() {
	grep -q "$1" messages
}
is_active() {
	systemctl -q is-active kneadd.service
}
main_pid() {
	systemctl show kneadd.service -p MainPID --value
}
files() {
	find /etc/knead /var/lib/knead -printf '%p %u %g %m\n' 2>/dev/null | sort
}

# ---- 1: installed, with neither a ball nor a broker ----
systemctl stop mosquitto.service
package install -i /debs/1.deb
until_true 10 is_active
sleep 3 # long enough for what would die to have died
show installed
files >installed-files
stat -c %U "/proc/$(main_pid)" >running-as
id -nG knead >groups
journalctl --no-pager -o cat -u kneadd.service >installed-journal
kneadd --check-config >check-config 2>&1
echo $? >check-config-status
knead list >list-words 2>&1
echo $? >list-status
man -w 8 kneadd >man-pages 2>&1

# ---- 2: upgraded, the configuration as it came: the new one is taken ----
package unchanged -i /debs/2.deb
cp $conf unchanged-conf
show unchanged

# ---- 3: configured, with a broker and a ball ----
systemctl start mosquitto.service
until_true 10 mosquitto_pub -h 127.0.0.1 -t knead/test/ready -m 1
stdbuf -oL mosquitto_sub -h 127.0.0.1 -v -t 'knead/#' >>messages 2>&1 &
cat /check/own.conf >>$conf
mkdir -p /etc/systemd/system/kneadd.service.d
cp /check/own-unit.conf /etc/systemd/system/kneadd.service.d/
echo secret >/etc/knead/mqtt-password
systemctl daemon-reload
systemctl restart kneadd.service
until_true 40 heard '"hold_end".*"flags":\[\]'
mosquitto_pub -h 127.0.0.1 -t knead/ball-1/set/target_s -m 45
until_true 20 grep -q target_s /var/lib/knead/ball-1.json
show working

# ---- 4: upgraded, the configuration changed here and there: ours stays, the new one beside it ----
cp $conf before-upgrade-conf
cp /var/lib/knead/ball-1.json before-upgrade-state
pid=$(main_pid)
package upgrade --force-confdef --force-confold -i /debs/3.deb
until_true 10 is_active
show upgraded
[ "$(main_pid)" != "$pid" ] && echo yes >upgrade-restarted
cp $conf upgraded-conf
cp $conf.dpkg-dist upgraded-dist
cp /var/lib/knead/ball-1.json upgraded-state
kneadd --dump-config >upgraded-dump 2>&1
: >messages
until_true 40 heard '"hold_end".*"flags":\[\]'
cp messages upgraded-messages

# ---- 5: a service that was switched off stays off ----
systemctl disable --now kneadd.service 2>/dev/null
package disabled --force-confold -i /debs/2.deb
show disabled
systemctl enable --now kneadd.service 2>/dev/null

# ---- 6: a configuration that is wrong does not keep dpkg from its work ----
echo 'nonsense' >>$conf
package wrong --force-confold -i /debs/3.deb
until_true 10 systemctl -q is-failed kneadd.service
show wrong
sed -i '$d' $conf
systemctl start kneadd.service

# ---- 7: removed: what was made and written here is kept ----
package remove -r knead
systemctl daemon-reload
show removed
files >removed-files
ls /usr/bin/knead /usr/bin/kneadd >removed-programs 2>&1
sleep 0.2
grep bridge/availability messages | tail -n 1 >removed-farewell

# ---- 8: installed again: all is as it was ----
package again -i /debs/3.deb
until_true 10 is_active
show again
kneadd --dump-config >again-dump 2>&1

# ---- 9: purged ----
package purge -P knead
show purged
files >purged-files
id -u knead >purged-user 2>&1
find /etc/systemd/system /var/lib/systemd/deb-systemd-helper-enabled -name 'kneadd.service*' -not -name '*.d' >purged-links
echo yes >complete
