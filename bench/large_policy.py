#!/usr/bin/env python3
"""large_policy.py FOLDER [RULES [CIDRS [NAMES]]]: writes a large sluice.toml with its list files, always the same one.

Half of the rules name one network, half one name; in their middle one denies a list of CIDRs and a list of names. The last one allows loopback, so
that whoever measures through it has asked every rule.
"""

import os
import random
import sys

RULE = """
[[rule]]
name = "{name}"
destination = [{destination}]
verdict = "{verdict}"
"""
HEAD = """
[socks]
listen = ["127.0.0.1"]
port = 1080
"""


def name_of(number):
    """A name like those in block lists."""
    return f"host{number * 2654435761 % 2**32:08x}.zone{number % 5000}.example"


def write(folder, rules=10_000, cidrs=1_000_000, names=1_000_000):
    """Returns the path of the configuration."""
    numbers = random.Random(1)
    with open(os.path.join(folder, "cidrs.txt"), "w") as file:
        for _ in range(cidrs):
            network = numbers.randrange(1 << 24)  # a /24 below 224.0.0.0, and none of loopback
            first = 1 + (network >> 16) % 126
            file.write(f"{first}.{network >> 8 & 255}.{network & 255}.0/24\n")
    with open(os.path.join(folder, "names.txt"), "w") as file:
        for number in range(names):
            file.write(name_of(number) + "\n")
    path = os.path.join(folder, "sluice.toml")
    with open(path, "w") as file:
        file.write(HEAD)
        for number in range(rules - 2):
            if number == rules // 2:
                file.write(RULE.format(name="lists", destination='"file:cidrs.txt", "file:names.txt"', verdict="deny"))
            what = f"{130 + number % 60}.{number // 60 % 256}.0.0/16" if number % 2 else name_of(names + number)
            file.write(RULE.format(name=f"rule {number}", destination=f'"{what}"', verdict="deny" if number % 3 else "allow"))
        file.write(RULE.format(name="loopback", destination='"127.0.0.0/8"', verdict="allow"))
    return path


if __name__ == "__main__":
    print(write(sys.argv[1], *map(int, sys.argv[2:])))
