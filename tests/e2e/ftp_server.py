"""ftp_server.py FOLDER: an FTP server on the target, where alice with the password "secret" may read and write. Active mode only: it
connects to the client's data port, and like most servers only to the host that its control connection comes from.

Prints "ready" when it listens, then what it was told.
"""

import logging
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer


class Handler(FTPHandler):
    authorizer = DummyAuthorizer()
    permit_foreign_addresses = False
    proto_cmds = {name: how for name, how in FTPHandler.proto_cmds.items() if name not in ("PASV", "EPSV")}


def main():
    logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
    Handler.authorizer.add_user("alice", "secret", sys.argv[1], perm="elradfmw")
    server = FTPServer(("10.77.2.2", 21), Handler)
    print("ready", flush=True)
    server.serve_forever()


main()
