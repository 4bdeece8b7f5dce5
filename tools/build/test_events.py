"""What the build events of a run of Bazel (--build_event_json_file) say of its tests."""

import json
import os
import urllib.parse
import xml.etree.ElementTree


def events_of(path):
    """The events of a file, up to where Bazel stopped writing it."""
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)
    except (OSError, json.JSONDecodeError):
        return


def output_of(result, name):
    """The path of what a test left under that name ("test.log", "test.xml"), or None. Shorter where the link bazel-testlogs leads there."""
    for output in result.get("testActionOutput", []):
        if output["name"] == name:
            path = urllib.parse.unquote(urllib.parse.urlparse(output["uri"]).path)
            logs = os.path.realpath("bazel-testlogs")
            return os.path.join("bazel-testlogs", os.path.relpath(path, logs)) if path.startswith(logs + "/") else path
    return None


class Cases:
    """The cases of one test, by its XML; a test that leaves none is one case, and so is one that failed without saying which."""

    def __init__(self, result):
        self.passed, self.failed, self.skipped = 0, [], []  # how many; names; reasons
        for case in self._elements(output_of(result, "test.xml")):
            skipped = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                self.failed.append(case.get("name", "?"))
            elif skipped is not None or case.get("status") == "notrun":
                self.skipped.append((skipped.get("message") or "" if skipped is not None else "").split("\n")[0] or "switched off")
            else:
                self.passed += 1
        if result["status"] == "PASSED" and not self.passed and not self.failed and not self.skipped:
            self.passed = 1
        if result["status"] != "PASSED" and not self.failed:
            self.failed = [result["status"].lower()]
        # A name twice is one case, of which two parts failed.
        self.failed = list(dict.fromkeys(self.failed))

    @staticmethod
    def _elements(path):
        try:
            return list(xml.etree.ElementTree.parse(path).iter("testcase"))
        except (TypeError, OSError, xml.etree.ElementTree.ParseError):
            return []
