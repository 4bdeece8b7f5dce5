"""How the daemon starts: what it answers without starting, and that a host that lacks something is told in one sentence, never by an abort."""

import ctypes
import os
import re
import signal
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases  # noqa: E402
import loopback  # noqa: E402
from loopback import SLUICED, wait_until  # noqa: E402

ABORTED = re.compile(r"Check failed|terminate called|stack trace|\*\*\*|core dumped|what\(\)")
SOMEBODY = 64999  # a user who runs nothing else


def run(*arguments, before=(), code=None, **kwargs):
    done = subprocess.run([*before, SLUICED, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=loopback.WAIT_SECONDS, **kwargs)
    assert code is None or done.returncode == code, f"{arguments}: {done.returncode}: {done.stdout}"
    return done.stdout


def without_call(number, error):
    """For preexec_fn: a system call that a filter forbids."""
    def forbid():
        code = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050000 | error), (0x06, 0, 0, 0x7FFF0000)]  # BPF: load nr, jeq, ret errno, ret allow
        program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
        filtered = struct.pack("HxxxxxxP", len(code), ctypes.addressof(program))
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, filtered, 0, 0) != 0:
            os._exit(99)
    return forbid


class CommandLine(unittest.TestCase):
    def test_help_has_the_own_flags_first_and_only(self):
        text = run("--help", code=0)
        self.assertEqual(run("-h", code=0), text)
        for flag in ("--config", "--access_log", "--drain_seconds", "--version", "--helpfull"):
            self.assertIn(flag, text)
        for flag in ("--minloglevel", "--tryfromenv", "--stderrthreshold"):
            self.assertNotIn(flag, text)
        self.assertIn("-minloglevel", run("--helpfull"))

    def test_version_says_what_it_is_made_of(self):
        text = run("--version", code=0)
        self.assertRegex(text, r"(?m)^sluiced \d+\.\d+\.\d+\S* \(commit \S+\)$")
        self.assertRegex(text, r"(?m)^liburing \d+\.\d+$")
        self.assertRegex(text, r"(?m)^Linux \d+\.\d+ or newer$")

    def test_mistakes_get_one_sentence(self):
        for arguments, sentence in (
                (["--confg=x"], 'sluiced: expected a flag, found "--confg"; did you mean --config?'),
                (["--nonsense-of-mine"], 'sluiced: expected a flag, found "--nonsense-of-mine"; sluiced --help has the list'),
                (["sluice.toml"], 'sluiced: expected flags only, found "sluice.toml"; see sluiced --help'),
                (["--shards=-1"], "sluiced: --shards: expected 0 to 256, found -1"),
                (["--shards=2000"], "sluiced: --shards: expected 0 to 256, found 2000"),
                (["--sessions_max=-5"], "sluiced: --sessions_max: expected 0 to 8388608, found -5"),
                (["--splice_pipes_max=-1"], "sluiced: --splice_pipes_max: expected 0 to 65536, found -1"),
                (["--auth_threads=0"], "sluiced: --auth_threads: expected 1 to 256, found 0"),
                (["--auth_threads=100000"], "sluiced: --auth_threads: expected 1 to 256, found 100000"),
                (["--drain_seconds=-1"], "sluiced: --drain_seconds: expected 0 to 604800 seconds, found -1"),
                (["--gather_us=10001"], "sluiced: --gather_us: expected 0 to 10000 microseconds, found 10001"),
                (["--spin_us=-1"], "sluiced: --spin_us: expected 0 to 10000 microseconds, found -1")):
            with self.subTest(arguments=arguments):
                self.assertEqual(run(*arguments, code=1), sentence + "\n")
        self.assertRegex(run("--log_dir=/tmp", code=1), "^sluiced: --log_dir: the log goes to standard error .*\n$")
        self.assertRegex(run("--shards=99999999999999", code=1), "^ERROR: illegal value '99999999999999' .*\n$")


class Files(unittest.TestCase):
    """A configuration, or a list, that has no end: refused by --check and by SIGHUP, and signals work afterwards."""

    def setUp(self):
        self.folder = loopback.tempfile.mkdtemp(prefix="sluice-files-")
        self.addCleanup(loopback.shutil.rmtree, self.folder, ignore_errors=True)
        self.fifo = os.path.join(self.folder, "fifo")
        os.mkfifo(self.fifo)

    def listing(self, path):
        name = os.path.join(self.folder, "listing.toml")
        with open(name, "w") as file:
            file.write(loopback.CONFIG + f'[[rule]]\nname = "a"\nverdict = "allow"\ndestination = ["file:{path}"]\n')
        return name

    def endless(self):
        for path in (self.fifo, "/dev/zero"):
            yield path
            yield self.listing(path)

    def test_check_refuses_them(self):
        for path in self.endless():
            with self.subTest(path=path):
                self.assertRegex(run("--check", f"--config={path}", code=1), "^[^\n]*expected a regular file, found a (FIFO|device)[^\n]*\n$")

    def test_reload_refuses_them_and_signals_go_on(self):
        daemon = loopback.Daemon()
        self.addCleanup(daemon.close)
        daemon.wait_for("ready, listening on")
        for number, path in enumerate(self.endless(), 1):
            os.remove(daemon.config)
            os.symlink(path, daemon.config)
            daemon.process.send_signal(signal.SIGHUP)
            daemon.wait_for(r"not reloaded, the policy from before stays in force:\n.*expected a regular file", number)
        os.remove(daemon.config)
        daemon.write("sluice.toml", loopback.CONFIG + loopback.ALLOW_ALL)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for("reloaded: generation 2, 1 rule\n")
        self.assertEqual(daemon.ends(), 0)

    def test_keytab_is_a_regular_file(self):
        name = os.path.join(self.folder, "gssapi.toml")
        for path in (self.fifo, "/dev/zero"):
            with open(name, "w") as file:
                file.write(loopback.CONFIG + f'[auth]\nmethods = ["gssapi"]\ngssapi_keytab = "{path}"\n' + loopback.ALLOW_ALL)
            self.assertRegex(run("--check", f"--config={name}", code=1), "expected a regular file, found a (FIFO|device)")
        with open(name, "w") as file:
            file.write(loopback.CONFIG + '[auth]\nmethods = ["gssapi"]\n' + loopback.ALLOW_ALL)
        self.assertIn("found a FIFO", run("--check", f"--config={name}", code=1, env={**os.environ, "KRB5_KTNAME": f"FILE:{self.fifo}"}))


class Screen(unittest.TestCase):
    def test_first_screen_says_what_there_is_and_what_to_do(self):
        daemon = loopback.Daemon()
        self.addCleanup(daemon.close)
        daemon.wait_for("stop it")
        port, pid = daemon.listening(), daemon.process.pid
        text = daemon.log()
        for line in (r"sluiced \d+\.\d+\.\d+\S* \(commit \S+\)", f"configuration {daemon.config}: 1 rule", f"ready, listening on 127.0.0.2:{port}",
                     f"try it: curl --socks5-hostname 127.0.0.2:{port} http://example.com/",
                     f"stop it: Ctrl-C, or kill {pid}; after a change of the configuration: kill -HUP {pid}"):
            self.assertRegex(text, rf"(?m)^\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z I \w+\.cc:\d+\] {line}$")
        self.assertEqual(daemon.ends(), 0)
        said = daemon.log()[len(text):]
        self.assertEqual(said.count("\n"), 1, said)
        self.assertIn("stopped; no client has come", said)

    def test_descriptors_that_were_closed_are_dev_null(self):
        daemon = loopback.Daemon(stderr=subprocess.DEVNULL, preexec_fn=lambda: [os.close(fd) for fd in range(3)])
        self.addCleanup(daemon.close)
        daemon.listening()
        for fd in range(3):
            self.assertEqual(os.readlink(f"/proc/{daemon.process.pid}/fd/{fd}"), "/dev/null")
        self.assertEqual(daemon.ends(), 0)


class PoorHosts(unittest.TestCase):
    def start(self, *flags, **kwargs):
        """What became of a start: "ready", or what it said before it ended."""
        daemon = loopback.Daemon(*flags, **kwargs)
        try:
            wait_until(lambda: "stop it" in daemon.log() or daemon.process.poll() is not None, lambda: "an end of the start: " + daemon.log())
            if daemon.process.poll() is None:
                self.assertEqual(daemon.ends(), 0, daemon.log())
                self.assertNotRegex(daemon.log(), ABORTED)
                return "ready"
            text = daemon.log()
            self.assertEqual(daemon.process.returncode, 1, text)
            self.assertNotRegex(text, ABORTED)
            sentences = [line for line in text.split("\n") if line and not re.match(r"\d{4}-", line)]
            self.assertEqual(len(sentences), 1, text)
            self.assertTrue(sentences[0].startswith("sluiced: "), text)
            return sentences[0]
        finally:
            daemon.close()

    @unittest.skipIf(os.geteuid() != 0, "expected root, who can become a user with a limit of threads")
    def test_no_threads(self):
        said = [self.start("--shards=2", access_log="/dev/null",
                           before=("prlimit", f"--nproc={threads}:{threads}", "setpriv", f"--reuid={SOMEBODY}", "--clear-groups"))
                for threads in range(1, 9)]
        self.assertIn("cannot start the thread", said[0])
        self.assertIn("ulimit -u", said[0])
        self.assertEqual(sorted(set(line.split(":")[1].split('"')[0] for line in said if line != "ready")), [" cannot start the thread "])

    def test_little_address_space(self):
        said = {megabytes: self.start(before=("prlimit", f"--as={megabytes << 20}")) for megabytes in (60, 100, 150, 200, 300, 400, 600, 1000)}
        for sentence in said.values():
            self.assertRegex(sentence, "ready|not enough memory|cannot start the thread|cannot make|there is no")
        self.assertNotEqual(set(said.values()), {"ready"})

    def test_few_descriptors(self):
        for files in range(4, 40, 3):
            with self.subTest(files=files):
                self.start(before=("prlimit", f"--nofile={files}:{files}"))

    def test_calls_that_a_filter_forbids(self):
        calls = {"io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427}
        for name, number in calls.items():
            with self.subTest(call=name):
                self.assertIn("io_uring is blocked for this process", self.start(preexec_fn=without_call(number, 1)))

    def test_no_limit_of_size_ends_it(self):
        self.assertEqual(self.start(before=("prlimit", "--fsize=4000:unlimited")), "ready")

    @unittest.skipIf(os.geteuid() != 0, "expected root, who may have a network of their own")
    def test_loopback_that_is_down(self):
        daemon = loopback.Daemon(before=("unshare", "--net"))
        self.addCleanup(daemon.close)
        daemon.wait_for("loopback is down, and nobody reaches 127.0.0.1 or ::1: run ip link set lo up")
        daemon.wait_for("stop it")
        self.assertEqual(daemon.ends(), 0)


if __name__ == "__main__":
    cases.main()
