"""Plots of a comparison as SVG, by the standard library alone: bars with the median, and a whisker from the smallest to the largest turn. They are
readable on a light and a dark ground."""

import html
import math
import os
import statistics

from turns.scenarios import BULK
from turns.table import number, values

WIDTH, LABEL, ROW, TOP = 720, 150, 26, 56
OURS, OTHERS = "#2a78d6", "#8a8a85"
STYLE = """<style>
  text { font: 13px system-ui, sans-serif; fill: #52514e; }
  .title { font-weight: 600; font-size: 15px; fill: #0b0b0b; }
  .ground { fill: #fcfcfb; }
  .whisker { stroke: #0b0b0b; stroke-width: 1; }
  @media (prefers-color-scheme: dark) {
    text { fill: #c3c2b7; } .title { fill: #ffffff; } .ground { fill: #1a1a19; } .whisker { stroke: #ffffff; }
  }
</style>"""


def bars(title, unit, rows, logarithmic=False):
    """`rows`: (label, values of the turns, whether it is ours). An SVG document."""
    rows = [(label, found, ours) for label, found, ours in rows if found]
    largest = max(max(found) for _, found, _ in rows)
    smallest = min(min(found) for _, found, _ in rows)
    room = WIDTH - LABEL - 90  # for the number behind the bar

    def at(value):
        if not logarithmic:
            return room * max(value, 0) / largest if largest > 0 else 0
        low = math.log10(max(smallest, 1)) - 0.5  # the smallest has a bar too
        return room * max(math.log10(max(value, 1)) - low, 0) / (math.log10(max(largest, 2)) - low)

    height = TOP + ROW * len(rows) + 12
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{html.escape(title)}">', STYLE,
             f'<rect class="ground" width="{WIDTH}" height="{height}" rx="6"/>',
             f'<text class="title" x="12" y="24">{html.escape(title)}</text>',
             f'<text x="12" y="43">{html.escape(unit)}{", logarithmic" * logarithmic}</text>']
    for index, (label, found, ours) in enumerate(rows):
        y = TOP + ROW * index
        middle, end = y + ROW / 2 - 2, LABEL + at(statistics.median(found))
        lines += [f'<text x="{LABEL - 8}" y="{middle + 4:.1f}" text-anchor="end">{html.escape(label)}</text>',
                  f'<rect x="{LABEL}" y="{y}" width="{max(end - LABEL, 1):.1f}" height="{ROW - 6}" rx="3" fill="{OURS if ours else OTHERS}"/>',
                  f'<line class="whisker" x1="{LABEL + at(min(found)):.1f}" x2="{LABEL + at(max(found)):.1f}" y1="{middle}" y2="{middle}"/>',
                  f'<text x="{LABEL + at(max(found)) + 8:.1f}" y="{middle + 4:.1f}">{number(statistics.median(found))}</text>']
    return "\n".join([*lines, "</svg>", ""])


def draw(folder, bench, rows, idle_rows):
    """For each scenario what it cost, and its latency, or the rate of bulk, which has none; for what was held its memory. Returns the files' names with
    what they show."""
    os.makedirs(folder, exist_ok=True)
    drawn = []

    def save(name, title, unit, relays, key, scenario, logarithmic=False):
        found = [(relay.name, values(bench.reports.get((scenario, relay.name)), key), relay is relays[0]) for relay in relays]
        if any(turns for _, turns, _ in found):
            with open(os.path.join(folder, name + ".svg"), "w") as file:
                file.write(bars(title, unit, found, logarithmic))
            drawn.append((name + ".svg", title))

    for scenario, relays in rows:
        name = "".join(letter for letter in scenario.name.lower().replace(" ", "-") if letter.isalnum() or letter == "-")
        save(f"cpu-{name}", f"{scenario.name}: CPU of the relay, less is better", scenario.unit[1], relays, scenario.cost, scenario.name)
        if scenario.unit is BULK:
            save(f"rate-{name}", f"{scenario.name}: rate, more is better", scenario.unit[3], relays, scenario.rate, scenario.name)
        save(f"p99-{name}", f"{scenario.name}: latency, typical 99th percentile, less is better", "µs", relays,
             f"{scenario.latency}_p99_typical_us", scenario.name)
    for held in dict.fromkeys(row[0] for row in idle_rows):
        relays = [relay for name, relay, _, _ in idle_rows if name == held]
        each = "association" if any(udp for name, _, _, udp in idle_rows if name == held) else "tunnel"
        name = held.replace(" ", "-").replace(",", "")
        save(f"memory-{name}", f"{held}: all memory charged to the relay, each, less is better", "bytes", relays, f"charged_bytes_per_{each}", held, True)
    return drawn
