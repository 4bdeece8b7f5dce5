"""Stops a build in a clone that tools/setup has not seen, before Bazel looks for anything: what would be missing there has other names."""

def _set_up(ctx):
    root = ctx.path(Label("//:WORKSPACE")).dirname
    if not root.get_child(".bazelrc.host").exists:
        fail("this clone is not set up: run tools/setup first (tools/run and tools/test do)")
    ctx.file("BUILD.bazel")
    ctx.file("done.bzl", "DONE = True")

set_up = repository_rule(implementation = _set_up, local = True, configure = True)
