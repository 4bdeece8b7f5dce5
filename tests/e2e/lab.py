"""A network of its own for end-to-end tests: client, gateway and target, each in a network namespace.

    client 10.77.1.2 ---- 10.77.1.1 gateway 10.77.2.1 ---- 10.77.2.2 target
         fd77:1::2   ---- fd77:1::1         fd77:2::1 ---- fd77:2::2

Client and target each have a second IPv4 address that ends in 3, for what a third host sends, and the gateway one towards the target that
ends in 4.

The gateway's host forwards nothing, so what the client reaches of the target it reaches through sluiced. Each test first proves that: several
clients silently go direct where they can.
"""

import contextlib
import ctypes
import itertools
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import cases

CLIENT4, GATEWAY4, EGRESS4, TARGET4 = "10.77.1.2", "10.77.1.1", "10.77.2.1", "10.77.2.2"
CLIENT6, GATEWAY6, EGRESS6, TARGET6 = "fd77:1::2", "fd77:1::1", "fd77:2::1", "fd77:2::2"
OTHER_CLIENT4, OTHER_TARGET4, OTHER_EGRESS4 = "10.77.1.3", "10.77.2.3", "10.77.2.4"
WAIT_SECONDS = 120  # how long a test waits for something that must happen


def run(*command, **kwargs):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **kwargs)
    if done.returncode != 0:
        raise AssertionError(f"{shlex.join(command)} exited with {done.returncode} and said: {done.stdout.strip()}")
    return done


def enter(namespace):
    """setns(2) of this thread; os.setns came with Python 3.12."""
    if ctypes.CDLL(None, use_errno=True).setns(namespace, 0x40000000) != 0:  # CLONE_NEWNET
        raise OSError(ctypes.get_errno(), "setns")


class Lab:
    """Three namespaces and the links between them. Everything is gone after close()."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-e2e-")
        # Of daemons that are started as documents say: nothing of a test outlives it.
        os.environ["STATE_DIRECTORY"] = os.path.join(self.folder, "state")
        self.names = {role: f"sl{os.getpid()}{role[0]}" for role in ("client", "gateway", "target")}
        self.doors = itertools.count()
        self._cleanup = contextlib.ExitStack()
        try:
            for name in self.names.values():
                run("ip", "netns", "add", name)
                self._cleanup.callback(subprocess.run, ["ip", "netns", "delete", name], check=False)
            self._link("client", CLIENT4, CLIENT6, "gateway", GATEWAY4, GATEWAY6)
            self._link("gateway", EGRESS4, EGRESS6, "target", TARGET4, TARGET6)
            for role, device, address in (("client", "c-g", OTHER_CLIENT4), ("target", "t-g", OTHER_TARGET4), ("gateway", "g-t", OTHER_EGRESS4)):
                self.run(role, "ip", "addr", "add", f"{address}/24", "dev", device)
            # The gateway's own resolver configuration, seen only inside its namespace.
            resolver = f"/etc/netns/{self.names['gateway']}"
            os.makedirs(resolver)
            self._cleanup.callback(shutil.rmtree, resolver, ignore_errors=True)
            with open(f"{resolver}/resolv.conf", "w") as file:
                file.write(f"nameserver {TARGET4}\n")
        except Exception:
            self.close()
            raise

    def _link(self, left, left4, left6, right, right4, right6):
        left_device, right_device = f"{left[0]}-{right[0]}", f"{right[0]}-{left[0]}"
        run("ip", "link", "add", left_device, "netns", self.names[left], "type", "veth",
            "peer", "name", right_device, "netns", self.names[right])
        for role, device, v4, v6 in ((left, left_device, left4, left6), (right, right_device, right4, right6)):
            self.run(role, "ip", "addr", "add", f"{v4}/24", "dev", device)
            self.run(role, "ip", "addr", "add", f"{v6}/64", "dev", device, "nodad")
            self.run(role, "ip", "link", "set", device, "up")
            self.run(role, "ip", "link", "set", "lo", "up")

    def inside(self, role, *command):
        return ["ip", "netns", "exec", self.names[role], *command]

    def run(self, role, *command, **kwargs):
        return run(*self.inside(role, *command), **kwargs)

    @contextlib.contextmanager
    def within(self, role):
        """Sockets that this thread makes inside the block belong to the namespace of `role`, and stay there."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        there = os.open(f"/run/netns/{self.names[role]}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            enter(there)
            yield
        finally:
            enter(home)
            os.close(there)
            os.close(home)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def close(self):
        self._cleanup.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Program:
    """A program in a namespace whose lines can be waited for. Ended by its own process id."""

    def __init__(self, command, **kwargs):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        stdin=subprocess.DEVNULL, **kwargs)
        self.lines = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self.lines.append("<end>")
            self._changed.notify_all()

    def wait_for(self, pattern, since=0):
        """The first line from number `since` on that matches; fails with everything that was said."""
        deadline = time.monotonic() + WAIT_SECONDS
        with self._changed:
            while True:
                for line in self.lines[since:]:
                    if re.search(pattern, line):
                        return line
                left = deadline - time.monotonic()
                if left <= 0 or (self.lines and self.lines[-1] == "<end>"):
                    raise AssertionError(f"expected a line matching {pattern!r}, found:\n" + "\n".join(self.lines[-50:]))
                self._changed.wait(left)

    def count(self):
        with self._changed:
            return len(self.lines)

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(WAIT_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self._reader.join(WAIT_SECONDS)
        self.process.stdout.close()
        return self.process.wait()


class Gateway(Program):
    """sluiced in the gateway's namespace, with its access log beside it."""

    def __init__(self, lab, config, *flags, limit_files=None):
        self.lab = lab
        self.config = lab.write("sluice.toml", config)
        self.log_path = lab.path("access.log")
        self.admin_socket = lab.path(f"admin-{next(lab.doors)}.sock")
        daemon = os.environ["SLUICED"]
        command = [daemon, f"--config={self.config}", f"--access_log={self.log_path}", f"--admin_socket={self.admin_socket}", "--admin_listen=",
                   "--state_folder=", *flags]
        if limit_files:
            command = ["prlimit", f"--nofile={limit_files}:{limit_files}", *command]
        super().__init__(lab.inside("gateway", *command))
        self.ready = self.wait_for("ready, listening on|^sluiced: ")
        assert "ready" in self.ready, self.ready

    def reload(self, config, expect="reloaded: generation"):
        since = self.count()
        with open(self.config, "w") as file:
            file.write(config)
        self.signal(signal.SIGHUP)
        return self.wait_for(expect, since)

    def records(self, number):
        """The first `number` lines of the access log, waited for."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            lines = []
            if os.path.exists(self.log_path):
                with open(self.log_path) as file:
                    lines = [line for line in file.read().split("\n") if line]
            if len(lines) >= number:
                return [json.loads(line) for line in lines]
            if time.monotonic() > deadline:
                raise AssertionError(f"expected {number} lines in the access log, found {len(lines)}: {lines}")
            # A file has no event to wait for that every system has; this polls for one, it does not time anything.
            time.sleep(0.01)


# Run before the tests, in namespaces of their own: /run for the names of network namespaces, /etc for what their hosts are configured with. All
# else of /etc is the host's.
_GROUND = """
set -e
mount -t tmpfs tmpfs /run
mkdir /run/netns /run/etc
mount --rbind /etc /run/etc
mount -t tmpfs tmpfs /etc
find /run/etc -mindepth 1 -maxdepth 1 ! -name netns -exec ln -s -t /etc {} +
for name in hosts resolv.conf; do
  rm -f /etc/$name
  cat /run/etc/$name > /etc/$name 2> /dev/null || true
done
mkdir /etc/netns
ip link set lo up
exec "$0" "$@"
"""


def main():
    """Runs the tests of the file that was started, where they can touch nothing of the host: in a mount and a network namespace of their own, and as
    another user than root in a user namespace too. Where the host allows no such thing each test is skipped, and says what to do."""
    if os.environ.get("SLUICE_E2E_UNSHARED"):
        return cases.main()
    unshare = ["unshare", "-nm"] if os.geteuid() == 0 else ["unshare", "-Urnm"]
    tried = subprocess.run([*unshare, "true"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if tried.returncode != 0:
        return cases.main(skip_because=f"expected to be allowed a network of its own, found \"{tried.stdout.strip()}\"; run tools/test as root, or let "
                          "users have namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone)")
    os.environ["SLUICE_E2E_UNSHARED"] = "1"
    return os.execvp(unshare[0], [*unshare, "sh", "-c", _GROUND, sys.executable, *sys.argv])
