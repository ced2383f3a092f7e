#!/bin/sh
# Install the .deb in a clean Debian of its own and run it there as an ordinary user, without and with a display.
#
# Needs root (for the chroot) and debootstrap. MIRROR=http://... chooses where Debian comes from (debootstrap's own choice
# otherwise), SUITE the release.
# BASE=DIR keeps the untouched system there for the next time.
set -eu
cd "$(dirname "$0")/.."

SUITE=${SUITE:-bookworm}
deb=$(ls -t dist/kingfisher_*.deb 2>/dev/null | head -n 1)

skip() { echo "prove: skipped, $*"; exit 0; }
[ -n "$deb" ] || { echo "prove: there is no dist/kingfisher_*.deb; run make package" >&2; exit 1; }
[ "$(id -u)" = 0 ] || skip "since only root can make the clean system that the package would be installed in."
command -v debootstrap >/dev/null || skip "since debootstrap is not installed."

work=$(mktemp -d /var/tmp/kingfisher-prove.XXXXXX)
system=$work/system
end() {
    for mounted in dev/shm dev/pts dev proc; do
        umount "$system/$mounted" 2>/dev/null || true
    done
    rm -rf --one-file-system "$work"
}
trap end EXIT
trap 'exit 1' INT TERM

if [ -n "${BASE:-}" ] && [ -x "$BASE/bin/sh" ]; then
    cp -a "$BASE" "$system"
else
    debootstrap --variant=minbase "$SUITE" "$system" ${MIRROR:+"$MIRROR"} >"$work/log" 2>&1 || { tail "$work/log" >&2; exit 1; }
    [ -z "${BASE:-}" ] || cp -a "$system" "$BASE"
fi
cp "$deb" "$system/tmp/kingfisher.deb"
cp /etc/resolv.conf "$system/etc/resolv.conf" 2>/dev/null || true
mount -t proc proc "$system/proc"
mount -t tmpfs -o mode=755 tmpfs "$system/dev"
mkdir "$system/dev/pts" "$system/dev/shm"
mount -t tmpfs -o mode=1777 tmpfs "$system/dev/shm"
for device in "null 1 3" "zero 1 5" "random 1 8" "urandom 1 9" "tty 5 0"; do
    # shellcheck disable=SC2086  # name, major and minor
    set -- $device
    mknod -m 666 "$system/dev/$1" c "$2" "$3"
done

inside() { chroot "$system" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8 "$@"; }
as_user() { inside setpriv --reuid=1234 --regid=1234 --clear-groups env HOME=/srv/tester XDG_RUNTIME_DIR=/srv/tester/run "$@"; }

echo "prove: installing $deb in a clean $SUITE"
inside apt-get -qq update >"$work/log" 2>&1 || { tail "$work/log" >&2; exit 1; }
inside apt-get -qq -y --no-install-recommends install /tmp/kingfisher.deb >"$work/log" 2>&1 || { tail "$work/log" >&2; exit 1; }
inside groupadd --gid 1234 tester
inside useradd --uid 1234 --gid 1234 --create-home --home-dir /srv/tester tester
inside install -d -o tester -g tester -m 700 /srv/tester/run
inside dpkg --verify kingfisher

for program in kingfisher kingfisher-cli kingfisher-relay; do
    as_user "$program" --help >/dev/null
done
echo "prove: its self-test without a display"
as_user env QT_QPA_PLATFORM=offscreen timeout 120 kingfisher --self-test
echo "prove: a relay and an account on it, with the command line of the package"
as_user sh -eu -c '
    kingfisher-relay serve --listen 127.0.0.1:18800 --data "$HOME/relay" --open-registration >"$HOME/relay.out" 2>&1 &
    relay=$!
    for _ in $(seq 100); do grep -q listening "$HOME/relay.out" && break; sleep 0.1; done
    echo secret > "$HOME/passphrase"
    kingfisher-cli --profile "$HOME/one" --vault passphrase --passphrase-file "$HOME/passphrase" \
        register one@example.com --relay http://127.0.0.1:18800 --name One >/dev/null
    kingfisher-cli --profile "$HOME/one" --vault passphrase --passphrase-file "$HOME/passphrase" lookup one@example.com
    kill $relay
    wait $relay
'
echo "prove: with what it recommends for spelling, and in a window under Xvfb: its self-test, the first start, the demonstration"
inside apt-get -qq -y --no-install-recommends install xvfb xauth libenchant-2-2 hunspell-en-us >"$work/log" 2>&1 || { tail "$work/log" >&2; exit 1; }
# shellcheck disable=SC2016  # for the shell inside
as_user timeout 300 xvfb-run -a -s "-screen 0 1280x1024x24" env QT_QPA_PLATFORM=xcb sh -eu -c '
    kingfisher --self-test >"$HOME/self-test" || { cat "$HOME/self-test" >&2; exit 1; }
    cat "$HOME/self-test"
    grep "\"spelling\".*en_US" "$HOME/self-test" >/dev/null || { echo "prove: spelling finds no dictionary" >&2; exit 1; }

    # started WHAT PATTERN WORDS...: until the log that PATTERN names says WHAT, then SIGTERM, which has to end it with 0.
    started() {
        what=$1 logs=$2
        shift 2
        "$@" >"$HOME/out" 2>&1 &
        window=$!
        # shellcheck disable=SC2086  # a pattern
        until grep -qs "$what" $logs; do
            kill -0 "$window" || { echo "prove: it ended by itself: $*" >&2; cat "$HOME/out" $logs >&2; exit 1; }
            sleep 0.2
        done
        kill -TERM "$window"
        wait "$window" || { echo "prove: SIGTERM ended it with $?: $*" >&2; cat "$HOME/out" $logs >&2; exit 1; }
        if grep -shE " (WARNING|ERROR|CRITICAL) " $logs >&2; then exit 1; fi
    }
    started "the first page is on the screen" "$HOME/first/log/kingfisher.log" kingfisher --profile "$HOME/first"
    mkdir "$HOME/tmp"
    started "the window is in use" "$HOME/tmp/kingfisher-demo-*/alice/log/kingfisher.log" env TMPDIR="$HOME/tmp" kingfisher --demo
    [ -z "$(ls "$HOME/tmp")" ] || { echo "prove: the demonstration left something behind" >&2; exit 1; }
'

echo "prove: removing it"
inside apt-get -qq -y purge kingfisher >"$work/log" 2>&1 || { tail "$work/log" >&2; exit 1; }
left=$(inside find /usr/lib/kingfisher /usr/bin/kingfisher /usr/share/applications/kingfisher.desktop 2>/dev/null || true)
[ -z "$left" ] || { echo "prove: left behind: $left" >&2; exit 1; }
echo "prove: the package installs, starts, passes its self-test as an ordinary user and goes without a trace"
