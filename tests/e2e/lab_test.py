"""The lab itself: that any user can have one, what is said where the host does not allow it, and that a failure is told with its reason."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
INNER = """
import lab
from end_to_end import HELLO, EndToEnd

class Inner(EndToEnd):
    def test_a_client_gets_by_name_to_the_target(self):
        self.start()
        self.assertIn(HELLO, self.curl("--socks5-hostname", f"{lab.GATEWAY4}:1080", "http://target.test/hello"))

    def test_another(self):
        with self.subTest(part=1):
            self.fail("wrong & <odd>")

    def test_a_third(self):
        lab.run("sh", "-c", "echo the reason; exit 3")

lab.main()
"""


class Lab(unittest.TestCase):
    def setUp(self):
        # All in one open folder: Bazel's own may be closed to others.
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.chmod(self.folder, 0o777)
        for name in ("cases.py", "end_to_end.py", "lab.py", "target.py"):
            shutil.copy(os.path.join(HERE, name), self.folder)
        shutil.copy(os.environ["SLUICED"], os.path.join(self.folder, "sluiced"))
        with open(os.path.join(self.folder, "inner.py"), "w") as file:
            file.write(INNER)

    def play(self, *command, **environment):
        """Runs a file of tests, and gives its exit code, what it said, and its cases by name: (what, message)."""
        report = os.path.join(self.folder, "report.xml")
        environment = {**os.environ, "SLUICED": os.path.join(self.folder, "sluiced"), "XML_OUTPUT_FILE": report, "HOME": self.folder,
                       "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": self.folder, **environment}
        environment.pop("SLUICE_E2E_UNSHARED", None)
        # Not sys.executable, which may be root's own: the one that this user finds.
        done = subprocess.run([*command, "python3", os.path.join(self.folder, "inner.py")], env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
        self.assertTrue(os.path.exists(report), done.stdout)
        found = {}
        for case in xml.etree.ElementTree.parse(report).iter("testcase"):
            found[case.get("name")] = next(((child.tag, child.get("message")) for child in case), ("passed", ""))
        return done.returncode, done.stdout, found

    def test_another_user_has_one_and_each_case_is_told_apart(self):
        as_another = NOBODY if os.geteuid() == 0 else []
        if subprocess.run([*as_another, "unshare", "-Urnm", "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("this host lets no user but root have namespaces")
        code, said, found = self.play(*as_another)
        self.assertEqual(code, 1, said)
        self.assertEqual(found["Inner.test_a_client_gets_by_name_to_the_target"], ("passed", ""), said)
        self.assertEqual(found["Inner.test_another"][0], "failure")
        self.assertIn("wrong & <odd>", found["Inner.test_another"][1])
        # The reason of a command that failed is its output, not only its exit code.
        self.assertIn("exited with 3 and said: the reason", found["Inner.test_a_third"][1])

    def test_where_none_is_to_be_had_each_case_is_skipped_with_what_to_do(self):
        with open(os.path.join(self.folder, "unshare"), "w") as file:
            file.write("#!/bin/sh\necho unshare: not permitted; exit 1\n")
        os.chmod(os.path.join(self.folder, "unshare"), 0o755)
        code, said, found = self.play(PATH=f"{self.folder}:{os.environ['PATH']}")
        self.assertEqual((code, len(found)), (0, 3), said)
        for what, message in found.values():
            self.assertEqual(what, "skipped")
            self.assertRegex(message, 'found "unshare: not permitted"; run tools/test as root')


if __name__ == "__main__":
    cases.main()
