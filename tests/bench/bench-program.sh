#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Samples per second of `knead replay` itself, file to records, the whole process: bench-program.sh KNEAD BENCH_REPLAY
set -euo pipefail
knead=$1
bench_replay=$2
samples=${3:-10000000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for shape in columns timed k1; do
	"$bench_replay" "$samples" "$shape" >"$work/stream"
	began=$(date +%s%N)
	"$knead" replay --rate 80 -o device\ ball.counts_per_n=420 -o device\ ball.zero_raw=83000 --device ball "$work/stream" >"$work/events"
	took_ns=$(($(date +%s%N) - began))
	printf 'bench-program format=%s samples=%d events=%d seconds=%d.%03d samples_per_s=%d\n' "$shape" "$samples" \
		"$(wc -l <"$work/events")" $((took_ns / 1000000000)) $((took_ns / 1000000 % 1000)) $((samples * 1000000000 / took_ns))
done
