"""The relays that Debian packages, each as its documentation would have it for speed, without logs. All of one process (or one worker) where that
is a choice: there is one CPU."""

import contextlib
import os
import re
import shutil
import subprocess

from turns.bench import SERVICES
from turns.relays import Relay, wait_for_port


class Peer(Relay):
    program = ""   # its file
    package = ""   # Debian's
    socks = True

    def missing(self):
        return "" if self.path() else f"{self.package} is not installed"

    def path(self):
        return shutil.which(self.program, path=os.environ["PATH"] + ":/usr/sbin:/sbin")

    def version(self):
        found = subprocess.run(["dpkg-query", "-W", "-f=${Version}", self.package], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               text=True)
        return re.sub(r"^\d+:|[+-].*", "", found.stdout)

    @contextlib.contextmanager
    def start(self, bench, group):
        with bench.process(self.command(bench), self.cpus(bench), group) as process:
            wait_for_port(bench.network.relay_host, self.port, process)
            yield process

    def command(self, bench):
        raise NotImplementedError


class PlainRelay(Peer):
    """Parses nothing: one port for each of the back end's, and the load goes there as if it were the back end."""

    socks = False

    def way(self, bench, service):
        return ["--direct", f"--backend={bench.network.relay_host}:{self.port + SERVICES[service]}"]

    def doors(self, bench):
        """(its own, the back end's), for each service."""
        return [(f"{bench.network.relay_host}:{self.port + offset}", bench.back_end(service)) for service, offset in SERVICES.items()]


class Dante(Peer):
    name, program, package = "Dante", "danted", "dante-server"
    port, udp = 1081, True

    def command(self, bench):
        config = bench.file("danted.conf", f"""
errorlog: {bench.folder}/danted.log
internal: {bench.network.relay_host} port = {self.port}
external: {bench.network.relay_host}
socksmethod: none
clientmethod: none
user.privileged: root
user.unprivileged: nobody
client pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
socks pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
""")
        return [self.path(), "-f", config]


class Microsocks(Peer):
    name, program, package = "microsocks", "microsocks", "microsocks"
    port = 1082

    def command(self, bench):
        return [self.path(), "-i", bench.network.relay_host, "-p", str(self.port)]


class Haproxy(PlainRelay):
    program, package = "haproxy", "haproxy"

    def __init__(self, splice):
        self.splice = splice
        self.name = "HAProxy, splice" if splice else "HAProxy"
        self.port = 1120 if splice else 1110

    def command(self, bench):
        doors = "\n".join(f"listen at{index}\n  bind {ours}\n  server back {back}" for index, (ours, back) in enumerate(self.doors(bench)))
        splice = "  option splice-request\n  option splice-response\n" if self.splice else ""
        config = bench.file(f"haproxy-{self.port}.cfg", f"""
global
  nbthread 1
  maxconn 6000
defaults
  mode tcp
  timeout connect 10s
  timeout client 1h
  timeout server 1h
{splice}
{doors}
""")
        return [self.path(), "-db", "-q", "-f", config]


class Nginx(PlainRelay):
    name, program, package = "nginx stream", "nginx", "libnginx-mod-stream"
    port = 1130

    def missing(self):
        module = "/usr/lib/nginx/modules/ngx_stream_module.so"
        return super().missing() or ("" if os.path.exists(module) else f"{self.package} is not installed")

    def command(self, bench):
        doors = "\n".join(f"  server {{ listen {ours} backlog=4096; proxy_pass {back}; }}" for ours, back in self.doors(bench))
        config = bench.file("nginx.conf", f"""
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
worker_processes 1;
worker_rlimit_nofile 20000;
error_log {bench.folder}/nginx.log error;
pid {bench.folder}/nginx.pid;
events {{ worker_connections 19000; multi_accept on; }}
stream {{
  proxy_timeout 1h;
{doors}
}}
""")
        return [self.path(), "-c", config, "-p", bench.folder, "-g", "daemon off;"]


class Ssh(Peer):
    """`ssh -D`: what many have instead of a SOCKS server. Both its client and its server relay, and both are charged."""

    name, program, package = "ssh -D", "sshd", "openssh-server"
    port, port_of_server = 1140, 1141

    @contextlib.contextmanager
    def start(self, bench, group):
        key = os.path.join(bench.folder, "ssh_key")
        if not os.path.exists(key):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        os.makedirs("/run/sshd", exist_ok=True)
        config = bench.file("sshd_config", f"""
ListenAddress {bench.network.relay_host}:{self.port_of_server}
HostKey {key}
AuthorizedKeysFile {key}.pub
PidFile none
StrictModes no
PermitRootLogin yes
""")
        client = ["ssh", "-N", "-D", f"{bench.network.relay_host}:{self.port}", "-p", str(self.port_of_server), "-i", key, "-F", "none",
                  "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", bench.network.relay_host]
        with bench.process([self.path(), "-D", "-f", config], self.cpus(bench), group) as server:
            wait_for_port(bench.network.relay_host, self.port_of_server, server)
            with bench.process(client, self.cpus(bench), group) as process:
                wait_for_port(bench.network.relay_host, self.port, process)
                yield process
