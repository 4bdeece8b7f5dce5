"""count_tests.py EVENTS=STATUS...: what the build events of several runs of Bazel say of test cases and targets.

EVENTS is a file of --build_event_json_file, STATUS what Bazel exited with. Names what failed, once, with its case and where its log is; says
why what was skipped was; and ends in one line "N passed, N failed", or "N passed, N failed, N skipped". A test that writes XML counts by its
cases, another one as one. A target that did not build, crashed or timed out is one failure, and so is a run that failed without saying of
what. Exits with 1 where anything failed or nothing ran.
"""

import collections
import os
import sys

from test_events import Cases, events_of, output_of


class Count:
    """Of one run of Bazel."""

    def __init__(self, events):
        self.passed, self.skipped = 0, collections.Counter()
        self.failed = {}  # what failed -> its log, or None
        self.not_built = {}  # the same; a target that is built and tested fails to be built once
        for event in events:
            target = event["id"].get("targetCompleted", event["id"].get("targetConfigured"))
            if target and ("aborted" in event or not event.get("completed", {"success": True}).get("success")):
                self.not_built[f"{target['label']}: not built"] = None
            if "testResult" in event:
                self._add(event["id"]["testResult"]["label"], event["testResult"])

    def _add(self, label, result):
        cases = Cases(result)
        self.passed += cases.passed
        self.skipped.update(cases.skipped)
        for name in cases.failed:
            self.failed[f"{label}: {name}"] = output_of(result, "test.log")


def main(arguments):
    passed, failed, skipped = 0, {}, collections.Counter()
    for argument in arguments:
        path, status = argument.rsplit("=", 1)
        run = os.path.basename(path).removesuffix(".json")
        count = Count(events_of(path))
        passed += count.passed
        skipped.update(count.skipped)
        failed.update({f"{run}: {what}": log for what, log in {**count.failed, **count.not_built}.items()})
        # 1: something was not built, 3: a test failed. A broken BUILD file is a 1 of which the events say nothing.
        if not {"0": True, "1": count.not_built, "3": count.failed}.get(status):
            failed[f"{run}: Bazel exited with {status}; its messages above say why"] = None
    for reason, number in skipped.items():
        print(f"skipped: {number}: {reason}")
    for what, log in failed.items():
        print("failed:", what)
        if log:
            print("  log:", log)
    print(f"{passed} passed, {len(failed)} failed" + (f", {skipped.total()} skipped" if skipped else ""))
    return 0 if passed > 0 and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
