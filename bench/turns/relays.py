"""What is measured: Sluice in several configurations, and nothing at all. Peers are in bench/compare/peers.py."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time

import large_policy
from turns.bench import RunFailed

# Loopback is a special-use destination: a rule has to name it.
CONFIG = """
[socks]
listen = ["{listen}"]
port = 1080
{more}
[[rule]]
name = "measure"
destination = ["127.0.0.0/8", "10.77.0.0/24"]
verdict = "allow"
"""
PASSWORD = """
[auth]
methods = ["password"]

[[user]]
name = "alice"
password = "{hash}"
"""


class Relay:
    """One that is measured. `start` is a context whose value is the process that stands for it."""

    name = ""
    udp = False  # whether it carries datagrams
    socks = True

    def missing(self):
        """What keeps it from being measured here; empty: nothing."""
        return ""

    def version(self):
        return ""

    def start(self, bench, group):
        raise NotImplementedError

    def report(self):
        """What it adds to the report of a run, at its end."""
        return {}

    def way(self, bench, service):
        """How the load reaches a service of its back end through it."""
        return [f"--proxy={bench.network.relay_host}:{self.port}"]

    def cpus(self, bench):
        return bench.relay_cpus()

    def load_cpus(self, bench):
        return bench.load_cpus()


class Sluice(Relay):
    port, udp = 1080, True

    def __init__(self, name="Sluice", more="", shards=1, flags=()):
        self.name, self.more, self.shards, self.flags = name, more, shards, flags

    def config(self, bench):
        return bench.file("sluice.toml", CONFIG.format(listen=bench.network.relay_host, more=self.more))

    def program(self, bench):
        return bench.options.sluiced

    @contextlib.contextmanager
    def start(self, bench, group):
        log = os.path.join(bench.folder, "access.log")
        command = [self.program(bench), f"--config={self.config(bench)}", f"--shards={self.shards}", f"--access_log={log}", "--state_folder=", *self.flags]
        with bench.process(command, self.cpus(bench), group, ready="ready, listening on", stderr=subprocess.PIPE) as process:
            yield process
        os.remove(log)


class SluiceWithPassword(Sluice):
    """Every connection authenticates as the same user, whose password is remembered after the first."""

    def __init__(self):
        super().__init__("Sluice, password")

    def config(self, bench):
        hashed = subprocess.run([bench.options.sluiced, "--hash_password"], input="correct horse\n", stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
        if hashed.returncode != 0:
            raise RunFailed(hashed.stderr.strip())
        more = PASSWORD.format(hash=hashed.stdout.strip())
        return bench.file("sluice-password.toml", CONFIG.format(listen=bench.network.relay_host, more=more))

    def way(self, bench, service):
        return [*super().way(bench, service), "--user=alice", "--password=correct horse"]


class SluiceWithLargePolicy(Sluice):
    """10,000 rules and lists of a million, all asked before the last rule allows."""

    def __init__(self):
        super().__init__("Sluice, large policy")

    def config(self, bench):
        folder = os.path.join(bench.folder, "large")
        if not os.path.exists(folder):
            os.mkdir(folder)
            large_policy.write(folder)
        return os.path.join(folder, "sluice.toml")


class SluiceWithRules(Sluice):
    """10,000 rules, all asked; read, compiled and published so often a second, on the CPU of the shard, as far as it finds the time."""

    def __init__(self, name, published_per_s=0):
        super().__init__(name)
        self.published_per_s = published_per_s
        self.began, self.published_at = 0, []  # of this run

    def config(self, bench):
        folder = os.path.join(bench.folder, "rules")
        if not os.path.exists(folder):
            os.mkdir(folder)
            large_policy.write(folder, cidrs=1, names=1)
        return os.path.join(folder, "sluice.toml")

    @contextlib.contextmanager
    def start(self, bench, group):
        with super().start(bench, group) as process:
            over, self.began, self.published_at = threading.Event(), time.monotonic(), []
            listener = threading.Thread(target=self.listen, args=(process,))
            publisher = threading.Thread(target=self.publish, args=(bench, process, over))
            listener.start()
            publisher.start()
            try:
                yield process
            finally:
                over.set()
                publisher.join()
        listener.join()  # the process has ended

    def publish(self, bench, process, over):
        os.sched_setaffinity(0, bench.load_cpus())  # of this thread: it is not the relay
        while self.published_per_s and not over.wait(1 / self.published_per_s):
            process.send_signal(signal.SIGHUP)

    def listen(self, process):
        for line in process.stderr:
            if "reloaded: generation" in line:
                self.published_at.append(time.monotonic())

    def report(self):
        if not self.published_per_s:
            return {}
        at = list(self.published_at)
        # With fewer than two it took at least as long as the run.
        seconds = (at[-1] - at[0]) / (len(at) - 1) if len(at) > 1 else time.monotonic() - self.began
        return {"ms_between_publications": seconds * 1000}


class SluiceOnBothCpus(Sluice):
    """`shards` of them, on the relay's and the load's CPU, and so is the load."""

    def __init__(self, name, shards):
        super().__init__(name, shards=shards)

    def cpus(self, bench):
        return bench.relay_cpus() | bench.load_cpus()

    def load_cpus(self, bench):
        return self.cpus(bench)


class Nothing(Relay):
    """The load and its back end alone."""

    name, udp = "nothing between", True

    @contextlib.contextmanager
    def start(self, bench, group):
        yield None

    def way(self, bench, service):
        return ["--direct"]


def wait_for_port(host, port, process):
    """Until somebody listens there."""
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection((host, port)).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise RunFailed(f"{process.args[0]}: expected it to listen at port {port}, found nobody there") from None
        time.sleep(0.02)
