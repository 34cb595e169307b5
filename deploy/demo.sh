#!/usr/bin/env bash
# From a fresh clone to a film of a call: makes .venv, installs into it, and runs `ims-avatar demo` with your arguments.
# Needs Python 3.11 or newer; no root, no system packages. Everything stays in this directory.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
fail() { printf '\033[1;31merror:\033[0m %s\n' "$*" >&2; exit 1; }

find_python() {
    local name
    for name in ${PYTHON:-python3.11 python3 python3.12 python3.13}; do
        if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            command -v "$name"
            return
        fi
    done
    fail "Python 3.11 or newer was not found. Remedy: install it, or name it: PYTHON=/path/to/python3.11 bash deploy/demo.sh"
}

make_environment() {
    local python=$1
    rm -rf .venv
    if "$python" -m venv .venv >/dev/null 2>&1; then return; fi
    # Debian and Ubuntu leave ensurepip out of python3; pip itself can then fill an empty environment.
    rm -rf .venv
    if "$python" -m venv --without-pip .venv >/dev/null 2>&1 \
        && "$python" -m pip --python .venv/bin/python install --quiet --disable-pip-version-check pip >/dev/null 2>&1; then
        return
    fi
    rm -rf .venv
    if "$python" -m virtualenv --quiet .venv >/dev/null 2>&1; then return; fi
    fail "$python can make no virtual environment (ensurepip and pip are missing). Remedy: install python3-venv, or virtualenv"
}

installed=.venv/.ims-avatar-installed
if [ ! -x .venv/bin/python ] || [ ! -e "$installed" ]; then
    python=$(find_python)
    say "Making .venv with $("$python" --version)"
    make_environment "$python"
fi
if [ ! -e "$installed" ] || [ -n "$(find ims_avatar sip_profiles pyproject.toml -newer "$installed" -not -name '*.pyc' -type f -print -quit)" ]; then
    say "Installing ims-avatar and what it needs (about 100 MB, once)"
    .venv/bin/python -m pip install -qq --disable-pip-version-check . \
        || fail "the installation failed. Remedy: see pip's message above; is a package index reachable?"
    touch "$installed"
fi
# Libraries that start a thread a core would only get in each other's way.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
exec .venv/bin/ims-avatar demo "$@"
