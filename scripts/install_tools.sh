#!/bin/sh
# Install what the tests judge our documents with, where this is Debian and we are root. Nothing is installed twice.
# The language server of YAML editors, the OpenID provider and the tools that open exported results need npm and no root: they go to
# .tools/, at the versions their locks pin.
set -eu
cd "$(dirname "$0")/.."
by_npm() { # what it is, folder with package.json and lock, where it goes
    if command -v npm >/dev/null 2>&1 && ! cmp -s "$2/package-lock.json" "$3/installed.json"; then
        mkdir -p "$3"
        cp "$2/package.json" "$2/package-lock.json" "$3/"
        if npm ci --prefix "$3" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null; then
            cp "$2/package-lock.json" "$3/installed.json"
        else
            echo "npm could not fetch $1: its tests will be skipped"
        fi
    fi
}
by_npm "the language server of YAML editors" tests/editor .tools
by_npm "the OpenID provider" tests/counterparts/oidc .tools/oidc
by_npm "the tools that open exported results" tests/counterparts/results .tools/results
by_npm "the judge of pages for people who do not see or point" tests/portal/tools .tools/portal
packages="chromium chrony postgresql glewlwyd softhsm2 xmlsec1 default-jre-headless libjaxb-java libactivation-java poppler-utils qpdf openssl libxml2-utils libreoffice-writer-nogui libreoffice-calc-nogui python3-uno libnss3-tools docker-registry buildah skopeo busybox-static"
command -v dpkg-query >/dev/null 2>&1 || exit 0
missing=""
for package in $packages; do
    state=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true)
    case "$state" in
        ii*) ;;
        *) missing="$missing $package" ;;
    esac
done
if [ -n "$missing" ] && [ "$(id -u)" -ne 0 ]; then
    echo "not root: tests that need$missing will be skipped with their reason"
elif [ -n "$missing" ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
# The witness of transparency logs is packaged from Debian 13 on: fetched from there and unpacked, not installed. No root needed.
if [ ! -x .tools/usr/bin/sigsum-witness ] && command -v apt-get >/dev/null 2>&1; then
    work=$(mktemp -d)
    mkdir -p "$work/lists/partial" "$work/archives/partial" .tools
    # From wherever this machine gets its own packages.
    archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 '/debian/$' || true)
    echo "deb $archive trixie main" >"$work/sources.list"
    apart="-o Dir::Etc::sourcelist=$work/sources.list -o Dir::Etc::sourceparts=/dev/null -o Dir::State=$work -o Dir::Cache=$work"
    # shellcheck disable=SC2086
    if (cd "$work" && apt-get -qq $apart -o Dir::State::status=/var/lib/dpkg/status update && apt-get -qq $apart download sigsum-go) >/dev/null 2>&1; then
        dpkg-deb -x "$work"/sigsum-go_*.deb .tools
    else
        echo "the witness could not be fetched: its tests will be skipped"
    fi
    rm -rf "$work"
fi
