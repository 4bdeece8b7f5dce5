"""Logs that cannot be written: a full disk, a FIFO that nobody reads or whose reader has stopped or gone, a closed pipe, a limit of size, a
folder; at the start, while the daemon runs, and at its end. Traffic goes on, what is lost is counted, no line is torn, and SIGTERM ends it."""

import array
import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases  # noqa: E402
import loopback  # noqa: E402
from loopback import exchange, wait_until  # noqa: E402

PIPE_BYTES = 4096
F_SETPIPE_SZ = 1031


def waiting_in(fd):
    """Bytes of a pipe that nobody has read."""
    number = array.array("i", [0])
    fcntl.ioctl(fd, termios.FIONREAD, number)
    return number[0]


class StuckLogs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.echo = loopback.Echo()
        cls.addClassCleanup(cls.echo.close)

    def start(self, *flags, **kwargs):
        daemon = loopback.Daemon(*flags, **kwargs)
        self.addCleanup(daemon.close)
        return daemon

    def sessions(self, daemon, count):
        for _ in range(count):
            daemon.session(self.echo.address)

    def fifo(self):
        folder = loopback.tempfile.mkdtemp(prefix="sluice-fifo-")
        self.addCleanup(loopback.shutil.rmtree, folder, ignore_errors=True)
        path = os.path.join(folder, "fifo")
        os.mkfifo(path)
        return path

    def small_pipe(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        fcntl.fcntl(reader, F_SETPIPE_SZ, PIPE_BYTES)
        return reader, writer

    # --- The access log

    def test_fifo_that_nobody_reads(self):
        daemon = self.start(access_log=self.fifo())
        self.sessions(daemon, 5)
        daemon.wait_for("access log: cannot write to .*: nobody reads it")
        self.assertEqual(daemon.ends(), 0)
        daemon.wait_for("access log: 5 lines lost")
        daemon.wait_for("sluice_access_records_lost_total 5")

    def test_fifo_whose_reader_has_stopped(self):
        path = self.fifo()
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        fcntl.fcntl(reader, F_SETPIPE_SZ, PIPE_BYTES)
        daemon = self.start(access_log=path)
        self.sessions(daemon, 30)
        wait_until(lambda: waiting_in(reader) > PIPE_BYTES // 2, "lines in the pipe")
        self.sessions(daemon, 10)
        self.assertEqual(daemon.ends(), 0)
        written = os.read(reader, PIPE_BYTES).count(b"\n")
        daemon.wait_for(f"sluice_access_records_lost_total {40 - written}")

    def test_fifo_whose_reader_goes_and_comes_back(self):
        path = self.fifo()
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        daemon = self.start(access_log=path)
        self.sessions(daemon, 1)
        wait_until(lambda: waiting_in(reader) > 0, "a line")
        os.close(reader)
        self.sessions(daemon, 1)
        daemon.wait_for("access log: cannot write to .*: Broken pipe")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for("reloaded: ")
        self.sessions(daemon, 2)
        with open(path) as reader:
            sessions = [int(json.loads(reader.readline())["session"].split("-")[1]) for _ in range(3)]
        self.assertEqual(sessions, list(range(sessions[0], sessions[0] + 3)))
        daemon.wait_for("access log: .* can be written again")
        self.assertEqual(daemon.ends(), 0)
        daemon.wait_for("sluice_access_records_lost_total 0")

    def test_standard_output_that_nobody_reads(self):
        for closed in (False, True):
            with self.subTest(closed=closed):
                reader, writer = os.pipe()
                fcntl.fcntl(reader, F_SETPIPE_SZ, PIPE_BYTES)
                daemon = self.start(access_log="-", stdout=writer)
                os.close(writer)
                if closed:
                    os.close(reader)
                self.sessions(daemon, 30)
                self.assertEqual(daemon.ends(), 0)
                written = 0
                if not closed:
                    written = os.read(reader, PIPE_BYTES).count(b"\n")
                    os.close(reader)
                daemon.wait_for(f"sluice_access_records_lost_total {30 - written}")

    def test_disk_that_is_full_for_a_while(self):
        daemon = self.start(before=("prlimit", "--fsize=20000:unlimited"))
        self.sessions(daemon, 80)
        daemon.wait_for("access log: cannot write to .*: File too large")
        subprocess.run(["prlimit", f"--pid={daemon.process.pid}", "--fsize=unlimited:unlimited"], check=True)
        self.sessions(daemon, 20)
        self.assertEqual(len(daemon.records(100)), 100)
        self.assertEqual(daemon.counter("sluice_access_records_lost_total"), 0)
        self.assertEqual(daemon.ends(), 0)

    def test_disk_that_stays_full(self):
        daemon = self.start(before=("prlimit", "--fsize=20000:unlimited"))
        self.sessions(daemon, 80)
        self.assertEqual(daemon.ends(), 0)
        with open(daemon.access_log) as file:
            whole = file.read().count("\n")
        daemon.wait_for(f"sluice_access_records_lost_total {80 - whole}")

    def test_folder_is_refused(self):
        daemon = self.start(access_log="/tmp")
        self.assertEqual(daemon.process.wait(loopback.WAIT_SECONDS), 1)
        self.assertRegex(daemon.log(), "(?m)^sluiced: --access_log=/tmp: expected a file that can be appended to, found: Is a directory; .*$")

    # --- Standard error

    def fill(self, daemon, reader):
        """With what SIGUSR1 makes it say."""
        def full():
            daemon.process.send_signal(signal.SIGUSR1)
            return waiting_in(reader) > PIPE_BYTES // 2  # the next ones find no room
        wait_until(full, "counters in the pipe")

    def test_standard_error_that_nobody_reads(self):
        reader, writer = self.small_pipe()
        daemon = self.start(stderr=writer)
        os.close(writer)
        with daemon.connect(self.echo.address) as tunnel:
            self.fill(daemon, reader)
            exchange(tunnel)
            self.sessions(daemon, 3)
            daemon.write("sluice.toml", loopback.CONFIG.replace(loopback.GATEWAY, "127.0.0.3") + loopback.ALLOW_ALL)
            daemon.process.send_signal(signal.SIGHUP)  # what it says of that nobody hears
            daemon.listening("127.0.0.3")
            exchange(tunnel)
            self.assertEqual(daemon.ends(), 0)

    def test_standard_error_that_is_closed(self):
        reader, writer = os.pipe()
        daemon = self.start(stderr=writer)
        os.close(writer)
        os.close(reader)
        self.sessions(daemon, 3)
        daemon.process.send_signal(signal.SIGUSR1)
        self.sessions(daemon, 3)
        self.assertEqual(daemon.ends(), 0)
        self.assertEqual(len(daemon.records(6)), 6)

    def test_start_that_fails_says_so_to_nobody_and_ends(self):
        reader, writer = self.small_pipe()
        os.set_blocking(writer, False)
        os.write(writer, b"x" * PIPE_BYTES)
        os.set_blocking(writer, True)
        daemon = self.start(config="[socks]\nprot = 1\n", stderr=writer)
        os.close(writer)
        self.assertEqual(daemon.process.wait(loopback.WAIT_SECONDS), 1)


if __name__ == "__main__":
    cases.main()
