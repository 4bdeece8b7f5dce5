"""Numbers for Markdown."""

import os
import platform
import re
import statistics
import subprocess

from turns.bench import ROOT


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"


def values(reports, key):
    return [report[key] for report in reports or [] if key in report]


def median(reports, key):
    found = values(reports, key)
    return number(statistics.median(found)) if found else "–"


def spread(reports, key):
    """Median, and in brackets the smallest and largest turn."""
    found = values(reports, key)
    return f"{number(statistics.median(found))} ({number(min(found))}–{number(max(found))})" if found else "–"


def ratio(reports, others, key):
    """The median of what `reports` has of what `others` has, turn by turn; None where they have not met."""
    pairs = [(one[key], other[key]) for one, other in zip(reports or [], others or []) if other.get(key) and key in one]
    return statistics.median(one / other for one, other in pairs) if pairs else None


def machine(bench):
    """What was measured on, in a sentence."""
    options = bench.options
    model = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo").read())
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            text=True).stdout.strip()
    congestion = options.congestion
    if congestion != bench.network.host_congestion:
        congestion += f" (the host's default is {bench.network.host_congestion})"
    return (f"{os.cpu_count()} CPUs ({model.group(1) if model else platform.machine()}), Linux {platform.release()}, congestion control "
            f"{congestion}, over {bench.network}; Sluice {commit} with one shard; relay on CPU {options.relay_cpu}, load and back end on CPU "
            f"{options.load_cpu}, nice {options.nice}; {options.turns} turns of {options.seconds:g} s.")

