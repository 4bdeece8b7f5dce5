"""cc_* rules with the project's warnings and what hardening depends on the processor. The rest (language, hardening, sanitizers) is in
.bazelrc. They take the attributes of the rule they wrap."""

_COPTS = [
    "-Wall",
    "-Wextra",
    "-Werror",
] + select({
    "//tools/build:x86_64": ["-fcf-protection"],
    "//tools/build:aarch64": ["-mbranch-protection=standard"],
    "//conditions:default": [],
})

def sluice_library(name, copts = [], **kwargs):
    native.cc_library(name = name, copts = _COPTS + copts, **kwargs)

def sluice_binary(name, copts = [], **kwargs):
    native.cc_binary(name = name, copts = _COPTS + copts, **kwargs)

def sluice_test(name, copts = [], deps = [], **kwargs):
    native.cc_test(
        name = name,
        copts = _COPTS + copts,
        deps = deps + ["//tools/deps:gtest_main"],
        **kwargs
    )

def sluice_benchmark(name, copts = [], deps = [], tags = [], **kwargs):
    """A Google Benchmark program. Built with everything, run by hand: its numbers are not a test's business."""
    native.cc_binary(
        name = name,
        copts = _COPTS + copts,
        deps = deps + ["//tools/deps:benchmark_main"],
        tags = tags + ["benchmark"],
        **kwargs
    )

def sluice_script_test(name, src, data = [], tags = [], **kwargs):
    """A script that uses programs as their users do. Not under sanitizers, and outside the sandbox: it makes network namespaces."""
    native.sh_test(
        name = name,
        srcs = [src],
        data = data,
        tags = tags + ["no-sanitizers", "local"],
        **kwargs
    )
