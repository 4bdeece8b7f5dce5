"""The daemon on loopback, for tests that need no network of their own: what it is started with and what becomes of its log."""

import json
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

SLUICED = os.environ["SLUICED"]
WAIT_SECONDS = 60  # how long a test waits for something that must happen
GATEWAY = "127.0.0.2"  # where it tries its ring at the start is 127.0.0.1
CONFIG = f"""
[socks]
listen = ["{GATEWAY}"]
port = 0
"""
ALLOW_ALL = """
[[rule]]
name = "all"
destination = ["any", "special-use"]
verdict = "allow"
"""


def wait_until(condition, what):
    """Files, pipes and processes have no event that everybody can wait for; this polls for one, it does not time anything."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.01)
    raise AssertionError(f"expected {what() if callable(what) else what} within {WAIT_SECONDS} s")


class Echo:
    """A target that sends back what it gets."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            try:
                while piece := client.recv(65536):
                    client.sendall(piece)
            except OSError:
                pass

    def close(self):
        self.listener.close()


class Daemon:
    """sluiced, with its log in a file unless `stderr` says otherwise. `before` is what its command line begins with (prlimit, setpriv)."""

    def __init__(self, *flags, config=CONFIG + ALLOW_ALL, before=(), access_log=None, stdout=subprocess.DEVNULL, stderr=None, **popen):
        self.folder = tempfile.mkdtemp(prefix="sluice-loopback-")
        os.chmod(self.folder, 0o755)
        self.config = self.write("sluice.toml", config)
        self.access_log = access_log or self.path("access.log")
        self.log_path = self.path("log")
        self.read_log = stderr is None
        log = open(self.log_path, "wb") if self.read_log else None
        self.process = subprocess.Popen([*before, SLUICED, f"--config={self.config}", f"--access_log={self.access_log}", "--shards=1",
                                         "--drain_seconds=0", "--admin_socket=", "--admin_listen=", "--state_folder=", *flags], stdin=subprocess.DEVNULL, stdout=stdout, stderr=log or stderr, **popen)
        if log:
            log.close()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def wait_for(self, pattern, count=1):
        """Until the log has the pattern; gives the last place where it does."""
        def found():
            matches = list(re.finditer(pattern, self.log()))
            return matches[-1] if len(matches) >= count else None
        return wait_until(found, lambda: f"the log to have {pattern!r} {count} times; it has:\n{self.log()}")

    def listening(self, address=GATEWAY):
        """The port of its listener there, found without the log: a socket of the process in /proc/net/tcp."""
        start = "%08X:" % struct.unpack("=I", socket.inet_aton(address))

        def found():
            if self.process.poll() is not None:
                raise AssertionError(f"expected the daemon to run, found that it ended with {self.process.returncode}")
            try:
                links = {os.readlink(f"/proc/{self.process.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{self.process.pid}/fd")}
            except OSError:
                return None
            with open("/proc/net/tcp") as table:
                rows = [row.split() for row in table.read().splitlines()[1:]]
            for _, local, _, state, *rest in rows:
                if local.startswith(start) and state == "0A" and f"socket:[{rest[5]}]" in links:
                    return int(local.split(":")[1], 16)
            return None
        return wait_until(found, f"a listener at {address}")

    def connect(self, target):
        """A tunnel to `target`."""
        client = socket.create_connection((GATEWAY, self.listening()), WAIT_SECONDS)
        port = target[1].to_bytes(2, "big")
        client.sendall(b"\5\1\0" + b"\5\1\0\1" + socket.inet_aton(target[0]) + port)
        said = b""
        while len(said) < 12:
            piece = client.recv(12 - len(said))
            assert piece, said
            said += piece
        assert said[:4] == b"\5\0\5\0", said
        return client

    def session(self, target):
        """One session from its beginning to its end."""
        with self.connect(target) as client:
            client.sendall(b"hello")
            client.shutdown(socket.SHUT_WR)
            said = b""
            while piece := client.recv(100):
                said += piece
            assert said == b"hello", said

    def records(self, count, path=None):
        """The lines of the access log, once it has so many; each must be JSON."""
        def found():
            try:
                with open(path or self.access_log) as file:
                    lines = file.read().split("\n")
            except FileNotFoundError:
                return None
            return lines[:-1] if len(lines) > count else None
        return [json.loads(line) for line in wait_until(found, f"{count} lines in the access log")]

    def counter(self, name):
        seen = len(re.findall(rf"{name} \d+", self.log()))
        self.process.send_signal(signal.SIGUSR1)
        return int(self.wait_for(rf"{name} (\d+)", seen + 1).group(1))

    def ends(self):
        """By SIGTERM. Gives the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT_SECONDS)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def exchange(tunnel, data=b"still here"):
    tunnel.sendall(data)
    got = b""
    while len(got) < len(data):
        ready, _, _ = select.select([tunnel], [], [], WAIT_SECONDS)
        assert ready, "a tunnel stands still"
        piece = tunnel.recv(len(data) - len(got))
        assert piece, "a tunnel has ended"
        got += piece
    assert got == data, got
