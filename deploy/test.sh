#!/usr/bin/env bash
# Everything that proves this checkout: style, types, unit tests, and calls between real phones on loopback.
#
#   bash deploy/test.sh                       all of it
#   bash deploy/test.sh tests/unit -k sdp     only pytest, with these arguments
#
# Makes .venv (kept for the next run). Where it may (root, or sudo without a password) it installs the phones and tools
# of Debian that the integration tests call with; where it may not, those tests are skipped and say so, unless CI=true.
# PYTHON names another interpreter (3.11 or later). The exit status is 0 only if every step passed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PEERS=(baresip:baresip-core baresip:baresip-ffmpeg sipp:sip-tester tshark:tshark tcpdump:tcpdump ffmpeg:ffmpeg
    espeak-ng:espeak-ng kamailio:kamailio)
VENV="$PWD/.venv"
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 # threads of libraries would only get in each other's way
OPENVINO="$VENV/openvino" # beside the packages, not among them: everything else runs on what the default install has
TENSORRT="$VENV/tensorrt" # likewise; 250 MB, builds engines without a GPU
failed=()

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
die() { printf '\n%s\n' "$*" >&2; exit 1; }

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.11 python3.12 python3.13 python3; do
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            echo "$candidate"
            return
        fi
    done
    die "Python 3.11 or later is needed. Install it, or name it: PYTHON=/path/to/python3.11 bash deploy/test.sh"
}

root_prefix() { # prints how to run a command as root; fails where that is not allowed
    if [ "$(id -u)" = 0 ]; then echo env; elif sudo -n true 2>/dev/null; then echo "sudo -n env"; else return 1; fi
}

apt_install() {
    local prefix
    prefix=$(root_prefix) || return 1
    command -v apt-get >/dev/null || return 1
    local install=($prefix DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@")
    "${install[@]}" >/dev/null 2>&1 || { $prefix apt-get update -q >/dev/null && "${install[@]}" >/dev/null; }
}

install_peers() {
    local pair missing=()
    for pair in "${PEERS[@]}"; do
        PATH="$PATH:/usr/sbin" command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
    done
    if [ ${#missing[@]} = 0 ]; then
        echo "all there"
    elif apt_install "${missing[@]}"; then
        echo "installed: ${missing[*]}"
        # Debian starts a server as soon as it is installed; the tests start their own.
        if [[ " ${missing[*]} " == *" kamailio "* ]] && [ -d /run/systemd/system ]; then
            $(root_prefix) systemctl disable --now kamailio >/dev/null 2>&1 || true
        fi
    else
        echo "not installed (needs root, or sudo without a password, on Debian): ${missing[*]}"
        echo "calls with those programs are left out; to have them: apt-get install ${missing[*]}"
    fi
}

make_environment() {
    local python fingerprint
    python=$(find_python)
    if [ ! -x "$VENV/bin/python" ] || ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
        rm -rf "$VENV"
        "$python" -m venv "$VENV" 2>/dev/null || { apt_install python3-venv && "$python" -m venv "$VENV"; } ||
            die "$python cannot make a virtual environment. On Debian: apt-get install python3-venv"
    fi
    fingerprint=$(cat pyproject.toml ims_avatar/__init__.py deploy/test.sh | sha256sum)
    if [ "$(cat "$VENV/.installed" 2>/dev/null)" != "$fingerprint" ]; then
        "$VENV/bin/python" -m pip install -qq torch==2.13.0
        "$VENV/bin/python" -m pip install -qq -e ".[dev,train,vision,tts]"
        # Only its model files are read; what it would pull in is old and large.
        "$VENV/bin/python" -m pip install -qq --no-deps mediapipe==0.10.21
        "$VENV/bin/python" -m pip install -qq --upgrade --target "$OPENVINO" openvino
        "$VENV/bin/python" -m pip install -qq --upgrade --target "$TENSORRT" "tensorrt-rtx>=1.7" || rm -rf "$TENSORRT"
        echo "$fingerprint" >"$VENV/.installed"
    fi
    "$VENV/bin/python" --version
}

step() { # step NAME COMMAND...: runs it, remembers a failure, goes on
    local name=$1 began=$SECONDS
    shift
    say "$name"
    if "$@"; then echo "-- $name: passed ($((SECONDS - began)) s)"; else
        echo "-- $name: FAILED ($((SECONDS - began)) s)"
        failed+=("$name")
    fi
}

began=$SECONDS
say "phones and tools of Debian"
install_peers
say "Python environment in .venv"
make_environment
python="$VENV/bin/python"

if [ $# -gt 0 ]; then
    step "pytest $*" "$python" -m pytest "$@"
else
    step "style (ruff)" "$python" -m ruff check .
    step "types (mypy --strict)" "$python" -m mypy
    step "unit tests" "$python" -m pytest tests --ignore=tests/integration --ignore=tests/unit/training/exchange
    step "the same avatars on OpenVINO" env PYTHONPATH="$OPENVINO" "$python" -m pytest tests/unit/inference
    # There is no TensorRT for every machine: without it those tests are left out, unless CI=true.
    step "exchange formats in OpenVINO and TensorRT" env PYTHONPATH="$OPENVINO:$TENSORRT" \
        IMS_AVATAR_TENSORRT="${CI:+required}" "$python" -m pytest tests/unit/training/exchange -rs
    step "integration tests: real phones, real processes" "$python" -m pytest tests/integration --durations=10 -rs
fi

say "$((SECONDS - began)) s in all"
[ ${#failed[@]} = 0 ] || die "FAILED: $(printf '%s; ' "${failed[@]}")"
echo "everything passed"
