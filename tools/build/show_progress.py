"""show_progress.py EVENTS: reads a file of Bazel's build events while Bazel writes it, and says how far it is: a line when something has
happened, at most every fifteen seconds, and one for each test that fails. Ended by a signal."""

import json
import sys
import time

from test_events import Cases

SECONDS_BETWEEN = 15
SECONDS_OF_SILENCE_MAX = 60


class Progress:
    def __init__(self):
        self._targets, self._built = set(), set()
        self._tests, self._done, self._failed = set(), set(), set()

    def take(self, event):
        """Notes an event; gives a sentence where it is of a test that failed."""
        event_id = event["id"]
        if "targetConfigured" in event_id and "configured" in event:
            self._targets.add(event_id["targetConfigured"]["label"])
            if "testSize" in event["configured"]:
                self._tests.add(event_id["targetConfigured"]["label"])
        elif "targetCompleted" in event_id:
            self._built.add(event_id["targetCompleted"]["label"])
        elif "testResult" in event:
            label, cases = event_id["testResult"]["label"], Cases(event["testResult"])
            self._done.add(label)
            if cases.failed:
                self._failed.add(label)
                return f"failed: {label}: {', '.join(cases.failed)}"
        return None

    def line(self):
        return (f"{len(self._built)} of {len(self._targets)} targets built, {len(self._done)} of {len(self._tests)} tests done, "
                f"{len(self._failed)} failed")


def follow(path):
    """The whole lines of a file, and None whenever there is no more for now."""
    rest, file = "", None
    while True:
        try:
            file = file or open(path, encoding="utf-8")
        except OSError:
            yield None
            continue
        rest += file.read()
        *lines, rest = rest.split("\n")
        yield from lines
        yield None


def main(path):
    progress, begun = Progress(), time.monotonic()
    said, said_at = "", begun
    for line in follow(path):
        if line is not None:
            remark = progress.take(json.loads(line))
            if remark:
                print(remark, flush=True)
            continue
        now, text = time.monotonic(), progress.line()
        if now - said_at >= (SECONDS_BETWEEN if text != said else SECONDS_OF_SILENCE_MAX):
            print(f"{int(now - begun) // 60}:{int(now - begun) % 60:02}  {text}", flush=True)
            said, said_at = text, now
        time.sleep(1)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        pass
