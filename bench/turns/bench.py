"""Bench: where runs happen. The relay has one CPU, the load and its back end share another; a run during which others used the relay's CPU is
repeated."""

import contextlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from turns.group import Group
from turns.network import KINDS, Network

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
SERVICES = {"echo": 0, "sink": 1, "source": 2, "exchange": 3}  # as they follow each other in the back end's ports
BACK_END = 7000
TICK = os.sysconf("SC_CLK_TCK")


def say(text):
    print(text, file=sys.stderr, flush=True)


def add_flags(parser):
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="measured in each run")
    parser.add_argument("--warmup", type=float, default=0.3, help="seconds before that")
    parser.add_argument("--only", default="", help="a regular expression: only runs whose \"scenario / relay\" it matches")
    parser.add_argument("--network", choices=KINDS, default="loopback", help="what lies between the relay and the load; plain: no segmentation offload")
    parser.add_argument("--congestion", default="cubic", help="bbr paces, which halves bulk over loopback")
    parser.add_argument("--relay_cpu", type=int, default=0)
    parser.add_argument("--load_cpu", type=int, default=1)
    parser.add_argument("--nice", type=int, default=0, help="of relay and load; -20 (root) where others work on the machine too")
    parser.add_argument("--disturbed_max", type=float, default=0.05, help="share of the relay's CPU that others may use during a run")
    parser.add_argument("--patience", type=float, default=3, help="seconds to wait, before each run, for both CPUs to be idle")
    parser.add_argument("--attempts", type=int, default=3, help="how often a disturbed run is tried before it is kept")
    parser.add_argument("--sluiced", help="do not build, use this one")
    parser.add_argument("--load", help="do not build, use this one")
    parser.add_argument("--json", help="also write all reports into this file")


def build(options):
    """Builds what the flags do not name."""
    if options.sluiced and options.load:
        return
    subprocess.run(["bazel", "build", "-c", "opt", "--noshow_progress", "--ui_event_filters=-info", "//tools/sluiced", "//bench/load:sluice-load"],
                   cwd=ROOT, check=True)
    built = subprocess.run(["bazel", "info", "-c", "opt", "bazel-bin"], cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL).stdout.strip()
    options.sluiced = options.sluiced or f"{built}/tools/sluiced/sluiced"
    options.load = options.load or f"{built}/bench/load/sluice-load"


def cpu_ticks(cpu):
    """What this CPU has done for anybody, other guests of its host included."""
    with open("/proc/stat") as file:
        for line in file:
            row = line.split()
            if row[0] == f"cpu{cpu}":
                # user nice system idle iowait irq softirq steal: idle and waiting for a disk are not work.
                return sum(map(int, row[1:9])) - int(row[4]) - int(row[5])
    raise SystemExit(f"/proc/stat: expected cpu{cpu}, found none; see --relay_cpu and --load_cpu")


def busy_share(cpus, seconds):
    """How much of these CPUs is used in the next `seconds`."""
    before = sum(map(cpu_ticks, cpus))
    time.sleep(seconds)
    return (sum(map(cpu_ticks, cpus)) - before) / TICK / seconds / len(cpus)


class RunFailed(Exception):
    """One run, with the reason in words. The others go on."""


class Bench:
    """Use as a context; within it everything is in the own network."""

    def __init__(self, options):
        self.options = options
        self.repeated = 0
        self.kept_disturbed = 0
        self.reports = {}   # (scenario, relay) -> one report a turn
        self.failures = {}  # (scenario, relay) -> why the last one failed
        self.cleanup = contextlib.ExitStack()

    def __enter__(self):
        build(self.options)
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        self.network = Network(self.options.network, self.options.congestion)
        self.cleanup.callback(self.network.close)
        self.folder = tempfile.mkdtemp(prefix="sluice-bench-")
        os.chmod(self.folder, 0o755)  # relays that give up their privileges read their configuration here
        self.cleanup.callback(shutil.rmtree, self.folder, ignore_errors=True)
        return self

    def __exit__(self, *why):
        if self.options.json:
            with open(self.options.json, "w") as file:
                json.dump({" / ".join(key): reports for key, reports in self.reports.items()}, file, indent=1)
        return self.cleanup.__exit__(*why)

    def load_cpus(self):
        return {self.options.load_cpu}

    def relay_cpus(self):
        return {self.options.relay_cpu}

    def back_end(self, service="echo"):
        return f"{self.network.back_host}:{BACK_END + SERVICES[service]}"

    def file(self, name, text):
        """A file in the folder of this bench."""
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def placed(self, cpus, group=None):
        """What Popen needs for a process on these CPUs, with the priority asked for, in a group; whoever has one is a relay."""
        def place():
            os.sched_setaffinity(0, cpus)
            os.nice(self.options.nice)
            # Where the scheduler groups by session, a nice value weighs only inside the session: it has one of its own too.
            if self.options.nice != 0 and os.path.exists("/proc/self/autogroup"):
                with open("/proc/self/autogroup", "w") as file:
                    file.write(str(self.options.nice))
            if group:
                self.network.enter_relay()
                group.enter()
        return {"preexec_fn": place, "start_new_session": True, "text": True, "stdin": subprocess.DEVNULL}

    @contextlib.contextmanager
    def process(self, command, cpus, group=None, ready=None, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        """A process with its children; `ready`: words that it says when it is, where it says such a thing."""
        with subprocess.Popen(command, stdout=stdout, stderr=stderr, **self.placed(cpus, group)) as process:
            try:
                if ready:
                    wait_for(process, ready, command)
                yield process
            finally:
                end(process)

    def load(self, *arguments, cpus=None):
        """The report of one run of the load. On one CPU its back end is in the same thread: two would wait until the scheduler takes the CPU from the
        other, milliseconds that are no relay's. On several it has its own: one thread is no match for as many shards."""
        cpus = cpus or self.load_cpus()
        back_end = [f"--listen={self.back_end()}", f"--backend_thread={'true' if len(cpus) > 1 else 'false'}"]
        done = subprocess.run([self.options.load, *arguments, *back_end, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              **self.placed(cpus))
        if done.returncode != 0:
            raise RunFailed((done.stderr or done.stdout).strip())
        return json.loads(done.stdout)

    # --- Turns

    def take(self, scenario, relay, run):
        """Adds the report of one run, from the first time that the relay had its CPU for itself; `run` is given a new group. None where
        it is not wanted."""
        if not re.search(self.options.only, f"{scenario} / {relay}"):
            return None
        for attempt in range(self.options.attempts):
            self.repeated += attempt > 0
            self.wait_for_quiet()
            group = Group()
            try:
                report = run(group)
            except RunFailed as failure:
                say(f"  {scenario} / {relay}: {failure}")
                self.failures[scenario, relay] = str(failure)
                return None
            finally:
                group.remove()
            disturbed = report.get("disturbed_share", 0)
            if disturbed <= self.options.disturbed_max:
                break
            say(f"  others used {disturbed:.0%} of the relay's CPU")
        else:
            self.kept_disturbed += 1
        self.reports.setdefault((scenario, relay), []).append(report)
        return report

    def notes(self):
        """What has to be known of the tables."""
        for (scenario, relay), why in self.failures.items():
            yield f"{scenario} / {relay} failed: {why}"
        if self.repeated > 0:
            yield (f"{self.repeated} runs were repeated because others used the relay's CPU; {self.kept_disturbed} such runs are in the "
                   "tables.")

    def measured(self, group, cpus, *arguments, load_cpus=None, relay_runs=True):
        """A run of the load, with what the relay's group has cost and what others took of its CPUs meanwhile."""
        files = []
        if group.cpu_file and relay_runs:
            files.append(f"--cpu_file={group.cpu_file}")
        if arguments[0] == "idle" and group.memory_file:
            files.append(f"--memory_file={group.memory_file}")
        began, ticks, used = time.monotonic(), sum(map(cpu_ticks, cpus)), group.cpu_seconds()
        report = self.load(*arguments, *files, cpus=load_cpus)
        seconds = time.monotonic() - began
        # Where the load is on these CPUs too, nobody can tell it from others.
        if used is not None and not cpus & (load_cpus or self.load_cpus()):
            others = (sum(map(cpu_ticks, cpus)) - ticks) / TICK - (group.cpu_seconds() - used)
            report["disturbed_share"] = max(others, 0) / seconds / len(cpus)
        return report

    def wait_for_quiet(self):
        until = time.monotonic() + self.options.patience
        while busy_share(self.relay_cpus() | self.load_cpus(), 0.2) > self.options.disturbed_max and time.monotonic() < until:
            pass


def wait_for(process, words, command):
    said = ""
    for line in process.stdout or process.stderr:
        said += line
        if words in line:
            return
    raise RunFailed(f"{command[0]} did not say \"{words}\":\n{said}")


def end(process):
    """It and its children, which are a session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        pass
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
