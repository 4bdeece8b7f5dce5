"""torrent_client.py GATEWAY TRACKER [USER PASSWORD]: libtorrent, told to use a SOCKS5 proxy for everything, announces a small torrent.

Prints the tracker's answer and ends, or what went wrong.
"""

import os
import sys
import tempfile

import libtorrent


def torrent(folder, tracker):
    """A torrent of one file that this client has whole."""
    with open(os.path.join(folder, "shared"), "wb") as file:
        file.write(b"x" * 20_000)
    files = libtorrent.file_storage()
    libtorrent.add_files(files, os.path.join(folder, "shared"))
    made = libtorrent.create_torrent(files)
    made.add_tracker(tracker)
    libtorrent.set_piece_hashes(made, folder)
    return libtorrent.torrent_info(made.generate())


def main():
    gateway, tracker, *credentials = sys.argv[1:]
    kinds = libtorrent.proxy_type_t
    settings = {
        "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
        "listen_interfaces": "0.0.0.0:0", "alert_mask": libtorrent.alert.category_t.tracker_notification | libtorrent.alert.category_t.error_notification,
        "proxy_type": kinds.socks5_pw if credentials else kinds.socks5, "proxy_hostname": gateway, "proxy_port": 1080,
        "proxy_hostnames": True, "proxy_tracker_connections": True, "proxy_peer_connections": True,
    }
    if credentials:
        settings["proxy_username"], settings["proxy_password"] = credentials
    with tempfile.TemporaryDirectory() as folder:
        session = libtorrent.session(settings)
        session.add_torrent({"ti": torrent(folder, tracker), "save_path": folder})
        while True:
            session.wait_for_alert(1000)
            for alert in session.pop_alerts():
                print(type(alert).__name__, alert.message(), flush=True)
                if isinstance(alert, (libtorrent.tracker_reply_alert, libtorrent.tracker_error_alert, libtorrent.socks5_alert)):
                    return


main()
