# shellcheck shell=bash
# shellcheck disable=SC2034 # used by those who source this
# SPDX-License-Identifier: MIT
# What the scripts beside this file share: where things are, how to build, how to say what happens. Sourced, never run.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Build directories: KNEAD_BUILD, KNEAD_BUILD-asan, ... Beside the sources unless said otherwise.
build=${KNEAD_BUILD:-$top/build}
# Debian's python3 by its path: its modules come from Debian's packages, another python3 may come first on PATH.
python=/usr/bin/python3
workers=$(nproc)

say() {
	printf '== %s\n' "$*"
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# configure DIR [MESON OPTION]...: a build directory, made once and kept.
configure() {
	local dir=$1
	shift
	if [ -f "$dir/build.ninja" ]; then
		return 0
	fi
	meson setup "$dir" "$top" "$@" >"$dir.log" 2>&1 || {
		cat "$dir.log" >&2
		return 1
	}
	rm -f "$dir.log"
}

# compile DIR: builds; prints only what the compiler has to say.
compile() {
	ninja -C "$1" -j "$workers" --quiet | { grep -v '^ninja: no work to do' || true; }
}
