"""tools/setup where it cannot do its work: each in one sentence, soon, and before anything is changed."""

import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))


class Setup(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.done = os.path.join(self.folder, "done")
        # Whatever would change this host only says so.
        for name in ("dpkg", "sudo", "update-rc.d", "systemctl"):
            self.program(name, f'echo "{name} $*" >> {self.done}; exit 1')
        self.apt_get()

    def program(self, name, script):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{script}\n")
        os.chmod(path, 0o755)

    def apt_get(self, site="http://127.0.0.1:1/debian"):
        self.program("apt-get", f"""case "$*" in *print-uris*) echo "'{site}/dists/stable/InRelease' name 0"; exit;; esac
echo "apt-get $*" >> {self.done}; exit 1""")

    def set_up(self, *arguments):
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        environment["PATH"] = f"{self.folder}:{os.environ['PATH']}"
        return subprocess.run([os.path.join(ROOT, "tools/setup"), *arguments], env=environment, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, check=False)

    def assert_says(self, done, pattern):
        self.assertEqual(done.returncode, 1, done)
        self.assertRegex(done.stderr, pattern)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertFalse(os.path.exists(self.done), "something was changed")

    def test_a_kernel_that_is_too_old_is_named_with_what_is_wanted(self):
        for found in ("5.10.0-28-amd64", "6.0.19", "4.19"):
            with self.subTest(found=found):
                self.program("uname", f"echo {found}")
                self.assert_says(self.set_up(), f"^setup: expected Linux 6.1 or newer, found {found}; ")

    def test_a_newer_kernel_with_any_suffix_is_taken(self):
        self.program("dpkg-query", "exit 1")  # nothing is installed, so it goes on to what is missing
        for found in ("6.1.0-35-amd64", "6.10-rc1", "7.0.1+deb13", "6.1"):
            with self.subTest(found=found):
                self.program("uname", f"echo {found}")
                self.assertNotIn("Linux", self.set_up().stderr)
                self.assertFalse(os.path.exists(self.done))

    @unittest.skipUnless(os.path.exists("/usr/lib/apt/apt-helper"), "this is no Debian")
    def test_without_a_way_to_the_packages_it_says_so_and_what_to_look_at(self):
        self.program("dpkg-query", "exit 1")
        for arguments in ((), ("--tests",)):
            with self.subTest(arguments=arguments):
                self.assert_says(self.set_up(*arguments), r"^setup: packages are missing, and Debian cannot be reached: Failed to fetch "
                                 r"http://127\.0\.0\.1:1/\S+ +Could not connect .*; check the network, and the proxy \(http_proxy, or ")

    def test_an_unknown_argument_is_named(self):
        self.assert_says(self.set_up("--test"), '^setup: expected --tests or nothing, found "--test"$')

    @unittest.skipUnless(shutil.which("bazel"), "no Bazel in the path")
    def test_a_build_without_it_names_it(self):
        clone = os.path.join(self.folder, "clone")
        for name in ("WORKSPACE", "BUILD.bazel", ".bazelrc"):
            os.makedirs(clone, exist_ok=True)
            shutil.copy(os.path.join(ROOT, name), clone)
        shutil.copytree(os.path.join(ROOT, "tools/build"), os.path.join(clone, "tools/build"))
        done = subprocess.run(["bazel", "--batch", "--nohome_rc", f"--output_user_root={self.folder}/out", "build", "//..."], cwd=clone, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
        subprocess.run(["chmod", "-R", "u+w", self.folder], check=True)  # or nobody could take it away
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("run tools/setup first", done.stdout)

    def test_run_and_test_stop_where_it_does(self):
        self.program("uname", "echo 5.10")
        environment = {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"}
        for name, last in (("run", "setup: expected Linux"), ("test", "0 passed, 1 failed")):
            done = subprocess.run([os.path.join(ROOT, "tools", name)], env=environment, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=60, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("found 5.10", done.stdout)
            self.assertTrue(done.stdout.splitlines()[-1].startswith(last), done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
