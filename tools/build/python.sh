#!/usr/bin/env bash
# Runs a test in Python from where it stands in the tree, not from Bazel's folder of links.
exec python3 "$(realpath "$1")"
