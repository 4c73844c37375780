#!/bin/sh
# Apache Airflow in a virtual environment of its own, for the slow tier: its packages and those of csvgen need never agree. Nothing is installed twice.
set -eu
cd "$(dirname "$0")/.."
version=3.3.2
home=.tools/airflow
# A virtual environment knows the folder it was made in: one that was moved along with its checkout does not start.
python=$([ -f "$home/bin/airflow" ] && sed -n '1s/^#!//p' "$home/bin/airflow" || true)
if [ ! -f "$home/installed-$version" ] || [ ! -x "$python" ]; then
    rm -rf "$home"
    "${PYTHON:-python3}" -m venv "$home"
    if "$home/bin/python" -m pip install --quiet --disable-pip-version-check "apache-airflow==$version"; then
        touch "$home/installed-$version"
    else
        echo "Airflow could not be fetched: its tests will be skipped"
    fi
fi
