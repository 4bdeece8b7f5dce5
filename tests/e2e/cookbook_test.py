"""docs/COOKBOOK.md does what it says: each recipe's configuration is started as it stands there, its commands are run, and what it promises is
looked at. A recipe without a test here fails, and so does a block of a recipe that its test does not use."""

import datetime
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cookbook  # noqa: E402
import kerberos  # noqa: E402
import lab as network  # noqa: E402
from end_to_end import HELLO, HERE, EndToEnd  # noqa: E402
from lab import (CLIENT4, EGRESS4, EGRESS6, GATEWAY4, GATEWAY6, OTHER_CLIENT4, OTHER_EGRESS4, OTHER_TARGET4, TARGET4,  # noqa: E402
                 TARGET6, WAIT_SECONDS)
from raw_client import BIND, CONNECT, UDP_ASSOCIATE, Association, Control, udp_socket  # noqa: E402

PROXY = f"{GATEWAY4}:1080"
BY_NAME = ("--socks5-hostname", PROXY)
DENIED = r"\(2\)"
REFUSED = 97  # curl's exit code for a proxy's refusal


class Cookbook(EndToEnd):
    """Each test is named for its recipe."""

    book = cookbook.recipes(cookbook.book())

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        programs = cls.lab.path("bin")
        os.mkdir(programs)
        os.symlink(os.environ["SLUICED"], os.path.join(programs, "sluiced"))
        os.environ["PATH"] = f"{programs}:{os.environ['PATH']}"

    def setUp(self):
        self.recipe = self.book[self._testMethodName.removeprefix("test_")]

    def tearDown(self):
        self.assertEqual([text for _, text in self.recipe.blocks], [], "blocks of the recipe that its test does not use")

    def cook(self, *flags, change=lambda config: config):
        """Starts the gateway with the recipe's configuration, which --check must find good."""
        config = change(self.recipe.take("toml"))
        path = self.lab.write("checked.toml", config)
        checked = subprocess.run([os.environ["SLUICED"], "--check", f"--config={path}"], capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        return self.start(config, *flags)

    def shell(self, role, command, code=0):
        """A command of the book, with the lab's folder in place of the system's."""
        command = re.sub(r"/(etc|var/log)/sluice\b", self.lab.folder, command)
        done = subprocess.run(self.lab.inside(role, "sh", "-c", command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              stdin=subprocess.DEVNULL, timeout=120, cwd=self.lab.folder, check=False)
        if code is not None:
            self.assertEqual(done.returncode, code, f"{command}: {done.stdout}")
        return done.stdout

    def commands(self):
        return self.recipe.take("sh").splitlines()

    def allowed(self, *arguments, url="http://target.test/hello"):
        self.assertIn(HELLO, self.curl(*BY_NAME, *arguments, url))

    def denied(self, *arguments, url="http://target.test/hello"):
        self.assertRegex(self.curl(*BY_NAME, *arguments, url, code=REFUSED), DENIED)

    # --- Who may go where

    def test_only_the_web_for_one_network(self):
        self.cook()
        self.allowed()
        self.denied(url="http://target.test:7/")
        with Control(self.lab) as control:
            control.greet()
            self.assertEqual(control.ask(BIND, TARGET4, 80)[0], 2)
        # From the other side nobody is let in.
        self.shell("target", f"curl --silent --socks5-hostname {EGRESS4}:1080 http://{TARGET4}/hello", code=REFUSED)

    def test_passwords(self):
        self.cook()
        (command,) = self.commands()
        self.assertIn(HELLO, self.shell("client", command))
        self.shell("client", command.replace("open-sesame", "open-barley"), code=REFUSED)
        self.curl(*BY_NAME, "http://target.test/hello", code=REFUSED)

    def test_passwords_from_pam_or_ldap(self):
        # There is no directory here: a script is asked in its place, by a service file that is otherwise the recipe's.
        script = self.lab.write("pam_check.sh", '#!/bin/sh\nread -r password\n[ "$PAM_USER" = carol ] && [ "$password" = open-carol ]\n')
        os.chmod(script, 0o700)
        service = self.recipe.take("pam")
        self.assertEqual(service.count("pam_ldap.so"), 2)
        os.mkdir(self.lab.path("pam.d"))
        self.lab.write("pam.d/sluice", service.replace("pam_ldap.so", f"pam_exec.so expose_authtok quiet {script}", 1).replace("pam_ldap.so", "pam_permit.so"))
        self.cook(f"--pam_folder={self.lab.path('pam.d')}")
        self.allowed("--proxy-user", "carol:open-carol")
        self.curl(*BY_NAME, "--proxy-user", "carol:wrong", "http://target.test/hello", code=REFUSED)

    def test_kerberos(self):
        if not kerberos.installed():
            self.recipe.blocks.clear()
            self.skipTest("no krb5-kdc, krb5-admin-server or krb5-user on this host: run tools/setup --tests")
        realm = kerberos.Realm(self.lab.folder, self.lab.inside("client"))
        self.addCleanup(realm.stop)
        realm.start()
        realm.add_service("rcmd/socks.test", self.lab.path("sluice.keytab"))
        realm.add_user("alice")
        realm.add_user("bob")
        os.environ.update({name: realm.environment[name] for name in ("KRB5_CONFIG", "KRB5RCACHEDIR")})
        gateway = self.cook(change=lambda config: config.replace("/etc/sluice", self.lab.folder))
        for user, reply in (("alice", 0), ("bob", 2)):
            # The bindings are of the distribution, and so is the Python that has them.
            said = self.client("/usr/bin/python3", os.path.join(HERE, "gss_client.py"), f"--proxy={GATEWAY4}", "--proxy_port=1080",
                               f"--host={TARGET4}", env=realm.ticket(user))
            self.assertEqual(json.loads(said)["rep"], reply)
        self.assertEqual({record["user"] for record in gateway.records(2)}, {"alice", "bob"})

    def test_block_lists_from_files(self):
        os.makedirs(self.lab.path("lists"), exist_ok=True)
        for name in ("hosts", "addresses"):
            self.lab.write(f"lists/{name}.txt", self.recipe.take("list"))
        gateway = self.cook()
        self.allowed()
        self.denied(url="http://four.target.test/hello")
        self.denied(url=f"http://{OTHER_TARGET4}/hello")
        # What is listed from now on, by its name and by the address of a name.
        self.lab.write("lists/addresses.txt", f"{TARGET4}\n{TARGET6}\n")
        with open(gateway.config, encoding="utf-8") as file:
            gateway.reload(file.read())
        self.denied(url=f"http://{TARGET4}/hello")
        self.denied(url="http://target.test/hello")

    def test_access_that_expires(self):
        expiry = re.search(r"expires = (\S+)", self.recipe.blocks[0][1]).group(1)
        self.assertGreater(datetime.datetime.fromisoformat(expiry), datetime.datetime.now(datetime.timezone.utc), "the book's example is over")
        gateway = self.cook()
        self.allowed()
        with open(gateway.config, encoding="utf-8") as file:
            gateway.reload(file.read().replace(expiry, "2020-09-30T18:00:00+02:00"))
        self.denied()

    def test_nobody_takes_it_all(self):
        gateway = self.cook()
        for _ in range(10):
            association = Association(self.lab)
            self.addCleanup(association.socket.close)
            self.addCleanup(association.control.close)
        with Control(self.lab) as one_more:
            one_more.greet()
            self.assertEqual(one_more.ask(UDP_ASSOCIATE, "0.0.0.0", 0)[0], 1)
        self.assertEqual(gateway.records(1)[0]["ended_by"], "limit")
        self.allowed()

    def test_a_service_on_the_gateway_itself(self):
        dashboard = self.lab.path("dashboard")
        os.mkdir(dashboard)
        self.lab.write("dashboard/hello", "the dashboard")
        server = network.Program(self.lab.inside("gateway", "python3", "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", dashboard, "8080"))
        self.addCleanup(server.stop)
        server.wait_for("Serving")
        self.cook()
        self.assertIn("the dashboard", self.curl(*BY_NAME, "http://127.0.0.1:8080/hello"))
        self.denied(url="http://127.0.0.1:1080/")

    def test_try_a_change_before_it_counts(self):
        config = self.recipe.take("toml")
        self.lab.write("new.toml", config)
        (check,) = self.commands()
        self.assertIn("good, 1 rule", self.shell("gateway", check))
        # Beside the gateway that is in use.
        old, new = self.start(), network.Gateway(self.lab, config)
        self.addCleanup(new.stop)
        self.assertIn("1080", old.ready)
        self.assertIn(HELLO, self.curl("--socks5-hostname", f"{GATEWAY4}:1081", "http://target.test/hello"))
        self.assertEqual(new.records(1)[0]["rule"], "new_idea")
        self.lab.write("new.toml", config + "prot = 1\n")
        self.assertIn("new.toml:", self.shell("gateway", check, code=1))

    # --- Clients

    def test_curl_python_java_and_firefox(self):
        gateway = self.cook()
        curl, by_environment, java = self.commands()
        for command in (curl, by_environment):
            self.assertIn(HELLO, self.shell("client", command))
        java = java.replace("-jar program.jar", f"{os.path.join(HERE, 'JavaClient.java')} target.test 80")
        self.assertIn(HELLO, self.shell("client", java))
        script = self.lab.write("fetch.py", self.recipe.take("python"))
        self.assertIn(HELLO, self.client("/usr/bin/python3", script))
        # None of them has resolved the name itself.
        self.assertEqual({record["destination"] for record in gateway.records(4)}, {"target.test"})

    def test_ssh_and_git(self):
        work = self.lab.path("work")
        repository = self.lab.path("served/sluice.git")
        for command in (f"git init -q {work}", f"git -C {work} -c user.name=a -c user.email=a@b commit -q --allow-empty -m first",
                        f"git clone -q --bare {work} {repository}", f"git -C {repository} update-server-info"):
            network.run("sh", "-c", command)
        server = network.Program(self.lab.inside("target", "python3", "-u", "-m", "http.server", "--bind", OTHER_TARGET4, "--directory",
                                                 self.lab.path("served"), "80"))
        self.addCleanup(server.stop)
        server.wait_for("Serving")
        with self.lab.within("target"):
            sshd = socket.create_server((TARGET4, 22))
        self.addCleanup(sshd.close)
        sshd.settimeout(WAIT_SECONDS)
        gateway = self.cook()
        ssh, git = self.commands()
        client = network.Program(self.lab.inside("client", "sh", "-c", "exec " + ssh.replace("target.test", "four.target.test")))
        self.addCleanup(client.stop)
        connection, (peer, _) = sshd.accept()
        connection.settimeout(WAIT_SECONDS)
        with connection:
            self.assertTrue(connection.recv(100).startswith(b"SSH-2.0-"))
        client.stop()
        record = gateway.records(1)[0]
        self.assertEqual((peer, record["destination"], record["port"]), (EGRESS4, "four.target.test", 22))
        self.shell("client", git.replace("target.test", OTHER_TARGET4))
        self.assertTrue(os.path.isdir(self.lab.path("sluice/.git")))

    def test_a_program_that_knows_no_proxy(self):
        self.cook()
        self.lab.write("proxychains.conf", self.recipe.take("conf"))
        (command,) = self.commands()
        self.assertIn(HELLO, self.shell("client", command))

    def bind(self, advertised=None):
        """A BIND for the target, to which the target connects: what the client was told."""
        with Control(self.lab) as control:
            control.greet()
            code, bound = control.ask(BIND, TARGET4, 21)
            self.assertEqual(code, 0)
            with self.lab.within("target"), socket.create_connection((EGRESS4, bound[1]), WAIT_SECONDS) as peer:
                self.assertEqual(control.reply(), (0, peer.getsockname()))
                peer.sendall(b"150 here it comes")
                self.assertEqual(control.read(17), b"150 here it comes")
        self.assertEqual(bound[0], advertised or EGRESS4)
        return bound[1]

    def test_active_ftp(self):
        self.cook()
        self.assertTrue(20000 <= self.bind() <= 20999)
        with Control(self.lab) as control:
            control.greet()
            self.assertEqual(control.ask(BIND, TARGET4, 80)[0], 2)

    def test_old_clients_and_who_their_users_are(self):
        gateway = self.cook()
        with Control(self.lab) as nobody:
            self.assertEqual(nobody.ask4(CONNECT, TARGET4, 7, "alice")[0], 0x5c)
        with self.lab.within("client"):
            ident = socket.create_server((CLIENT4, 113))
        self.addCleanup(ident.close)
        ident.settimeout(WAIT_SECONDS)
        with Control(self.lab) as alice:
            alice.socket.sendall(bytes([4, CONNECT, 0, 7]) + socket.inet_aton(TARGET4) + b"alice\x00")
            connection, _ = ident.accept()
            with connection:
                connection.sendall(connection.makefile("rb").readline().strip() + b" : USERID : UNIX : alice\r\n")
            self.assertEqual(alice.reply4()[0], 0x5a)
        self.assertEqual([record["auth"] for record in gateway.records(2)][-1], "ident")

    # --- UDP

    def test_dns_and_bittorrent_over_it(self):
        self.cook()
        with Association(self.lab) as association:
            self.assertTrue(30000 <= association.relay[1] <= 39999)
            association.send(TARGET4, 7, b"denied, so dropped")
            association.send("target.test", 53, b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04four\x06target\x04test\x00\x00\x01\x00\x01")
            sender, answer = association.receive()
            self.assertEqual((sender, answer[-4:]), ((TARGET4, 53), socket.inet_aton(TARGET4)))
        self.assertIn("tracker_reply_alert", self.torrent("udp://10.77.2.2:6969/announce"))

    def test_games_and_calls_full_cone(self):
        self.cook()
        stranger = udp_socket(self.lab, "target", source=OTHER_TARGET4)
        self.addCleanup(stranger.close)
        since = self.target.count()
        with Association(self.lab) as association:
            association.send(TARGET4, 7, b"who am I")
            self.assertEqual(association.receive()[1], b"who am I")
            seen = self.target.wait_for("^datagram from", since).split()
            stranger.sendto(b"hello, you there", (seen[2], int(seen[3])))
            self.assertEqual(association.receive(), (stranger.getsockname(), b"hello, you there"))

    # --- The gateway's own addresses

    def test_behind_nat(self):
        self.cook()
        self.assertTrue(20000 <= self.bind("203.0.113.99") <= 20999)
        with Association(self.lab) as association:
            self.assertEqual(association.relay[0], "203.0.113.99")
            self.assertTrue(30000 <= association.relay[1] <= 30999)
            association.send(TARGET4, 7, b"through")
            self.assertEqual(association.receive()[1], b"through")

    def test_one_exit_address_per_user(self):
        self.cook()
        for user, address in (("alice", EGRESS4), ("bob", OTHER_EGRESS4)):
            self.assertEqual(self.curl(*BY_NAME, "--proxy-user", f"{user}:open-sesame", f"http://{TARGET4}/who").strip(), address)

    def test_many_exit_addresses(self):
        self.cook()
        ports = "/proc/sys/net/ipv4/ip_local_port_range"
        self.lab.run("gateway", "sh", "-c", f"echo 40000 40000 > {ports}")
        self.addCleanup(self.lab.run, "gateway", "sh", "-c", f"echo 32768 60999 > {ports}")
        with Control(self.lab) as first, Control(self.lab) as second:
            bound = []
            for control in (first, second):
                control.greet()
                bound.append(control.ask(CONNECT, TARGET4, 7))
        self.assertEqual(bound, [(0, (EGRESS4, 40000)), (0, (OTHER_EGRESS4, 40000))])

    def test_ipv6_only(self):
        self.cook()
        proxy = ("--socks5-hostname", f"[{GATEWAY6}]:1080")
        self.assertEqual(self.curl(*proxy, "http://target.test/who").strip(), EGRESS6)
        self.assertRegex(self.curl(*proxy, "http://four.target.test/who", code=REFUSED), DENIED)
        self.assert_closes(GATEWAY4)

    # --- Running it

    def test_under_systemd(self):
        self.cook()
        self.allowed()
        unit = self.recipe.take("ini")
        command = re.search(r"^ExecStart=(.*)$", unit, re.M).group(1)
        self.assertTrue(command.startswith("/usr/local/bin/sluiced --"))
        # Its flags are the daemon's.
        self.shell("gateway", command.replace("/usr/local/bin/", "") + " --check")
        if shutil.which("systemd-analyze"):
            path = self.lab.write("sluiced.service", unit.replace("/usr/local/bin/sluiced", os.environ["SLUICED"]))
            said = self.shell("gateway", f"systemd-analyze verify {path}", code=None)
            self.assertNotIn("sluiced.service", said)

    def test_in_a_container(self):
        config = self.lab.write("sluice.toml", self.recipe.take("toml"))
        # What the engine takes away, taken away here: capabilities, and the right to get any back. Nothing can be written but its output.
        daemon = network.Program(self.lab.inside("gateway", "unshare", "-m", "sh", "-c", 'mount -o remount,bind,ro / 2> /dev/null; exec "$@"', "sh",
                                                 "setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs",
                                                 os.environ["SLUICED"], f"--config={config}"))
        self.addCleanup(daemon.stop)
        daemon.wait_for("ready, listening on")
        self.allowed()

    def test_the_access_log_rotate_it_or_send_it_to_syslog(self):
        rotation = self.recipe.take("logrotate")
        self.assertIn("/var/log/sluice/access.log {", rotation)
        self.assertIn("pkill -HUP -x sluiced\n", rotation)
        gateway = self.cook()
        self.allowed()
        gateway.records(1)
        os.rename(gateway.log_path, gateway.log_path + ".1")
        with open(gateway.config, encoding="utf-8") as file:
            gateway.reload(file.read())
        self.allowed(url="http://four.target.test/hello")
        self.assertEqual(gateway.records(1)[0]["destination"], "four.target.test")
        gateway.stop()
        # Nobody logs here: what would be sent is kept.
        kept = self.lab.path("syslog")
        with open(self.lab.path("bin/logger"), "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\necho "$@" > {kept}\nexec cat >> {kept}\n')
        os.chmod(self.lab.path("bin/logger"), 0o755)
        (command,) = self.commands()
        piped = network.Program(self.lab.inside("gateway", "sh", "-c", command.replace("/etc/sluice", self.lab.folder).replace(
            "sluiced --", "sh -c 'echo pid $$ >&2; exec sluiced \"$@\"' sluiced --")))
        self.addCleanup(piped.stop)
        pid = int(piped.wait_for("^pid ").split()[1])
        piped.wait_for("ready, listening on")
        self.allowed()
        os.kill(pid, signal.SIGTERM)
        self.assertEqual(piped.process.wait(WAIT_SECONDS), 0)
        with open(kept, encoding="utf-8") as file:
            tag, line = file.read().splitlines()
        self.assertEqual((tag, json.loads(line)["destination"]), ("--tag sluiced", "target.test"))

    def test_fail2ban(self):
        gateway = self.cook()
        self.allowed("--proxy-user", "alice:open-sesame")
        for number in range(3):
            self.curl(*BY_NAME, "--proxy-user", f"alice:wrong-{number}", "--interface", OTHER_CLIENT4, "http://target.test/hello", code=REFUSED)
        gateway.records(4)
        path = self.lab.write("filter.conf", self.recipe.take("filter"))
        if not shutil.which("fail2ban-regex"):
            self.skipTest("no fail2ban on this host: run tools/setup --tests")
        said = self.shell("gateway", f"fail2ban-regex --verbose {gateway.log_path} {path}")
        self.assertRegex(said, r"4 lines, 0 ignored, 3 matched, 1 missed")
        self.assertEqual(len(re.findall(rf"^\s*\|?\s*{re.escape(OTHER_CLIENT4)}\s", said, re.M)), 3, said)

    def test_what_is_going_on(self):
        gateway = self.cook()
        self.allowed()
        with Control(self.lab) as open_session:
            open_session.greet()
            self.assertEqual(open_session.ask(CONNECT, TARGET4, 7)[0], 0)
            self.denied(url="http://127.0.0.1/")
            gateway.records(2)
            gateway.signal(signal.SIGUSR1)
            accepted = int(gateway.wait_for("sluice_sessions_accepted_total").split()[-1])
            closed = int(gateway.wait_for("sluice_sessions_closed_total").split()[-1])
            self.assertEqual(accepted - closed, 1)
        (command,) = self.commands()
        refused = [json.loads(line) for line in self.shell("gateway", command).splitlines()]
        self.assertEqual([(record["destination"], record["rule"]) for record in refused], [("127.0.0.1", "default deny")])


class TheBook(unittest.TestCase):
    def test_each_recipe_has_its_test_and_each_test_its_recipe(self):
        tests = {name.removeprefix("test_") for name in dir(Cookbook) if name.startswith("test_")}
        self.assertEqual(set(cookbook.recipes(cookbook.book())), tests)
        self.assertGreaterEqual(len(tests), 20)


if __name__ == "__main__":
    network.main()
