"""The files that the tidy test looks at, and what BUILD files say of them.

A Tree is a dict from path (relative to the root, with /) to text, so that a check can be shown a tree of three lines as well as
the real one.
"""

import builtins
import os
import re

_KINDS = (".h", ".cc", ".py", ".bzl", ".bazel", ".toml", ".md", ".svg", "openapi.json")
ROOMS = ("core", "proto", "policy", "relay", "tools", "bench", "tests", "docs")


def read_tree(root):
    """The sources and documents below `root`, without what tools have made."""
    tree = {}
    for folder, subfolders, files in os.walk(root):
        subfolders[:] = [s for s in subfolders if not s.startswith((".", "bazel-")) and s not in ("__pycache__", "node_modules")]
        for name in files:
            path = os.path.join(folder, name)
            if name.endswith(".png"):
                tree[os.path.relpath(path, root).replace(os.sep, "/")] = ""  # a picture is there for links to lead to
                continue
            if not name.endswith(_KINDS) or os.path.islink(path):
                continue
            with open(path, encoding="utf-8") as file:
                tree[os.path.relpath(path, root).replace(os.sep, "/")] = file.read()
    return tree


def cpp_files(tree):
    return [path for path in sorted(tree) if path.endswith((".h", ".cc"))]


def without_comments(text):
    """C++ with comments and string literals blanked out, line for line."""
    pattern = re.compile(r'R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.S)

    def blank(found):
        if found.group().startswith('"'):
            return '""'
        return re.sub(r"[^\n]", "", found.group()) or " "

    return pattern.sub(blank, text)


class _BuildFile(dict):
    """The names a BUILD file may use: every rule is a function that notes its attributes."""

    def __init__(self):
        super().__init__()
        self.targets = []

    def __missing__(self, rule):
        if hasattr(builtins, rule):
            raise KeyError(rule)

        def note(*_, **attributes):
            self.targets.append(attributes)
            return []

        return note


def targets_of(tree, folder):
    """The attributes of the targets in a folder's BUILD.bazel. BUILD files are written in a subset of Python."""
    names = _BuildFile()
    exec(compile(tree.get(f"{folder}/BUILD.bazel", ""), folder, "exec"), names)  # pylint: disable=exec-used
    return names.targets


def _files_of(folder, target):
    listed = target.get("srcs") or [], target.get("hdrs") or []
    return {f"{folder}/{name}" for part in listed for name in part if isinstance(name, str)}


def value_files(tree):
    """The part of core that is values: no syscall, no thread."""
    for target in targets_of(tree, "core"):
        if target.get("name") == "values":
            return _files_of("core", target)
    return set()


def test_files(tree):
    """Tests, benchmarks, fuzzers, and what their targets mark as testonly. They may use whatever they test with."""
    found = {path for path in tree if re.search(r"_(test|benchmark|fuzz)\.cc$", path)}
    for path in tree:
        if path.endswith("/BUILD.bazel"):
            folder = path.rsplit("/", 1)[0]
            for target in targets_of(tree, folder):
                if target.get("testonly"):
                    found |= _files_of(folder, target)
    return found


def line_of(text, position):
    return text.count("\n", 0, position) + 1
