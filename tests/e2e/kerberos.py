"""A Kerberos realm of a test's own: a KDC on loopback with its database in a temporary folder, keytabs and tickets.

Nothing of the host's Kerberos is read: KRB5_CONFIG and KRB5_KDC_PROFILE name files of that folder, and nobody asks a DNS. Where the KDC runs in a
network namespace, only programs inside reach it; a server needs its keytab and no KDC.
"""

import os
import socket
import subprocess
import threading

REALM = "SLUICE.TEST"
KDC = "/usr/sbin/krb5kdc"


def installed():
    return all(os.path.exists(f"/usr/sbin/{name}") for name in ("krb5kdc", "kadmin.local", "kdb5_util")) and os.path.exists("/usr/bin/kinit")


def _free_port(inside):
    """A port that is free for UDP and TCP. `inside`: the KDC has a namespace of its own, where every port is."""
    if inside:
        return 88
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        udp.bind(tcp.getsockname())
        return tcp.getsockname()[1]


class Realm:
    """`inside`: the command that enters the network namespace of the KDC and of who asks it, for example ["ip", "netns", "exec", NAME]."""

    def __init__(self, folder, inside=()):
        self.folder = folder
        self.inside = list(inside)
        self._kdc = None
        port = _free_port(inside)
        self._write("krb5.conf", f"""
[libdefaults]
  default_realm = {REALM}
  dns_canonicalize_hostname = false
  dns_lookup_kdc = false
  dns_lookup_realm = false
  rdns = false
  qualify_shortname = ""
[realms]
  {REALM} = {{
    kdc = 127.0.0.1:{port}
  }}
""")
        self._write("kdc.conf", f"""
[kdcdefaults]
  kdc_listen = 127.0.0.1:{port}
  kdc_tcp_listen = 127.0.0.1:{port}
[realms]
  {REALM} = {{
    database_name = {self.path("principal")}
    key_stash_file = {self.path("stash")}
    acl_file = {self.path("acl")}
    supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha256-128:normal
  }}
[logging]
  kdc = STDERR
""")
        self.environment = {**os.environ, "KRB5_CONFIG": self.path("krb5.conf"), "KRB5_KDC_PROFILE": self.path("kdc.conf"),
                            "KRB5RCACHEDIR": folder, "KRB5CCNAME": f"FILE:{self.path('nobody')}"}
        self._run("kdb5_util", "create", "-s", "-r", REALM, "-P", os.urandom(16).hex())

    def path(self, name):
        return os.path.join(self.folder, name)

    def _write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)

    def _run(self, program, *arguments, **kwargs):
        done = subprocess.run([f"/usr/sbin/{program}", *arguments], env=self.environment, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kwargs)
        assert done.returncode == 0, f"{program} {arguments}: {done.stdout}"
        return done.stdout

    def start(self):
        self._kdc = subprocess.Popen([*self.inside, KDC, "-n", "-r", REALM], env=self.environment, text=True, stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        said = []
        for line in self._kdc.stderr:
            said.append(line)
            if "commencing operation" in line:
                break
        else:
            raise AssertionError(f"expected the KDC to start, found: {said}")
        # What it says later must be read, or it would wait for a reader.
        threading.Thread(target=self._kdc.stderr.read, daemon=True).start()

    def stop(self):
        if self._kdc is not None:
            self._kdc.terminate()
            self._kdc.wait()

    def add_service(self, principal, keytab):
        """A principal with a random key, and the key at the end of `keytab`."""
        self._run("kadmin.local", "-r", REALM, "addprinc", "-randkey", principal)
        self._run("kadmin.local", "-r", REALM, "ktadd", "-k", keytab, principal)

    def change_key(self, principal):
        """Tickets from here on do not fit the keytabs that were written before."""
        self._run("kadmin.local", "-r", REALM, "change_password", "-randkey", principal)

    def add_user(self, name):
        """A user whose tickets come from a keytab, so that no test has a password."""
        self.add_service(name, self.path(f"{name.replace('/', '-')}.keytab"))

    def ticket(self, name):
        """Gets a ticket, and gives the environment of a program that has it."""
        cache = self.path(f"{name.replace('/', '-')}.cache")
        environment = {**self.environment, "KRB5CCNAME": f"FILE:{cache}"}
        done = subprocess.run([*self.inside, "kinit", "-k", "-t", self.path(f"{name.replace('/', '-')}.keytab"), name],
                              env=environment, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout
        return environment
