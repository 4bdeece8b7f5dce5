// node_client.js VERSION COMMAND GATEWAY HOST PORT [USER PASSWORD]: the npm package "socks" as its users call it, one request through the
// gateway's port 1080. Says what it got, one line each, and exits with 0; with 1 and the package's own sentence where the gateway refused.
const dgram = require("dgram");
const { SocksClient } = require("socks");

const [version, command, gateway, host, port, userId, password] = process.argv.slice(2);
const client = new SocksClient({
  proxy: { host: gateway, port: 1080, type: Number(version), userId, password },
  command,
  // UDP ASSOCIATE names where the client sends from, not to; the package's own examples leave that open.
  destination: command === "associate" ? { host: "0.0.0.0", port: 0 } : { host, port: Number(port) },
});

function converse(socket, first) {
  let heard = "";
  socket.on("data", piece => { heard += piece; });
  socket.on("end", () => { console.log("heard", JSON.stringify(heard)); socket.end(); });
  if (first) socket.write(first);
  socket.resume();
}

function exchange(relay) {
  const udp = dgram.createSocket(relay.host.includes(":") ? "udp6" : "udp4");
  udp.on("message", datagram => {
    const { remoteHost, data } = SocksClient.parseUDPFrame(datagram);
    console.log("from", remoteHost.host, remoteHost.port, String(data));
    udp.close();
    client.socket.destroy();
  });
  udp.send(SocksClient.createUDPFrame({ remoteHost: { host, port: Number(port) }, data: Buffer.from("sent by node") }), relay.port, relay.host);
}

client.on("error", error => { console.log("error:", error.message); process.exitCode = 1; });
client.on("bound", info => console.log("bound", info.remoteHost.host, info.remoteHost.port));
client.on("established", info => {
  if (command === "associate") return exchange(info.remoteHost);
  if (command === "bind") {
    console.log("accepted", info.remoteHost.host, info.remoteHost.port);
    return converse(info.socket, "welcome\n");
  }
  converse(info.socket, "GET /hello HTTP/1.0\r\n\r\n");
});
client.connect();
