#!/usr/bin/env bash
# check.sh: the console's types, and the tests of its pure parts (src/*_test.ts).
set -euo pipefail
folder=$(dirname "$(realpath "$0")")
if ! [ -d "$folder/node_modules/typescript" ]; then
  echo "skipped: npm packages are not installed"
  [ -z "${XML_OUTPUT_FILE:-}" ] ||
    echo '<testsuite tests="1"><testcase name="console"><skipped message="npm packages are not installed"/></testcase></testsuite>' > "$XML_OUTPUT_FILE"
  exit 0
fi
exec node "$folder/check.mjs"
