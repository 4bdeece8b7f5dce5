"""Runs the tests of a file as unittest does, and says of each case how it went in the XML that Bazel asks for, so that tools/test can count
cases and name those that fail."""

import os
import re
import time
import unittest
import xml.etree.ElementTree as xml


def _name(test):
    return test.id().removeprefix("__main__.")


class _Result(unittest.TextTestResult):
    """Notes the worst of each case: a failed part of a case (subTest) is a failure of the case."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.cases = {}  # name -> (what: "passed", "skipped", "failure", text, seconds)
        self._started = time.monotonic()

    def startTest(self, test):
        self._started = time.monotonic()
        super().startTest(test)

    def _note(self, test, what, text=""):
        name, order = _name(test), ("passed", "skipped", "failure")
        known = self.cases.get(name)
        if known is None or order.index(what) > order.index(known[0]):
            self.cases[name] = (what, text, time.monotonic() - self._started)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._note(test, "passed")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._note(test, "skipped", reason)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._note(test, "failure", self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self._note(test, "failure", self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._note(test, "failure", f"{subtest}: {err[1]}")


def _write(path, cases):
    suite = xml.Element("testsuite", tests=str(len(cases)))
    for name, (what, text, seconds) in cases.items():
        case = xml.SubElement(suite, "testcase", name=name, time=f"{seconds:.3f}")
        if what != "passed":
            # XML has no place for most control characters.
            xml.SubElement(case, what, message=re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd]", "?", text))
    xml.ElementTree(suite).write(path)


class Runner(unittest.TextTestRunner):
    resultclass = _Result

    def run(self, test):
        result = super().run(test)
        path = os.environ.get("XML_OUTPUT_FILE")
        if path:
            _write(path, result.cases)
        return result


def main(skip_because=None):
    """`skip_because`: a sentence, where none of the file's tests can run here."""
    program = unittest.TestProgram
    if skip_because:
        program = type("Skipped", (program,), {"createTests": lambda self, *args, **kwargs: (
            unittest.TestProgram.createTests(self, *args, **kwargs), _skip(self.test, skip_because))})
    program(module="__main__", verbosity=2, testRunner=Runner)


def _skip(suite, reason):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            _skip(test, reason)
        else:
            type(test).__unittest_skip__ = True
            type(test).__unittest_skip_why__ = reason
