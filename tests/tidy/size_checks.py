"""How long files and functions may be. What is longer stands in a list with its reason, and a reason that is no longer needed is a fault
too."""

import ast
import re

from tree import without_comments

FILE_LINES_MAX = 550
FUNCTION_LINES_MAX = 70

# path, or path:function -> why it may be longer.
ALLOWED = {}


def _functions_of_python(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


_NOT_A_FUNCTION = re.compile(
    r"\s*(?:namespace|class|struct|union|enum|extern|if|for|while|switch|do|else|case|default|return|public|private|protected)\b")


def _functions_of_cpp(text):
    """Name, first line, length. By indentation, as clang-format leaves it: a definition at the top or in a class, to the brace below its
    first letter."""
    lines = without_comments(text).split("\n")
    number = 0
    while number < len(lines):
        line = lines[number]
        indent = len(line) - len(line.lstrip())
        starts = line.strip() and indent in (0, 2) and not _NOT_A_FUNCTION.match(line) and re.match(r"\s*[\w~:<&*\[]", line)
        if not starts:
            number += 1
            continue
        head, last = line, number
        while not re.search(r"[;{}]\s*$", lines[last]) and last + 1 < len(lines) and last - number < 30:
            last += 1
            head += lines[last]
        end = last + 1
        while end < len(lines) and not lines[end].startswith(" " * indent + "}"):
            end += 1
        name = re.search(r"([\w~:]+)\s*\(", head)
        if head.rstrip().endswith("{") and name and "=" not in head.split("(")[0]:
            macro = re.search(r"TEST\w*\((\w+),\s*(\w+)\)", head)
            yield macro.group(2) if macro else name.group(1), number + 1, end - number + 1
            number = end
        number = max(number + 1, last + 1)


def _too_long(tree):
    for path in sorted(tree):
        text = tree[path]
        if not path.endswith((".h", ".cc", ".py")):
            continue
        count = text.count("\n")
        if count > FILE_LINES_MAX:
            yield path, f"{path}: {count} lines, and {FILE_LINES_MAX} are the most: find the second thing that it does"
        functions = _functions_of_python(text) if path.endswith(".py") else _functions_of_cpp(text)
        for name, line, length in functions:
            if length > FUNCTION_LINES_MAX:
                yield f"{path}:{name}", (f"{path}:{line}: {name} has {length} lines, and {FUNCTION_LINES_MAX} are the most: "
                                         "give its steps names")


def files_and_functions_are_short(tree, allowed=None):
    allowed = ALLOWED if allowed is None else allowed
    used = set()
    for key, sentence in _too_long(tree):
        used.add(key)
        if not allowed.get(key):
            yield sentence
    for key in sorted(set(allowed) - used):
        yield f"tests/tidy/size_checks.py: {key} is no longer too long: take it out of the list"
