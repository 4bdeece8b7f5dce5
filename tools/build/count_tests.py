"""count_tests.py EVENTS=STATUS...: what the build events of several runs of Bazel say of test cases and targets.

EVENTS is a file of --build_event_json_file, STATUS what Bazel exited with. Names what failed, and ends in one line "N passed, N failed".
A test that writes XML counts by its cases, another one as one. A target that did not build, crashed or timed out is one failure, and so
is a run that failed without saying of what. Exits with 1 where anything failed or nothing ran.
"""

import json
import os
import sys
import urllib.parse
import xml.etree.ElementTree


def events_of(path):
    """The events of a file, up to where Bazel stopped writing it."""
    try:
        with open(path) as file:
            for line in file:
                yield json.loads(line)
    except (OSError, json.JSONDecodeError):
        return


def cases_of(result):
    """(passed, names of the failed) by the XML of one test run; None where it left none that can be read."""
    paths = [urllib.parse.unquote(urllib.parse.urlparse(output["uri"]).path)
             for output in result.get("testActionOutput", []) if output["name"] == "test.xml"]
    try:
        cases = list(xml.etree.ElementTree.parse(paths[0]).iter("testcase"))
    except (IndexError, OSError, xml.etree.ElementTree.ParseError):
        return None
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    skipped = [case for case in cases if case.get("status") == "notrun" or case.find("skipped") is not None]
    return len(cases) - len(failed) - len(skipped), [case.get("name", "?") for case in failed]


def count(events):
    """(passed, failed, not built) in one run of Bazel. A target that is built and tested fails to be built once."""
    passed, failed, not_built = 0, [], set()
    for event in events:
        target = event["id"].get("targetCompleted", event["id"].get("targetConfigured"))
        if target and ("aborted" in event or not event.get("completed", {"success": True}).get("success")):
            not_built.add(f"{target['label']}: not built")
        if "testResult" not in event:
            continue
        label, result = event["id"]["testResult"]["label"], event["testResult"]
        good, bad = cases_of(result) or (int(result["status"] == "PASSED"), [])
        if result["status"] != "PASSED" and not bad:
            bad = [result["status"].lower()]
        passed += good
        failed += [f"{label}: {case}" for case in bad]
    return passed, failed, sorted(not_built)


def main():
    passed, failed = 0, []
    for argument in sys.argv[1:]:
        path, status = argument.rsplit("=", 1)
        run = os.path.basename(path).removesuffix(".json")
        good, bad, not_built = count(events_of(path))
        passed += good
        failed += [f"{run}: {what}" for what in bad + not_built]
        # 1: something was not built, 3: a test failed. A broken BUILD file is a 1 of which the events say nothing.
        if not {"0": True, "1": not_built, "3": bad}.get(status):
            failed.append(f"{run}: Bazel exited with {status}; its messages above say why")
    for what in failed:
        print("failed:", what)
    print(f"{passed} passed, {len(failed)} failed")
    return 0 if passed > 0 and not failed else 1


sys.exit(main())
