#!/bin/sh
# What Bazel knows of the tree it builds (--workspace_status_command): the commit, for `sluiced --version`. Not a STABLE_ key: Bazel builds nothing
# anew because the commit is another, and what is built anew has the commit of that moment.
commit=$(git rev-parse --short=12 HEAD 2> /dev/null) || commit=unknown
[ -z "$(git --no-optional-locks status --porcelain --untracked-files=no 2> /dev/null)" ] || commit=$commit-changed
echo "SLUICE_COMMIT $commit"
