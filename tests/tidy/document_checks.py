"""That documents lead where they say, and that docs/OPERATING.md says what the code says: flags, configuration keys, counters, and the
words of the access log. Both ways: what is not documented, and what is documented but gone."""

import json
import posixpath
import re

OPERATING = "docs/OPERATING.md"


def table_under(text, heading):
    """The rows of the first table below a heading, as lists of cells without backquotes; without its head."""
    parts = re.split(rf"^#+ {re.escape(heading)}$", text, maxsplit=1, flags=re.M)
    if len(parts) < 2:
        return []
    section = re.split(r"^#+ ", parts[1], maxsplit=1, flags=re.M)[0]
    rows = []
    for line in section.split("\n"):
        if line.startswith("|"):
            cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
            rows.append([cell.replace("`", "").strip() for cell in cells])
        elif rows:
            break
    return rows[2:]


def _compare(tree, heading, what, wanted, document=OPERATING):
    """`wanted`: key -> what the second cell must be, or None for anything. Yields the differences from the table under the heading."""
    rows = {row[0]: row[1:] for row in table_under(tree.get(document, ""), heading)}
    for key in wanted:
        if key not in rows:
            yield f"{document}: {what} {key} is missing under \"{heading}\""
        elif wanted[key] is not None and (not rows[key] or rows[key][0] != wanted[key]):
            found = rows[key][0] if rows[key] else ""
            yield f"{document}: {what} {key}: expected \"{wanted[key]}\", found \"{found}\""
    for key in rows:
        if key not in wanted:
            yield f"{document}: {what} {key} stands under \"{heading}\" and does not exist"


def _one_line(text):
    """C++ with continued lines joined, and string literals that stand side by side made one."""
    literal = r'"(?:\\.|[^"\\\n])*"'
    return re.sub(rf"{literal}(?:\s*{literal})+", lambda found: '"' + "".join(
        part[1:-1] for part in re.findall(literal, found.group())) + '"', text.replace("\\\n", " "))


def _constant(tree, text):
    """The text of a flag's default, with constants of core/limits.h replaced by what they are."""
    name = re.fullmatch(r"(?:sluice::)?limits::(\w+)", text)
    if not name:
        return text.strip('"')
    found = re.search(rf"\b{name.group(1)} = ([\w']+);", tree.get("core/limits.h", ""))
    return found.group(1).replace("'", "") if found else text


def flags_are_documented(tree):
    source = _one_line(tree.get("tools/sluiced/main.cc", ""))
    flags = re.findall(r'^DEFINE_\w+\(\s*(\w+),\s*("[^"]*"|[^,]+),\s*"', source, re.M)
    yield from _compare(tree, "Flags", "flag", {f"--{name}": _constant(tree, default) for name, default in flags})


def counters_are_documented(tree):
    counters = re.findall(r'\bX\(\w+,\s*"(\w+)",\s*"([^"]*)"\)', _one_line(tree.get("core/counters.h", "")))
    yield from _compare(tree, "Counters", "counter", dict(counters))


def histograms_are_documented(tree):
    histograms = re.findall(r'\bX\(\w+,\s*\w+,\s*"(\w+)",\s*"([^"]*)"\)', _one_line(tree.get("core/histograms.h", "")))
    yield from _compare(tree, "Histograms", "histogram", dict(histograms))


def _words_of(text, type_name):
    body = re.search(rf"ToString\({type_name} \w+\) {{(.*?)\n}}", text, re.S)
    return re.findall(r'case \w+::\w+: return "(\w+)";', body.group(1)) if body else []


def endings_are_documented(tree):
    source = tree.get("relay/close_reason.h", "")
    for type_name, heading in (("EndedBy", "Who ended a session"), ("SessionState", "In which state")):
        words = _words_of(source, type_name)
        if not words:
            yield f"relay/close_reason.h: expected ToString({type_name}), found none: teach tests/tidy its new place"
        yield from _compare(tree, heading, "word", dict.fromkeys(words))


def log_fields_are_documented(tree):
    fields = re.findall(r'line\["(\w+)"\] = ', tree.get("relay/log/access_log.cc", ""))
    yield from _compare(tree, "The access log", "field", dict.fromkeys(fields))


def keys_of(toml):
    """The keys of the shipped configuration with their values; a key that is commented out counts, since it is shown there to be used."""
    keys, table = {}, ""
    for line in toml.split("\n"):
        head = re.match(r"(?:# )?\[+([\w.]+)\]+", line)
        key = re.match(r"(?:# )?(\w+)\s*= (.*)", line)
        if head:
            table = re.sub(r"^sets\.\w+$", "sets.NAME", head.group(1))
        elif key:
            value = re.match(r'("[^"]*"|\[[^\]]*\]|[^#\s]+)', key.group(2))
            name = "NAME" if table == "groups" else key.group(1)
            keys[f"{table}.{name}"] = (line.startswith("#"), value.group(1) if value else "")
    return keys


def keys_are_documented(tree):
    keys = keys_of(tree.get("tools/sluiced/sluice.toml", ""))
    # A key of these tables is shipped with its default; rules, users and sets are examples.
    wanted = {key: value if re.match(r"(socks|timeouts|limits|auth)\.", key) and not shown_only else None
              for key, (shown_only, value) in keys.items()}
    yield from _compare(tree, "Keys of sluice.toml", "key", wanted)


def verbs_are_documented(tree):
    """The verbs of sluicectl, with the line that its help says of each."""
    source = _one_line(tree.get("tools/sluicectl/verbs.cc", ""))
    verbs = re.findall(r'\.name = "([a-z]+)".*?\.help = "([^"]*)"', source, re.S)
    yield from _compare(tree, "Verbs", "verb", dict(verbs), document="docs/SLUICECTL.md")


def _routes(tree):
    """The resources of the administrator's door, each with its verb and its least role's constant."""
    return {f"{verb} {path}": role for verb, path, role in re.findall(r'\{"([A-Z]+)", "(/[^"]*)",\s*(\w+)', tree.get("tools/admin/routes.cc", ""))}


def resources_are_documented(tree):
    yield from _compare(tree, "Resources", "resource", dict.fromkeys(_routes(tree)), document="docs/ADMIN.md")


def resources_are_in_the_api_document(tree):
    """Each, and nothing else, with the role that it asks for."""
    roles = {"kComes": "anybody", "kAudits": "auditor", "kSees": "viewer", "kEnds": "operator", "kChanges": "administrator"}
    document = json.loads(tree.get("tools/admin/openapi.json", "{}"))
    described = {f"{verb.upper()} {path}": operation.get("x-role") for path, verbs in document.get("paths", {}).items()
                 for verb, operation in verbs.items() if verb != "parameters"}
    routes = _routes(tree)
    for route, role in routes.items():
        if route not in described:
            yield f"tools/admin/openapi.json: resource {route} is missing"
        elif described[route] != roles.get(role, role):
            yield f"tools/admin/openapi.json: {route}: expected x-role {roles.get(role, role)}, found {described[route]}"
    for route in described:
        if route not in routes:
            yield f"tools/admin/openapi.json: {route} does not exist"


def reply_codes_are_documented(tree):
    """Every errno that has a reply of its own is named in docs/PROTOCOLS.md."""
    for name in re.findall(r"case (E\w+):", tree.get("relay/reply_code.h", "")):
        if not re.search(rf"`{name}`", tree.get("docs/PROTOCOLS.md", "")):
            yield f"docs/PROTOCOLS.md: {name} has a reply code in relay/reply_code.h and is not in the table of reply codes"


def links_lead_somewhere(tree):
    """Links between files of the tree, without what follows a #."""
    for path in sorted(tree):
        if not path.endswith(".md"):
            continue
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", tree[path]):
            if re.match(r"[a-z]+:", target):
                continue
            lead = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            if lead not in tree and not any(other.startswith(lead + "/") for other in tree):
                yield f"{path}: the link to {target} leads nowhere"
