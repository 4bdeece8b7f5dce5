"""The recipes of docs/COOKBOOK.md, with the addresses of the lab in place of those of the book."""

import os
import re

# What the book calls a thing, and what it is in the lab; the first that fits counts.
PLACES = (
    ("192.168.1.0/24", "10.77.1.0/24"), ("2001:db8:1::/64", "fd77:1::/64"), ("192.168.1.1", "10.77.1.1"), ("2001:db8:1::1", "fd77:1::1"),
    ("203.0.113.1", "10.77.2.1"), ("203.0.113.2", "10.77.2.4"), ("198.51.100.20", "10.77.2.2"), ("198.51.100.66", "10.77.2.3"),
    ("ads.example.com", "four.target.test"), ("www.example.com", "target.test"), ("*.example.com", "*.test"), ("example.com", "target.test"),
    ("EXAMPLE.ORG", "SLUICE.TEST"),
)
_PLACE = re.compile("|".join(rf"(?<![\w.:]){re.escape(name)}(?!\w|\.\w)" for name, _ in PLACES))


def in_the_lab(text):
    return _PLACE.sub(lambda found: dict(PLACES)[found.group()], text)


def slug(title):
    return re.sub(r"\W+", "_", title.lower()).strip("_")


class Recipe:
    """`blocks`: (language, text) of its fences, those without a language left out: they are to be read, all others are to be used."""

    def __init__(self, text):
        self.title = text.split("\n", 1)[0]
        self.blocks = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S)

    def take(self, language):
        """The next block of that language, for the lab."""
        for number, (found, text) in enumerate(self.blocks):
            if found == language:
                del self.blocks[number]
                return in_the_lab(text)
        raise AssertionError(f'"{self.title}": expected a block of {language}, found none left')


def recipes(path):
    """slug -> Recipe, in the book's order."""
    with open(path, encoding="utf-8") as file:
        parts = re.split(r"^#{2,} ", file.read(), flags=re.M)
    found = [Recipe(part) for part in parts if re.search(r"^```toml$", part, re.M)]
    return {slug(recipe.title): recipe for recipe in found}


def book():
    here = os.path.dirname(os.path.abspath(__file__))
    return os.path.join(here, "..", "..", "docs", "COOKBOOK.md")
