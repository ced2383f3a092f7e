#!/bin/sh
# Make .venv ready: a fitting Python, the system libraries, the pinned packages, the three programs.
#
# Runs in a moment when nothing has changed. Installs system packages only on Debian and its kin, and only as root or
# with a sudo that does not ask; otherwise it prints the one line to type and goes on as long as it can.
# PYTHON=/path/to/python3 chooses the interpreter, SYSTEM=no leaves the system's packages alone.
set -eu
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }
give_up() { say "$*"; exit 1; }

# --- is there anything to do? -------------------------------------------------------------------------------------

stamp=.venv/setup.stamp
wanted=$(cat packaging/setup.sh packaging/system-packages.txt pyproject.toml requirements/build.txt requirements/dev.txt | cksum)
wanted="$wanted $(pwd -P)"
programs_stand() {
    [ -x .venv/bin/python ] && [ -x .venv/bin/kingfisher ] && [ -x .venv/bin/kingfisher-cli ] &&
        [ -x .venv/bin/kingfisher-relay ] && .venv/bin/python -c '' 2>/dev/null
}
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && programs_stand; then
    exit 0
fi

# --- the system's packages ----------------------------------------------------------------------------------------

as_root=
can_install() {
    [ "${SYSTEM:-yes}" = yes ] && command -v apt-get >/dev/null 2>&1 || return 1
    if [ "$(id -u)" = 0 ]; then
        as_root=env
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root="sudo -n env"
    else
        return 1
    fi
}

# apt_install PACKAGE...: one try, and a second one with fresh package lists. None of them may start a service here:
# where the machine has no rule for that yet, one stands for as long as it takes.
rule=/usr/sbin/policy-rc.d
own_rule=
drop_rule() {
    [ -z "$own_rule" ] || $as_root rm -f "$rule"
    own_rule=
}
trap drop_rule EXIT
trap 'exit 1' HUP INT TERM
apt_install() {
    if [ ! -e "$rule" ] && printf '#!/bin/sh\nexit 101\n' | $as_root tee "$rule" >/dev/null 2>&1; then
        own_rule=yes
        $as_root chmod 755 "$rule"
    fi
    installed=0
    apt_get install -qq -y --no-install-recommends "$@" >/dev/null 2>&1 || {
        apt_get update -qq >/dev/null 2>&1 || true
        apt_get install -qq -y --no-install-recommends "$@" >/dev/null || installed=$?
    }
    drop_rule
    return "$installed"
}

apt_get() { $as_root DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -o DPkg::Lock::Timeout=900 "$@"; }

# present lib:NAME | cmd:NAME | file:PATH
present() {
    case $1 in
        lib:*) { /sbin/ldconfig -p 2>/dev/null || ldconfig -p 2>/dev/null; } | grep -qF "${1#lib:} " ;;
        cmd:*) command -v "${1#cmd:}" >/dev/null 2>&1 ;;
        file:*) [ -e "${1#file:}" ] ;;
        *) give_up "packaging/system-packages.txt: cannot read '$1'" ;;
    esac
}

# absent needed|optional: the packages of that class whose proof is not there
absent() {
    while read -r class proof package _; do
        [ "$class" = "$1" ] || continue
        present "$proof" || printf '%s ' "$package"
    done < packaging/system-packages.txt
}

# --- a fitting Python ---------------------------------------------------------------------------------------------

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; }
can_make_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }
venv_stands() { [ -x .venv/bin/python ] && fits .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; }

# The first that fits and can make a virtual environment; otherwise the first that fits.
find_python() {
    second_best=
    for name in "${PYTHON:-}" python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11; do
        [ -n "$name" ] && fits "$name" || continue
        if can_make_venv "$name"; then
            echo "$name"
            return
        fi
        second_best=${second_best:-$name}
    done
    echo "$second_best"
}

python=
needed=
if ! venv_stands; then
    python=$(find_python)
    if [ -z "$python" ]; then
        needed='python3 python3-venv '
    elif ! can_make_venv "$python"; then
        needed=$("$python" -c 'import sys; print("python%d.%d-venv " % sys.version_info[:2])')
    fi
fi

# --- what is missing, installed or said in one line ---------------------------------------------------------------

needed=$needed$(absent needed)
optional=$(absent optional)
if [ -n "$needed$optional" ]; then
    if can_install; then
        say "installing system packages: $needed$optional"
        # shellcheck disable=SC2086  # package names, split on purpose
        [ -z "$needed" ] || apt_install $needed || say "could not install them all: $needed"
        for package in $optional; do
            apt_install "$package" 2>/dev/null || say "not to be had here, and not needed: $package"
        done
    elif [ -n "$needed" ]; then
        say "some system packages are missing. On Debian and Ubuntu this line installs them:"
        say "    sudo apt-get install --no-install-recommends $needed$optional"
    fi
fi

if ! venv_stands; then
    python=$(find_python)
    [ -n "$python" ] || give_up "stopped: there is no Python 3.11 to 3.14 here"
    can_make_venv "$python" || give_up "stopped: $python cannot make a virtual environment without the packages named above"
    say "making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi

# --- the pinned packages and the programs -------------------------------------------------------------------------

pip() { .venv/bin/python -m pip --disable-pip-version-check --quiet "$@"; }

say "installing the pinned packages"
rm -f "$stamp"
pip install --no-deps --require-hashes --requirement requirements/build.txt
pip install --no-deps --require-hashes --no-build-isolation --use-pep517 --requirement requirements/dev.txt
pip install --no-deps --no-build-isolation --editable .
.venv/bin/python -m compileall -qq app tests || true

programs_stand || give_up "the programs are not there after all: see the messages above"
printf '%s\n' "$wanted" > "$stamp"
say "ready: .venv/bin/kingfisher, kingfisher-cli, kingfisher-relay"
