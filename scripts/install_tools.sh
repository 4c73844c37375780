#!/bin/sh
# Install what the tests judge our documents with, where this is Debian and we are root. Nothing is installed twice.
# The language server of YAML editors needs npm and no root: it goes to .tools/, at the versions tests/editor pins.
set -eu
cd "$(dirname "$0")/.."
if command -v npm >/dev/null 2>&1 && ! cmp -s tests/editor/package-lock.json .tools/installed.json; then
    mkdir -p .tools
    cp tests/editor/package.json tests/editor/package-lock.json .tools/
    if npm ci --prefix .tools --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null; then
        cp tests/editor/package-lock.json .tools/installed.json
    else
        echo "npm could not fetch the language server of YAML editors: its tests will be skipped"
    fi
fi
packages="poppler-utils qpdf openssl libxml2-utils libreoffice-writer-nogui libreoffice-calc-nogui python3-uno libnss3-tools"
command -v dpkg-query >/dev/null 2>&1 || exit 0
missing=""
for package in $packages; do
    state=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true)
    case "$state" in
        ii*) ;;
        *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
    echo "not root: tests that need$missing will be skipped with their reason"
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
