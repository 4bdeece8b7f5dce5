"""The host's Abseil as one library.

Abseil is some eighty libraries, and which of them a function lives in differs between releases. So all that the host has are named to
the linker, and --as-needed keeps those that a program uses.
"""

def _host_abseil(ctx):
    asked = ctx.execute(["pkg-config", "--variable=libdir", "absl_base"])
    if asked.return_code != 0:
        fail("Abseil was not found on this host; run tools/setup")
    files = [path.basename for path in ctx.path(asked.stdout.strip()).readdir()]
    names = sorted([file[3:-3] for file in files if file.startswith("libabsl_") and file.endswith(".so")])
    linkopts = ["-Wl,--push-state,--as-needed"] + ["-l" + name for name in names] + ["-Wl,--pop-state"]
    ctx.file("BUILD.bazel", """
cc_library(
    name = "abseil",
    linkopts = {linkopts},
    visibility = ["@sluice//tools/deps:__pkg__"],
)
""".format(linkopts = repr(linkopts)))

# local and configure: looked at again when Bazel's server starts, so that an upgrade of the host is noticed.
host_abseil = repository_rule(implementation = _host_abseil, local = True, configure = True)
