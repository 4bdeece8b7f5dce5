"""What a test can check of the laws in docs/ARCHITECTURE.md: who includes whom, names, guards, flags.

Each check takes a Tree and yields one sentence per fault.
"""

import re

from tree import cpp_files, line_of, test_files, value_files, without_comments

# The table of rooms in docs/ARCHITECTURE.md: what may be included besides the room itself and the language's own headers.
_MAY_INCLUDE = {
    "core:values": {"core:values", "absl"},
    "core:give_way": {"absl"},
    "core:machine": {"core:values", "core:machine", "absl", "glog", "liburing"},
    "proto": {"core:values", "absl"},
    "policy": {"core:values", "core:give_way", "absl", "toml++"},
    "relay": {"core:values", "core:give_way", "core:machine", "proto", "policy", "absl", "glog", "c-ares", "nlohmann", "gssapi"},
}
_LIBRARIES = {
    "absl": r"absl/", "glog": r"glog/", "gflags": r"gflags/", "liburing": r"liburing(\.h|/)", "c-ares": r"ares\w*\.h", "gssapi": r"(gssapi|krb5)/",
    "toml++": r"toml\+\+/", "nlohmann": r"nlohmann/", "googletest": r"g(test|mock)/", "benchmark": r"benchmark/",
}
# Headers of the system that only a machine needs.
_SYSCALLS = r"(sys/(?!types)|unistd\.h|fcntl\.h|poll\.h|pthread\.h|thread$|mutex$|condition_variable$|fstream$|chrono$)"
_PURE = ("core:values", "proto", "policy")

_BANNED = {"manager", "helper", "helpers", "util", "utils", "context", "data", "info", "base", "impl", "common"}


def _room(path, values):
    room = path.split("/")[0]
    if path.startswith("core/give_way."):
        return "core:give_way"
    if room == "core":
        return "core:values" if path in values else "core:machine"
    return room


def _meaning(include, values):
    """What an include leads to: a library, a room, or None for the language's and the system's own."""
    for library, pattern in _LIBRARIES.items():
        if re.match(pattern, include):
            return library
    return _room(include, values) if "/" in include and re.match(r"(core|proto|policy|relay|tools|bench|tests)/", include) else None


def _includes(text):
    for found in re.finditer(r'^\s*#\s*include\s+["<]([^">]+)[">]', text, re.M):
        yield line_of(text, found.start()), found.group(1)


def include_directions(tree):
    values, tests = value_files(tree), test_files(tree)
    for path in cpp_files(tree):
        room = _room(path, values)
        if room not in _MAY_INCLUDE or path in tests:
            continue
        for line, include in _includes(tree[path]):
            meaning = _meaning(include, values)
            if meaning not in _MAY_INCLUDE[room] | {room, None}:
                yield f"{path}:{line}: {room} may not include {include}: see the table of rooms in docs/ARCHITECTURE.md"


# What the wings of relay may include of relay besides themselves: nothing of the hall but its words and pipes.
_HALL_FOR_WINGS = {"any_port.h", "close_reason.h", "current_policy.h", "direction.h", "egress_error.h", "reply_code.h", "session_auth.h",
                   "pipe.h", "plumbing.h", "splice_pipes.h", "stall_watch.h", "tunnel.h"}
_WINGS_BELOW = {"limits": set(), "auth": set(), "names": {"limits"}, "gss": set(), "log": {"auth"},
                "udp": {"gss", "limits", "log", "names"}}


def wings_do_not_know_the_hall(tree):
    tests = test_files(tree)
    for path in cpp_files(tree):
        place = re.match(r"relay/(\w+)/", path)
        if not place or path in tests:
            continue
        wing = place.group(1)
        if wing not in _WINGS_BELOW:
            yield f"{path}: relay/{wing} is a new wing: say in tests/tidy/source_checks.py what it stands on"
            continue
        for line, include in _includes(tree[path]):
            led = re.match(r"relay/(?:(\w+)/)?(.+)", include)
            if led and not (led.group(1) in _WINGS_BELOW[wing] | {wing} if led.group(1) else led.group(2) in _HALL_FOR_WINGS):
                yield f"{path}:{line}: relay/{wing} may not include {include}: a wing knows the hall by an interface of its own"


def pure_rooms_have_no_syscalls_or_threads(tree):
    values, tests = value_files(tree), test_files(tree)
    for path in cpp_files(tree):
        if _room(path, values) not in _PURE or path in tests:
            continue
        for line, include in _includes(tree[path]):
            if re.match(_SYSCALLS, include):
                yield f"{path}:{line}: {include} in a room without syscalls and threads: move what needs it into core's machine or relay"


def liburing_has_one_door(tree):
    for path in cpp_files(tree):
        if re.match(r"core/(uring_\w+|host_probe)\.", path):
            continue
        for line, include in _includes(tree[path]):
            if _meaning(include, set()) == "liburing":
                yield f"{path}:{line}: liburing outside core/uring_* and core/host_probe: go through core/kernel.h"


def flags_stand_in_programs(tree):
    for path in cpp_files(tree):
        code = without_comments(tree[path])
        found = re.search(r"^DEFINE_\w+\(", code, re.M)
        if found and not re.search(r"^int main\(", code, re.M):
            yield f"{path}:{line_of(code, found.start())}: a flag outside a program's main file: take an Options struct instead"


def _words(name):
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)}


_TYPE = re.compile(
    r"^\s*(?:template\s*<[^{;]*>\s*)?"
    r"(?:(?:class|struct|union|enum(?:\s+class)?)\s+(?:alignas\([^)]*\)\s*)?(\w+)[^;(){}=]*\{|using\s+(\w+)\s*=)", re.M)


def names_say_what_things_are(tree):
    for path in sorted(tree):
        stem = path.rsplit("/", 1)[-1].split(".")[0]
        for word in sorted(_words(stem) & _BANNED):
            yield f"{path}: \"{word}\" in a file's name says nothing: name what the file is for"
    for path in cpp_files(tree):
        code = without_comments(tree[path])
        for found in _TYPE.finditer(code):
            name = found.group(1) or found.group(2)
            for word in sorted(_words(name) & _BANNED):
                yield f"{path}:{line_of(code, found.start(0))}: \"{word}\" in {name} says nothing: name what it is"


def _guard(path):
    return "SLUICE_" + re.sub(r"[/.]", "_", path).upper() + "_"


def headers_have_a_guard_and_a_comment(tree):
    for path in cpp_files(tree):
        if not path.endswith(".h"):
            continue
        guard = _guard(path)
        if not re.match(rf"#ifndef {guard}\n#define {guard}\n", tree[path]):
            yield f"{path}:1: expected #ifndef {guard} and its #define on the first two lines"
        elif not tree[path].rstrip().endswith(f"#endif  // {guard}"):
            yield f"{path}: expected #endif  // {guard} on the last line"
        elif not re.match(r"\n//", tree[path].split("\n", 2)[2]):
            yield f"{path}:3: expected a comment under the guard that says what the header is for"


_LATER = "TO" + "DO"


def work_left_has_an_issue(tree):
    for path in sorted(tree):
        for number, line in enumerate(tree[path].split("\n"), 1):
            if re.search(rf"\b{_LATER}\b(?!\(#\d+\))", line) and path.endswith((".h", ".cc", ".py", ".bzl", ".bazel")):
                yield f"{path}:{number}: {_LATER} without an issue: write {_LATER}(#NUMBER), or do it"


def tests_stand_in_a_suite(tree):
    """Who asks Bazel for a kind of tests (//:unit, //:e2e, …) gets all of them: each folder with tests is named at the top."""
    suites = re.findall(r'"//([\w/]+):tests"', tree.get("BUILD.bazel", ""))
    for path in sorted(tree):
        folder = path.removesuffix("/BUILD.bazel")
        if folder == path or not re.search(r"^\s*\w+_test\(", tree[path], re.M):
            continue
        if 'test_suite(name = "tests")' not in tree[path]:
            yield f'{path}: expected test_suite(name = "tests"), all tests of the folder'
        if suites.count(folder) != 1:
            yield f"BUILD.bazel: expected //{folder}:tests in one suite, found it in {suites.count(folder)}"
