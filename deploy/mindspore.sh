#!/usr/bin/env bash
# Makes the environment that `ims-avatar avatar export --format mindir` runs MindSpore in: 2.8 GB on the disk, a minute.
#
#   bash deploy/mindspore.sh [FOLDER]
#
# FOLDER: where it goes; without it where the export looks, $IMS_AVATAR_MINDSPORE or ~/.local/share/ims-avatar/mindspore.
# It is apart from everything else because MindSpore pins packages that ours need newer. PYTHON names another
# interpreter (3.10 to 3.12). Run again, it leaves an environment that works alone.
set -euo pipefail

VERSION=2.10.0
NEEDED_MB=6000 # while it unpacks
folder=${1:-${IMS_AVATAR_MINDSPORE:-${XDG_DATA_HOME:-$HOME/.local/share}/ims-avatar/mindspore}}

die() { printf '\033[1;31merror:\033[0m %s\n' "$*" >&2; exit 1; }
works() { "$folder/bin/python" -c "import mindspore; assert mindspore.__version__ == '$VERSION'" >/dev/null 2>&1; }

find_python() {
    local name
    for name in ${PYTHON:-python3.11 python3.12 python3.10 python3}; do
        if command -v "$name" >/dev/null &&
            "$name" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))'; then
            echo "$name"
            return
        fi
    done
    die "MindSpore $VERSION needs Python 3.10 to 3.12. Remedy: install one, or name it: PYTHON=/path/to/python3.11"
}

if works; then
    echo "MindSpore $VERSION is there: $folder"
    exit 0
fi
python=$(find_python)
mkdir -p "$(dirname "$folder")"
free=$(df -Pm "$(dirname "$folder")" | awk 'NR == 2 {print $4}')
[ "$free" -ge "$NEEDED_MB" ] || die "$free MB are free below $folder, $NEEDED_MB are needed. Remedy: name another folder"
[ ! -e "$folder" ] || [ -x "$folder/bin/python" ] || die "$folder is something else. Remedy: name another folder"
rm -rf "$folder"
"$python" -m venv "$folder" || die "$python cannot make a virtual environment. On Debian: apt-get install python3-venv"
"$folder/bin/python" -m pip install --quiet --no-cache-dir "mindspore==$VERSION"
works || die "MindSpore $VERSION was installed into $folder but cannot be imported"
echo "MindSpore $VERSION: $folder"
[ "$folder" = "${XDG_DATA_HOME:-$HOME/.local/share}/ims-avatar/mindspore" ] ||
    echo "the export finds it with IMS_AVATAR_MINDSPORE=$folder"
