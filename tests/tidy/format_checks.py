"""That every C++ file is as .clang-format says. Only the version that the tree was formatted with can tell: others break lines elsewhere."""

import re
import subprocess

CLANG_FORMAT = "14"  # Debian 12's
COLUMNS_MAX = 100


def clang_format_version():
    """The major version as text, or None where there is no clang-format."""
    try:
        said = subprocess.run(["clang-format", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"version (\d+)", said)
    return found.group(1) if found else None


def differing_files(root, paths):
    """Those of `paths` that clang-format would change."""
    said = subprocess.run(["clang-format", "--dry-run", "--Werror", *paths], cwd=root, capture_output=True, text=True, check=False)
    if said.returncode != 0 and not said.stderr:
        raise RuntimeError(f"clang-format exited with {said.returncode} and said nothing")
    return sorted({line.split(":")[0] for line in said.stderr.split("\n") if "clang-format-violations" in line})


def comments_fit_the_columns(tree):
    """clang-format leaves comments alone, so that lists and drawings stay lists and drawings; their length is looked at here."""
    for path in sorted(tree):
        if not path.endswith((".h", ".cc")):
            continue
        for number, line in enumerate(tree[path].split("\n"), 1):
            if len(line) > COLUMNS_MAX and re.match(r"\s*//", line):
                yield f"{path}:{number}: a comment of {len(line)} columns, and {COLUMNS_MAX} are the most: wrap it by hand"
