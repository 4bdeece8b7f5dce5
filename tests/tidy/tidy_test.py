"""The laws of this tree that a test can check. Each check is first shown examples of what it must find and of what it must leave alone.

Run by Bazel as //tests/tidy:tidy_test, or by hand: python3 tests/tidy/tidy_test.py
"""

import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
# Bazel runs a link to this file; what it is to look at lies around the file itself.
_HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, _HERE)

# pylint: disable=wrong-import-position
import document_checks
import format_checks
import size_checks
import source_checks
from examples import EXAMPLES
from tree import ROOMS, cpp_files, read_tree, targets_of

CHECKS = [
    source_checks.include_directions,
    source_checks.wings_do_not_know_the_hall,
    source_checks.pure_rooms_have_no_syscalls_or_threads,
    source_checks.liburing_has_one_door,
    source_checks.flags_stand_in_programs,
    source_checks.names_say_what_things_are,
    source_checks.headers_have_a_guard_and_a_comment,
    source_checks.work_left_has_an_issue,
    source_checks.tests_stand_in_a_suite,
    size_checks.files_and_functions_are_short,
    format_checks.comments_fit_the_columns,
    document_checks.flags_are_documented,
    document_checks.counters_are_documented,
    document_checks.histograms_are_documented,
    document_checks.resources_are_documented,
    document_checks.resources_are_in_the_api_document,
    document_checks.endings_are_documented,
    document_checks.log_fields_are_documented,
    document_checks.keys_are_documented,
    document_checks.verbs_are_documented,
    document_checks.reply_codes_are_documented,
    document_checks.links_lead_somewhere,
]


class ChecksSeeWhatTheyAreFor(unittest.TestCase):
    def test_each_example_gets_its_sentence(self):
        by_name = {check.__name__: check for check in CHECKS}
        size_checks.ALLOWED, kept = {}, size_checks.ALLOWED
        for number, (name, tree, expected) in enumerate(EXAMPLES):
            with self.subTest(check=name, example=number):
                said = list(by_name[name](tree))
                if expected is None:
                    self.assertEqual(said, [])
                else:
                    self.assertIn(expected, "\n".join(said))
        size_checks.ALLOWED = kept

    def test_each_check_has_an_example_of_either_kind(self):
        for check in CHECKS:
            kinds = {expected is None for name, _, expected in EXAMPLES if name == check.__name__}
            self.assertEqual(kinds, {True, False}, check.__name__)

    def test_exceptions_need_a_reason_and_a_need(self):
        check = size_checks.files_and_functions_are_short
        long_file = {"core/a.h": "\n" * 551}
        self.assertEqual(list(check(long_file, {"core/a.h": "generated"})), [])
        self.assertIn("551 lines", "".join(check(long_file, {"core/a.h": ""})))
        self.assertIn("no longer too long", "".join(check({}, {"core/a.h": "generated"})))

    def test_a_file_of_another_format_is_found(self):
        _skip_without_clang_format(self)
        with tempfile.TemporaryDirectory() as root:
            for name, text in ((".clang-format", "BasedOnStyle: Google\n"), ("good.cc", "int x = 0;\n"), ("bad.cc", "int  x=0;\n")):
                with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                    file.write(text)
            self.assertEqual(format_checks.differing_files(root, ["good.cc", "bad.cc"]), ["bad.cc"])


def _skip_without_clang_format(test):
    version = format_checks.clang_format_version()
    if version != format_checks.CLANG_FORMAT:
        test.skipTest(f"expected clang-format {format_checks.CLANG_FORMAT}, found {version}; another version breaks lines elsewhere")


class TheTree(unittest.TestCase):
    root = os.path.dirname(os.path.dirname(_HERE))
    tree = read_tree(root)

    def test_is_the_whole_tree(self):
        # A test that looks at nothing finds nothing.
        for room in ROOMS:
            self.assertTrue(any(path.startswith(room + "/") for path in self.tree), room)
        self.assertTrue(any(target.get("name") == "values" for target in targets_of(self.tree, "core")))

    def test_keeps_the_laws(self):
        for check in CHECKS:
            with self.subTest(check=check.__name__):
                faults = list(check(self.tree))
                if faults:
                    self.fail("\n" + "\n".join(faults))

    def test_has_one_format(self):
        _skip_without_clang_format(self)
        differing = format_checks.differing_files(self.root, cpp_files(self.tree))
        self.assertEqual(differing, [], "run clang-format -i on these files")


if __name__ == "__main__":
    unittest.main(verbosity=2)
