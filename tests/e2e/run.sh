#!/usr/bin/env bash
# Runs one file of end-to-end tests against the daemon that was built. Bazel gives both paths.
set -euo pipefail
SLUICED=$(realpath "$1") exec python3 "$2"
