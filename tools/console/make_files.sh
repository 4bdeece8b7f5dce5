#!/usr/bin/env bash
# make_files.sh OUT: writes the console as C++ to OUT. In the source folder, since npm's packages are there and nowhere else; without node,
# a file with no console in it and the reason.
set -euo pipefail
folder=$(dirname "$(realpath "$0")")
if command -v node > /dev/null; then exec node "$folder/build.mjs" --cc="$1" --installed="$folder/.installed"; fi
cat > "$1" << 'END'
// Made by tools/console/make_files.sh.
#include "tools/admin/console_files.h"

namespace sluice {

absl::Span<const ConsoleFile> ConsoleFiles() { return {}; }

std::string_view WhyNoConsole() {
  return "node was missing when it was built: run tools/setup with a network, and build again";
}

}  // namespace sluice
END
