#!/usr/bin/env bash
# Runs one file of end-to-end tests against the daemon that was built. Bazel gives both paths, and that of
# sluicectl where the tests use it.
set -euo pipefail
SLUICED=$(realpath "$1") SLUICECTL=${3:+$(realpath "$3")} exec python3 "$2"
