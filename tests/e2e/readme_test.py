"""README.md shows what a newcomer sees: its screen, its command and its sample of the access log are those of the daemon."""

import json
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cookbook  # noqa: E402
import lab as network  # noqa: E402
from end_to_end import HERE, EndToEnd  # noqa: E402
from lab import TARGET4, WAIT_SECONDS  # noqa: E402

REFUSED = 97  # curl's exit code for a proxy's refusal


def shape(line):
    """A line of the process's log without what is different each time."""
    line = re.sub(r"^\S+Z I \w+\.cc:\d+\]", "TIME I FILE]", line)
    line = line.replace("1 shard,", "1 shards,")
    return re.sub(r"\d+", "N", re.sub(r"commit \S+\)", "commit)", line))


class Readme(EndToEnd):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(os.path.join(HERE, "..", "..", "README.md"), encoding="utf-8") as file:
            cls.text = file.read()
        cls.fences = re.findall(r"^```(\w*)\n(.*?)^```$", cls.text, re.M | re.S)

    def fence(self, beginning):
        """The one whose text begins so."""
        (found,) = [text for _, text in self.fences if re.match(beginning, text)]
        return found

    def shell(self, command, code=0):
        done = subprocess.run(self.lab.inside("gateway", "sh", "-c", command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=120, check=False)
        self.assertEqual(done.returncode, code, f"{command}: {done.stdout}")
        return done.stdout

    def test_screen_command_and_log_line_are_the_real_ones(self):
        daemon = network.Program(self.lab.inside("gateway", os.environ["SLUICED"]))
        self.addCleanup(daemon.stop)
        daemon.wait_for("stop it: ")
        screen = self.fence(r"\S+Z I ").splitlines()
        # What the host adds (limits that are low) comes before the screen's second line, or not at all.
        real = [line for line in daemon.lines if shape(line) in {shape(shown) for shown in screen}]
        self.assertEqual([shape(line) for line in screen], [shape(line) for line in real], "\n".join(["the daemon says:", *daemon.lines]))

        self.shell(self.fence("curl").strip())
        sample = json.loads(self.fence(r'\{"time"').replace("\n", ""))
        record = json.loads(daemon.wait_for(r'^\{"time"'))
        self.assertEqual(list(record), list(sample))
        for field in ("version", "auth", "command", "destination", "port", "rule", "reply", "ended_by", "why"):
            self.assertEqual(record[field], sample[field], field)
        self.assertEqual(record["target"], f"{TARGET4}:80")

        (closed,) = re.findall(r"`(curl --socks5-hostname localhost:1080 http://localhost:8080/)`", self.text)
        self.assertIn("(2)", self.shell("curl -sS" + closed.removeprefix("curl"), code=REFUSED))
        daemon.signal(signal.SIGINT)
        self.assertEqual(daemon.process.wait(WAIT_SECONDS), 0)

    def test_the_rule_that_it_links_to_has_the_port_that_it_names(self):
        recipe = cookbook.recipes(cookbook.book())["a_service_on_the_gateway_itself"]
        self.assertIn('destination_ports = ["8080"]', recipe.take("toml"))

    def test_operating_begins_with_the_same_configuration(self):
        with open(os.path.join(HERE, "..", "..", "docs", "OPERATING.md"), encoding="utf-8") as file:
            (first, *_) = re.findall(r"^```toml\n(.*?)^```$", file.read(), re.M | re.S)
        self.assertIn(("toml", first), self.fences)

    def test_its_configuration_is_good_and_does_what_it_says(self):
        (config,) = [text for language, text in self.fences if language == "toml"]
        self.start(cookbook.in_the_lab(config))
        proxy = ("--socks5-hostname", f"{network.GATEWAY4}:1080")
        self.curl(*proxy, f"http://{TARGET4}/hello")
        self.curl(*proxy, f"http://{TARGET4}:7/", code=REFUSED)


if __name__ == "__main__":
    network.main()
