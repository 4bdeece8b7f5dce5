"""What the load does, and how its reports are told."""

import dataclasses

from turns.bench import say
from turns.table import median, number, ratio, spread

CONNECTION = ("cpu_us_per_connection", "µs/connection", "connections_per_s", "connections/s")
ROUND_TRIP = ("cpu_us_per_round_trip", "µs/round trip", "round_trips_per_s", "round trips/s")
DATAGRAM = ("cpu_us_per_datagram", "µs/datagram", "datagrams_per_s", "datagrams/s")
# What the mix offers is fixed by its rates: the cheaper relay is who needs less of the CPU for it.
MIX = ("cpu_percent", "%", "rr_round_trips_per_s", "round trips/s")
BULK = ("cpu_s_per_gb", "s/GB", "gbit_per_s", "Gbit/s")
MS_BETWEEN = "ms_between_publications"


@dataclasses.dataclass
class Scenario:
    name: str
    arguments: list  # of the load
    unit: tuple      # keys and names of the CPU cost and of the rate
    service: str = "echo"
    per_shard: tuple = ()   # a flag of the load, and its amount for each shard
    warmup: float = 0       # seconds that it needs at least
    half_rate_of: str = ""  # a scenario: half of what the first relay reached there in the same turn

    @property
    def udp(self):
        return self.unit is DATAGRAM

    @property
    def cost(self):
        return self.unit[0]

    @property
    def rate(self):
        return self.unit[2]

    @property
    def latency(self):
        """What the keys of its percentiles begin with."""
        return "rr_latency" if self.unit is MIX else "latency"


def bulk(direction, connections):
    services = {"up": "sink", "down": "source", "both": "exchange"}
    return Scenario(f"bulk {direction}, {connections} connection{'s' * (connections > 1)}",
                    ["bulk", f"--direction={direction}", f"--connections={connections}"], BULK, service=services[direction])


def unread(count):
    """Beside tunnels that nobody reads, after the time that filling them takes. Their rate is to be held against bulk("down", 4)."""
    return Scenario(f"bulk down, 4 connections, beside {count} that take nothing",
                    ["bulk", "--direction=down", "--connections=4", f"--unread={count}", "--timeout=30"], BULK, service="source", warmup=4)


def udp(size, trains=False):
    return Scenario(f"UDP, {size:,} B{', in trains' * trains}",
                    ["udp", "--connections=8", "--window=16", f"--size={size}"] + ["--trains"] * trains, DATAGRAM)


CPS = Scenario("cps, 64 in flight", ["cps"], CONNECTION)
RR = Scenario("rr, 64 B, 32 connections", ["rr"], ROUND_TRIP)
# Where the load has a schedule to keep, it does not sleep: half of what would be measured is how it wakes.
RR_HALF = Scenario("rr, at half of that rate", ["rr", "--spin"], ROUND_TRIP, half_rate_of=RR.name)
# A rate that leaves the relay's CPU time for other work too.
RR_10K = Scenario("rr, 64 B, 10,000 a second", ["rr", "--spin", "--rate=10000"], ROUND_TRIP)
MIXED = Scenario("mixed", ["mixed", "--spin"], MIX)
MIXED_TCP = Scenario("mixed, without UDP", ["mixed", "--spin", "--associations=0"], MIX)
RR_1000 = Scenario("rr, 64 B, 1,000 connections", ["rr", "--connections=1000"], ROUND_TRIP)


# The same load for each shard: what a unit costs depends on how many come at once, and a load that shares two CPUs with two shards cannot give
# both as much as one alone takes.
FOR_EACH_SHARD = [
    dataclasses.replace(CPS, name="cps, 5,000 a second for each shard", per_shard=("--rate", 5000)),
    dataclasses.replace(RR, name="rr, 64 B, 30,000 a second for each shard", per_shard=("--rate", 30000)),
    dataclasses.replace(udp(64), name="UDP, 64 B, 50,000 echoes a second for each shard", per_shard=("--rate", 50000)),
    dataclasses.replace(bulk("down", 32), name="bulk down, 32 connections, 20 Gbit/s for each shard", per_shard=("--gbit", 20)),
]


def run(bench, scenario, relay, first_relay):
    """One run of a scenario, in its turn."""
    arguments = [*scenario.arguments, f"--seconds={bench.options.seconds:g}", f"--warmup={max(bench.options.warmup, scenario.warmup):g}"]
    if scenario.per_shard:
        flag, amount = scenario.per_shard
        arguments.append(f"{flag}={amount * relay.shards}")
    if scenario.half_rate_of:
        before = bench.reports.get((scenario.half_rate_of, first_relay.name))
        if not before:
            return
        arguments.append(f"--rate={before[-1][scenario.rate] / 2:.0f}")

    def once(group):
        with relay.start(bench, group) as process:
            pid = [f"--pid={process.pid}"] if process else []
            report = bench.measured(group, relay.cpus(bench), *arguments, *relay.way(bench, scenario.service), *pid,
                                    load_cpus=relay.load_cpus(bench), relay_runs=process is not None)
            return {**report, **relay.report()}
    bench.take(scenario.name, relay.name, once)


def run_idle(bench, name, relay, count, udp):
    def once(group):
        with relay.start(bench, group) as process:
            # What is touched once, however many are held, is no part of what one costs.
            bench.load("cps", "--count=1000", "--in_flight=8", *relay.way(bench, "echo"))
            if udp:
                bench.load("udp", "--count=4000", "--connections=8", *relay.way(bench, "echo"))
            return bench.measured(group, relay.cpus(bench), "idle", f"--connections={count}", "--seconds=2", *["--udp"] * udp,
                                  *relay.way(bench, "echo"), f"--pid={process.pid}")
    bench.take(name, relay.name, once)


def take_turns(bench, rows, idle_rows):
    """`rows`: scenarios with their relays; `idle_rows`: (name, relay, count, whether associations), which are taken once: memory hardly
    differs from run to run."""
    for turn in range(bench.options.turns):
        say(f"turn {turn + 1} of {bench.options.turns}")
        for scenario, relays in rows:
            for relay in relays:
                run(bench, scenario, relay, relays[0])
        if turn == 0:
            for row in idle_rows:
                run_idle(bench, *row)


def if_any(head, lines):
    """A table, where it has lines."""
    lines = list(lines)
    return [*head, *lines, ""] if lines else []


def tables(bench, rows, idle_rows, wanted):
    """All of them, those left out that would be empty."""
    yield from if_any(["| scenario | relay | CPU | of it | rate | p50 µs | typical p99 µs | p99 µs |", "|---|---|---|---|---|---|---|---|"], costs(bench, rows))
    yield from if_any(["| beside the round trips of | relay | connections, p50 and p99 µs | datagrams, p50 and p99 µs | Gbit/s down and up | "
                       "lateness of the load, p99 µs |", "|---|---|---|---|---|---|"], mixes(bench, rows))
    yield from if_any(["| beside the round trips of | relay | ms from one policy in force to the next |", "|---|---|---|"], publications(bench, rows))
    yield from if_any(["| held | relay | own memory (PSS) each | all memory charged each | CPU |", "|---|---|---|---|---|"], held(bench, idle_rows))
    yield from if_any(["| beside those that take nothing | relay | memory of TCP each, MB |", "|---|---|---|"], unread_memory(bench, rows))
    yield from if_any(["| bar | at most | measured | |", "|---|---|---|---|"], bars(bench, wanted))


def costs(bench, rows):
    """Costs and rates; the ratio is what the first relay costs of what this one does."""
    for scenario, relays in rows:
        first = bench.reports.get((scenario.name, relays[0].name))
        for relay in relays:
            reports = bench.reports.get((scenario.name, relay.name))
            if not reports:
                continue
            share = ratio(first, reports, scenario.cost)
            yield (f"| {scenario.name} | {relay.name} | {spread(reports, scenario.cost)} {scenario.unit[1]} | "
                   f"{'–' if share is None or relay is relays[0] else f'{share:.2f} ×'} | {median(reports, scenario.rate)} {scenario.unit[3]} | "
                   f"{' | '.join(median(reports, f'{scenario.latency}_{which}_us') for which in ('p50', 'p99_typical', 'p99'))} |")


def mixes(bench, rows):
    """What else was in a mix, and what of the latencies may be the load's own."""
    for scenario, relays in rows:
        for relay in relays:
            reports = bench.reports.get((scenario.name, relay.name))
            if reports and scenario.unit is MIX:
                pairs = [("cps_latency_p50_us", "cps_latency_p99_us"), ("udp_latency_p50_us", "udp_latency_p99_us"),
                         ("bulk_down_gbit_per_s", "bulk_up_gbit_per_s")]
                cells = [f"{median(reports, one)}, {median(reports, other)}".replace("–, –", "–") for one, other in pairs]
                yield f"| {scenario.name} | {relay.name} | {' | '.join(cells)} | {median(reports, 'rr_load_lateness_p99_us')} |"


def publications(bench, rows):
    for scenario, relays in rows:
        for relay in relays:
            reports = bench.reports.get((scenario.name, relay.name))
            if any(MS_BETWEEN in report for report in reports or []):
                yield f"| {scenario.name} | {relay.name} | {spread(reports, MS_BETWEEN)} |"


def held(bench, idle_rows):
    for name, relay, _, udp in idle_rows:
        reports = bench.reports.get((name, relay.name))
        if reports:
            each = "association" if udp else "tunnel"
            yield (f"| {name} | {relay.name} | {spread(reports, f'pss_bytes_per_{each}')} B | {spread(reports, f'charged_bytes_per_{each}')} B | "
                   f"{spread(reports, 'cpu_percent')} % |")


def unread_memory(bench, rows):
    for scenario, relays in rows:
        for relay in relays:
            reports = [report for report in bench.reports.get((scenario.name, relay.name)) or [] if "tcp_bytes_per_unread" in report]
            if reports:
                each = sorted(report["tcp_bytes_per_unread"] / 1e6 for report in reports)
                yield f"| {scenario.name} | {relay.name} | {each[len(each) // 2]:.1f} ({each[0]:.1f} to {each[-1]:.1f}) |"


def bars(bench, wanted):
    """`wanted`: (what, scenario, key, relay, other relay, at most). One line each that was measured."""
    for what, scenario, key, relay, other, at_most in wanted:
        reports = bench.reports.get((scenario, relay))
        if other:
            found = ratio(reports, bench.reports.get((scenario, other)), key)
        else:
            found = max((report[key] for report in reports or [] if key in report), default=None)
        if found is not None:
            shown, limit = (f"{found:.2f} ×", f"{at_most:g} ×") if other else (number(found), number(at_most))
            yield f"| {what} | {limit} | {shown} | {'met' if found <= at_most else '**missed**'} |"
