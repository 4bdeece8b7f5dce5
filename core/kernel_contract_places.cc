// Where connections start from and where a BIND listens.

#include <cerrno>
#include <string>

#include "core/kernel_contract.h"

namespace sluice {
namespace {

const Address kLoopback6 = *Address::Parse("::1");
const Address kOther = Address::FromV4({127, 0, 0, 2});     // of loopback, too
const Address kNotHere = Address::FromV4({192, 0, 2, 77});  // RFC 5737: nobody's
const char kNoInterface[] = "sluice-none";

// --- SocketSource

TEST_P(KernelContract, ConnectionStartsFromTheAddressOfItsSource) {
  const int listener = Listen();
  const int client = OpenSocket(kLoopback.address, {.address = kOther});
  EXPECT_EQ(Next(AskConnect(client, LocalEndpoint(listener))).result, 0);
  const int server = NextAccepted(AskAcceptOne(listener));
  Endpoint peer;
  EXPECT_EQ(kernel().PeerEndpoint(server, &peer), 0);
  EXPECT_EQ(peer.address, kOther);
  EXPECT_NE(peer.port, 0);
  EXPECT_EQ(peer, LocalEndpoint(client));
}

// Otherwise one local address could hold no more connections than there are ports, whatever the
// number of targets.
TEST_P(KernelContract, SourceWithoutAPortTakesNoneBeforeConnect) {
  const int client = OpenSocket(kLoopback.address, {.address = kOther});
  EXPECT_EQ(LocalEndpoint(client), (Endpoint{kOther, 0}));
}

TEST_P(KernelContract, ConnectionStartsFromThePortOfItsSource) {
  const int once = ListenOnce(Endpoint{kOther, 0});
  const uint16_t port = LocalEndpoint(once).port;
  Close(once);
  const int listener = Listen();
  const int client = OpenSocket(kLoopback.address, {.address = kOther, .port = port});
  EXPECT_EQ(Next(AskConnect(client, LocalEndpoint(listener))).result, 0);
  EXPECT_EQ(LocalEndpoint(client), (Endpoint{kOther, port}));
}

TEST_P(KernelContract, UnspecifiedSourceOfEitherFamilyIsAny) {
  for (const char* text : {"0.0.0.0", "::"}) {
    const int listener = Listen();
    const int client = OpenSocket(kLoopback.address, {.address = *Address::Parse(text)});
    EXPECT_EQ(Next(AskConnect(client, LocalEndpoint(listener))).result, 0);
    EXPECT_EQ(LocalEndpoint(client).address, kLoopback.address);
  }
}

TEST_P(KernelContract, SourceThatIsNotHereIsRefused) {
  EXPECT_EQ(kernel().OpenSocket(kLoopback.address, {.address = kNotHere}), -EADDRNOTAVAIL);
}

TEST_P(KernelContract, SourceOfTheOtherFamilyIsRefused) {
  EXPECT_EQ(kernel().OpenSocket(kLoopback.address, {.address = kLoopback6}), -EADDRNOTAVAIL);
  EXPECT_EQ(kernel().OpenSocket(kLoopback6, {.address = kLoopback.address}), -EADDRNOTAVAIL);
}

TEST_P(KernelContract, ConnectionGoesThroughTheInterfaceOfItsSource) {
  const int listener = Listen();
  const int client = OpenSocket(kLoopback.address, {.interface = "lo"});
  EXPECT_EQ(Next(AskConnect(client, LocalEndpoint(listener))).result, 0);
}

TEST_P(KernelContract, InterfaceThatDoesNotExistIsRefused) {
  Address source;
  // Linux cuts what is too long for a name, which must not lead to another interface.
  for (const std::string& name : {std::string(kNoInterface), "lo" + std::string(40, 'x')}) {
    EXPECT_EQ(kernel().OpenSocket(kLoopback.address, {.interface = name}), -ENODEV) << name;
    EXPECT_EQ(kernel().ListenOnce(kLoopback, name), -ENODEV) << name;
    EXPECT_EQ(kernel().RouteSource(kLoopback.address, name, &source), -ENODEV) << name;
  }
}

// --- RouteSource

TEST_P(KernelContract, RouteSourceIsWhereAConnectionWouldStart) {
  for (const Address& to : {kLoopback.address, kLoopback6}) {
    Address source;
    EXPECT_EQ(kernel().RouteSource(to, "", &source), 0);
    EXPECT_EQ(source, to);
    EXPECT_EQ(kernel().RouteSource(to, "lo", &source), 0);
    EXPECT_EQ(source, to);
  }
}

// --- ListenOnce

TEST_P(KernelContract, ListenOnceAcceptsAConnection) {
  for (const Address& address : {kLoopback.address, kLoopback6}) {
    const int listener = ListenOnce(Endpoint{address, 0});
    EXPECT_NE(LocalEndpoint(listener).port, 0);
    const int client = OpenSocket(address);
    EXPECT_EQ(Next(AskConnect(client, LocalEndpoint(listener))).result, 0);
    const int server = NextAccepted(AskAcceptOne(listener));
    SendAll(client, "hello");
    EXPECT_EQ(ReceiveBytes(server, 5), "hello");
  }
}

TEST_P(KernelContract, NobodyElseListensWhereListenOnceDoes) {
  const Endpoint at = LocalEndpoint(ListenOnce());
  EXPECT_EQ(kernel().ListenOnce(at, ""), -EADDRINUSE);
  EXPECT_EQ(kernel().Listen(at, 8, {}), -EADDRINUSE);
  EXPECT_EQ(kernel().ListenOnce(Endpoint{Address::FromV4({0, 0, 0, 0}), at.port}, ""), -EADDRINUSE);
  ListenOnce(Endpoint{kOther, at.port});
}

TEST_P(KernelContract, ListenOnceDoesNotJoinAListener) {
  EXPECT_EQ(kernel().ListenOnce(LocalEndpoint(Listen()), ""), -EADDRINUSE);
}

TEST_P(KernelContract, ListenOnceWherePortsWereUsedBefore) {
  const int first = ListenOnce();
  const Endpoint at = LocalEndpoint(first);
  const int client = OpenSocket();
  EXPECT_EQ(Next(AskConnect(client, at)).result, 0);
  const int server = NextAccepted(AskAcceptOne(first));
  Close(first);
  Close(ListenOnce(at));  // beside the connection, and after its end
  Close(server);
  Close(client);
  Settle();
  ListenOnce(at);
}

TEST_P(KernelContract, ListenOnceAtAnAddressThatIsNotHereIsRefused) {
  EXPECT_EQ(kernel().ListenOnce(Endpoint{kNotHere, 0}, ""), -EADDRNOTAVAIL);
}

TEST_P(KernelContract, ClosingAListenerResetsWhoWasNotAccepted) {
  const int listener = ListenOnce();
  const int client = OpenSocket();
  EXPECT_EQ(Next(AskConnect(client, LocalEndpoint(listener))).result, 0);
  Settle();
  Close(listener);
  EXPECT_EQ(ReceiveResult(client), -ECONNRESET);
}

}  // namespace
}  // namespace sluice
