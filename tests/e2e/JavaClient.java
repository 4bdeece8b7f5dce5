// java -DsocksProxyHost=GATEWAY -DsocksProxyPort=1080 JavaClient.java HOST PORT [USER PASSWORD]: asks HOST for /hello with the JVM's own
// SOCKS client, a name resolved by the gateway. Says what it got, or the JVM's own words where it got nothing, and then exits with 1.
//
// Without USER the JVM has no Authenticator. It then still offers the password method, with its process's user name and a password of
// length zero.

import java.io.IOException;
import java.net.Authenticator;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

class JavaClient {
  public static void main(String[] arguments) {
    if (arguments.length > 2) {
      Authenticator.setDefault(new Authenticator() {
        @Override
        protected PasswordAuthentication getPasswordAuthentication() {
          return new PasswordAuthentication(arguments[2], arguments[3].toCharArray());
        }
      });
    }
    try (Socket socket = new Socket()) {
      boolean address = arguments[0].matches("[0-9.]+|.*:.*");
      int port = Integer.parseInt(arguments[1]);
      socket.connect(address ? new InetSocketAddress(arguments[0], port) : InetSocketAddress.createUnresolved(arguments[0], port), 60_000);
      socket.setSoTimeout(60_000);
      socket.getOutputStream().write("GET /hello HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      System.out.print(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
    } catch (IOException e) {
      System.out.println(e);
      System.exit(1);
    }
  }
}
