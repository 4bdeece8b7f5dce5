"""crowd.py GATEWAY PORT TARGET TARGET_PORT N: N SOCKS5 clients at once, each echoes one line and leaves. Says how many were served."""

import asyncio
import socket
import sys


async def one(gateway, port, target, target_port, number):
    reader, writer = await asyncio.open_connection(gateway, port)
    writer.write(b"\x05\x01\x00\x05\x01\x00\x01" + socket.inet_aton(target) + target_port.to_bytes(2, "big"))
    assert await reader.readexactly(2) == b"\x05\x00"
    reply = await reader.readexactly(10)
    assert reply[1] == 0, reply
    line = b"client %d\n" % number
    writer.write(line)
    echoed = await reader.readexactly(len(line))
    writer.close()
    return echoed == line


async def main():
    gateway, port, target, target_port, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    done = await asyncio.wait_for(
        asyncio.gather(*(one(gateway, port, target, target_port, i) for i in range(count)), return_exceptions=True), 100)
    print(sum(result is True for result in done), "of", count, "echoed")
    for failure in [result for result in done if result is not True][:3]:
        print(repr(failure))


asyncio.run(main())
