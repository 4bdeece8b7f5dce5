"""What tools/test says at the end and on the way, of build events that Bazel could have written."""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import count_tests  # noqa: E402
import show_progress  # noqa: E402

PASSES = '<testcase name="IsGood" status="run"/>'
FAILS = '<testcase name="IsBad" status="run"><failure message="no"/></testcase>'
SKIPPED = '<testcase name="IsAway" status="run" result="skipped"><skipped message="needs Linux 6.12&#10;more"/></testcase>'
SWITCHED_OFF = '<testcase name="DISABLED_IsOff" status="notrun"/>'
BROKEN = '<testcase name="IsBroken"><error message="no"/><system-out>x</system-out></testcase>'


def configured(label, test=True):
    return {"id": {"targetConfigured": {"label": label}}, "configured": {"testSize": "MEDIUM"} if test else {}}


def completed(label, success=True):
    return {"id": {"targetCompleted": {"label": label}}, "completed": {"success": True} if success else {}}


class Counting(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def result(self, label, *cases, status="PASSED", attempt=1):
        """A test's event. Without cases it has left no XML."""
        outputs = [{"name": "test.log", "uri": f"file:///logs{label.replace(':', '/')[1:]}/test.log"}]
        if cases:
            name = label.strip("/").replace("/", "-").replace(":", "-") + ".xml"
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>")
            outputs.append({"name": "test.xml", "uri": f"file://{self.path(name)}"})
        return {"id": {"testResult": {"label": label, "attempt": attempt}}, "testResult": {"status": status, "testActionOutput": outputs}}

    def count(self, *runs):
        """`runs`: (name, status, events). The exit code, and the lines that were said."""
        arguments = []
        for name, status, events in runs:
            with open(self.path(name + ".json"), "w", encoding="utf-8") as file:
                file.write("".join(json.dumps(event) + "\n" for event in events))
            arguments.append(f"{self.path(name)}.json={status}")
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = count_tests.main(arguments)
        return code, said.getvalue().splitlines()

    def test_cases_are_counted_and_a_test_without_any_is_one(self):
        events = [self.result("//a:x_test", PASSES, PASSES), self.result("//a:script")]
        self.assertEqual(self.count(("tests", 0, events)), (0, ["3 passed, 0 failed"]))

    def test_what_failed_is_named_once_with_its_case_and_its_log(self):
        events = [self.result("//a:x_test", PASSES, FAILS, status="FAILED"), self.result("//a:x_test", PASSES, FAILS, BROKEN, status="FAILED", attempt=2),
                  self.result("//a:script", status="FAILED"), self.result("//a:slow", PASSES, status="TIMEOUT")]
        code, said = self.count(("tests", 3, events))
        self.assertEqual(code, 1)
        self.assertEqual(said[:-1], ["failed: tests: //a:x_test: IsBad", "  log: /logs/a/x_test/test.log",
                                     "failed: tests: //a:x_test: IsBroken", "  log: /logs/a/x_test/test.log",
                                     "failed: tests: //a:script: failed", "  log: /logs/a/script/test.log",
                                     "failed: tests: //a:slow: timeout", "  log: /logs/a/slow/test.log"])
        self.assertRegex(said[-1], r"^\d+ passed, 4 failed$")

    def test_what_was_skipped_is_counted_by_its_reason(self):
        events = [self.result("//a:x_test", PASSES, SKIPPED, SWITCHED_OFF), self.result("//a:y_test", SKIPPED)]
        self.assertEqual(self.count(("tests", 0, events)),
                         (0, ["skipped: 2: needs Linux 6.12", "skipped: 1: switched off", "1 passed, 0 failed, 3 skipped"]))

    def test_nothing_but_skipped_is_no_success(self):
        self.assertEqual(self.count(("tests", 0, [self.result("//a:x_test", SKIPPED)]))[0], 1)

    def test_what_did_not_build_is_a_failure_and_so_is_a_run_that_says_nothing(self):
        code, said = self.count(("tests", 1, [self.result("//a:good"), completed("//a:x_test", success=False)]), ("build-clang", 1, []),
                                ("more", 37, [self.result("//b:good")]))
        self.assertEqual(code, 1)
        self.assertEqual(said, ["failed: tests: //a:x_test: not built", "failed: build-clang: Bazel exited with 1; its messages above say why",
                                "failed: more: Bazel exited with 37; its messages above say why", "2 passed, 3 failed"])

    def test_nothing_run_is_no_success(self):
        self.assertEqual(self.count(("tests", 0, [])), (1, ["0 passed, 0 failed"]))

    def test_progress_counts_what_is_built_done_and_failed(self):
        progress = show_progress.Progress()
        for event in (configured("//a:lib", test=False), configured("//a:x_test"), configured("//a:y_test"), completed("//a:lib"),
                      completed("//a:x_test"), self.result("//a:x_test", PASSES)):
            self.assertIsNone(progress.take(event))
        self.assertEqual(progress.line(), "2 of 3 targets built, 1 of 2 tests done, 0 failed")
        self.assertEqual(progress.take(self.result("//a:y_test", FAILS, status="FAILED")), "failed: //a:y_test: IsBad")
        self.assertEqual(progress.line(), "2 of 3 targets built, 2 of 2 tests done, 1 failed")

    def test_progress_is_read_while_it_is_written(self):
        lines = show_progress.follow(self.path("events"))
        self.assertIsNone(next(lines))
        with open(self.path("events"), "w", encoding="utf-8") as file:
            file.write('{"a": 1}\n{"b"')
            file.flush()
            self.assertEqual([next(lines), next(lines)], ['{"a": 1}', None])
            file.write(': 2}\n')
            file.flush()
            self.assertEqual([next(lines), next(lines)], ['{"b": 2}', None])


if __name__ == "__main__":
    unittest.main(verbosity=2)
