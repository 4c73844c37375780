#!/bin/sh
# The tests as `make test` runs them. What they write and throw away lies in memory, where there is memory for it: they wait for the
# disk at each of tens of thousands of commits, and prove nothing by it, for they kill processes and never the machine.
#
#   PYTHON   the interpreter
#   SCRATCH  where they write instead; empty: where temporary files always are
set -eu

NEEDED=6000000 # kilobytes; a run of all tests leaves less than one million of them

# What a run left that was killed together with this script.
for left in /dev/shm/csvgen.[0-9]*; do
	if [ -O "$left" ] && ! kill -0 "${left##*.}" 2> /dev/null; then rm -rf "$left"; fi
done

# A folder in memory, or nothing where it is too small or no program may be started in it.
in_memory() {
	place=/dev/shm
	[ -d "$place" ] && [ -w "$place" ] || return 0
	[ "$(df -Pk "$place" | awk 'NR == 2 { print $4 }')" -gt "$NEEDED" ] || return 0
	if [ -r /proc/meminfo ] && [ "$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)" -le "$NEEDED" ]; then return 0; fi
	made="$place/csvgen.$$" # a short name: addresses of sockets end at 107 bytes
	mkdir -m 711 "$made" || return 0 # a server that a test starts as another user has its folder in it
	printf '#!/bin/sh\nexit 0\n' > "$made/program"
	chmod +x "$made/program"
	if "$made/program" 2> /dev/null; then echo "$made"; else rm -r "$made"; fi
}

ours=""
if [ -z "${SCRATCH+set}" ]; then
	SCRATCH=$(in_memory)
	ours=$SCRATCH
	[ -z "$ours" ] || rm "$ours/program"
fi
if [ -n "$SCRATCH" ]; then
	disk=${TMPDIR:-/tmp}
	export TMPDIR="$SCRATCH"
fi
# Set in some environments; then each worker would rewrite all tests anew, and each process compile all of csvgen.
unset PYTHONDONTWRITEBYTECODE

trap '[ -z "$ours" ] || rm -rf "$ours"; exit 130' INT TERM HUP
ended=0
"$PYTHON" -m pytest "$@" || ended=$?
if [ -n "$ours" ] && [ "$ended" -ne 0 ]; then # somebody will want to look; memory is no place to keep things
	kept=$(mktemp -d "$disk/csvgen-tests.XXXXXX")
	cp -a "$ours/." "$kept/" && echo "what the tests left in $ours is kept in $kept"
fi
[ -z "$ours" ] || rm -rf "$ours"
exit "$ended"
