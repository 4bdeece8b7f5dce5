#!/usr/bin/env bash
# Runs the tidy test from where it stands in the tree, not from Bazel's folder of links: it looks at the whole tree.
exec python3 "$(realpath "$1")"
