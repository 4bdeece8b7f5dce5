// How connections begin and end.

#include <cerrno>
#include <set>
#include <string>
#include <vector>

#include "core/kernel_contract.h"

namespace sluice {
namespace {

const Endpoint kLoopback6{*Address::Parse("::1"), 0};
const Endpoint kAny{*Address::Parse("0.0.0.0"), 0};

// --- Listening and accepting

TEST_P(KernelContract, AcceptYieldsOneDescriptorPerConnection) {
  const int listener = Listen();
  Asked& accept = AskAccept(listener);
  std::set<int> accepted;
  for (int i = 0; i < 5; ++i) {
    const int client = OpenSocket();
    EXPECT_EQ(Next(AskConnect(client, LocalEndpoint(listener))).result, 0);
    accepted.insert(NextAccepted(accept));
    EXPECT_TRUE(accept.op.in_flight());
  }
  EXPECT_EQ(accepted.size(), 5u);
}

TEST_P(KernelContract, AcceptYieldsConnectionsThatCameBeforeIt) {
  const int listener = Listen();
  const int client = OpenSocket();
  EXPECT_EQ(Next(AskConnect(client, LocalEndpoint(listener))).result, 0);
  Settle();
  NextAccepted(AskAccept(listener));
}

TEST_P(KernelContract, ManyConnectionsAreAllAccepted) {
  constexpr int kConnections = 100;
  const int listener = Listen(kLoopback, kConnections);
  std::vector<Asked*> connects;
  for (int i = 0; i < kConnections; ++i) {
    connects.push_back(&AskConnect(OpenSocket(), LocalEndpoint(listener)));
    // There may be little room for operations before the first turn.
    if (i == 0) kernel().Turn(absl::InfinitePast());
  }
  for (Asked* connect : connects) EXPECT_EQ(Next(*connect).result, 0);
  // A multishot accept may end at any time; then it is asked again.
  Asked* accept = &AskAccept(listener);
  for (int i = 0; i < kConnections; ++i) {
    NextAccepted(*accept);
    if (accept->looked_at == accept->seen.size() && !accept->op.in_flight()) {
      accept = &AskAccept(listener);
    }
  }
}

TEST_P(KernelContract, CancelledAcceptEndsOnceAndLeavesLaterClientsWaiting) {
  const int listener = Listen();
  Asked& accept = AskAccept(listener);
  Settle();
  kernel().Cancel(accept.op);
  const Completion last = Next(accept);
  EXPECT_EQ(last.result, -ECANCELED);
  EXPECT_FALSE(last.more);
  const int client = OpenSocket();
  EXPECT_EQ(Next(AskConnect(client, LocalEndpoint(listener))).result, 0);
  Settle();
  EXPECT_EQ(accept.seen.size(), 1u);
  NextAccepted(AskAccept(listener));
}

TEST_P(KernelContract, AcceptOneTakesOneConnectionAndLeavesTheNext) {
  const int listener = Listen();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Next(AskConnect(OpenSocket(), LocalEndpoint(listener))).result, 0);
  }
  Asked& first = AskAcceptOne(listener);
  NextAccepted(first);
  EXPECT_FALSE(first.seen[0].more);
  Settle();
  EXPECT_EQ(first.seen.size(), 1u);
  NextAccepted(AskAcceptOne(listener));
}

TEST_P(KernelContract, AcceptWithoutDescriptorsLeavesTheClientInTheBacklog) {
  const int listener = Listen();
  const int client = OpenSocket();
  EXPECT_EQ(Next(AskConnect(client, LocalEndpoint(listener))).result, 0);
  Settle();
  world().SetDescriptorsExhausted(true);
  const Completion refused = Next(AskAccept(listener));
  const Completion refused_one = Next(AskAcceptOne(listener));
  world().SetDescriptorsExhausted(false);
  EXPECT_EQ(refused.result, -EMFILE);
  EXPECT_FALSE(refused.more);
  EXPECT_EQ(refused_one.result, -EMFILE);
  const int server = NextAccepted(AskAccept(listener));
  SendAll(client, "still here");
  EXPECT_EQ(ReceiveBytes(server, 10), "still here");
}

TEST_P(KernelContract, NoSocketAndNoListenerWithoutDescriptors) {
  kernel().Turn(absl::InfinitePast());
  world().SetDescriptorsExhausted(true);
  EXPECT_EQ(kernel().OpenSocket(kLoopback.address, SocketSource()), -EMFILE);
  EXPECT_EQ(kernel().ListenOnce(kLoopback, ""), -EMFILE);
  Address source;
  EXPECT_EQ(kernel().RouteSource(kLoopback.address, "", &source), -EMFILE);
  EXPECT_EQ(kernel().Listen(kLoopback, 1, {}), -EMFILE);
  SplicePipe pipe;
  EXPECT_EQ(kernel().OpenPipe(65536, &pipe), -EMFILE);
  world().SetDescriptorsExhausted(false);
}

TEST_P(KernelContract, SeveralListenersShareAnAddress) {
  const int first = Listen();
  const int second = Listen(LocalEndpoint(first), 64, {.joins = true});
  EXPECT_EQ(LocalEndpoint(second), LocalEndpoint(first));
  Asked& first_accept = AskAccept(first);
  Asked& second_accept = AskAccept(second);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(Next(AskConnect(OpenSocket(), LocalEndpoint(first))).result, 0);
  }
  TurnUntil([&] { return first_accept.seen.size() + second_accept.seen.size() == 4; });
}

TEST_P(KernelContract, BothFamiliesListenOnOnePort) {
  // Another process may have the port of the one family's choice in the other.
  constexpr int kTries = 16;
  int v4 = -1;
  int v6 = -EADDRINUSE;
  for (int tries = 0; v6 == -EADDRINUSE && tries < kTries; ++tries) {
    v4 = Listen(kAny);
    v6 = kernel().Listen(Endpoint{Address(), LocalEndpoint(v4).port}, 1, {});
  }
  ASSERT_GE(v6, 0);
  Asked& accept = AskAccept(Keep(v6));
  const Endpoint to{kLoopback6.address, LocalEndpoint(v4).port};
  const int client = OpenSocket(to.address);
  EXPECT_EQ(Next(AskConnect(client, to)).result, 0);
  const int server = NextAccepted(accept);
  EXPECT_EQ(LocalEndpoint(server), to);
}

TEST_P(KernelContract, ListeningAtAnAddressOfAnotherHostIsRefused) {
  EXPECT_EQ(kernel().Listen(Endpoint{*Address::Parse("192.0.2.1"), 0}, 1, {}), -EADDRNOTAVAIL);
}

// --- Connecting

TEST_P(KernelContract, EachEndKnowsBothEndpoints) {
  for (const Endpoint& at : {kLoopback, kLoopback6}) {
    const int listener = Listen(at);
    const int client = OpenSocket(at.address);
    EXPECT_EQ(Next(AskConnect(client, LocalEndpoint(listener))).result, 0);
    const int server = NextAccepted(AskAcceptOne(listener));
    EXPECT_EQ(LocalEndpoint(server), LocalEndpoint(listener));
    EXPECT_EQ(LocalEndpoint(server).address, at.address);
    EXPECT_NE(LocalEndpoint(client).port, 0);
    Endpoint peer;
    EXPECT_EQ(kernel().PeerEndpoint(server, &peer), 0);
    EXPECT_EQ(peer, LocalEndpoint(client));
    EXPECT_EQ(kernel().PeerEndpoint(client, &peer), 0);
    EXPECT_EQ(peer, LocalEndpoint(server));
  }
}

TEST_P(KernelContract, SocketWithoutAConnectionHasNoPeer) {
  const int fd = OpenSocket();
  Endpoint peer;
  EXPECT_EQ(kernel().PeerEndpoint(fd, &peer), -ENOTCONN);
}

TEST_P(KernelContract, ConnectWhereNobodyListensIsRefused) {
  const int listener = Listen();
  const Endpoint nobody = LocalEndpoint(listener);
  Close(listener);
  EXPECT_EQ(Next(AskConnect(OpenSocket(), nobody)).result, -ECONNREFUSED);
}

TEST_P(KernelContract, CancelledConnectCompletesOnce) {
  const int listener = Listen();
  const int client = OpenSocket();
  Asked& connect = AskConnect(client, LocalEndpoint(listener));
  kernel().Cancel(connect.op);
  const Completion completion = Next(connect);
  EXPECT_TRUE(completion.result == 0 || completion.result == -ECANCELED) << completion.result;
  EXPECT_FALSE(completion.more);
  Settle();
  EXPECT_EQ(connect.seen.size(), 1u);
}

// --- Ending

TEST_P(KernelContract, ShutdownWriteIsFinAndLeavesTheOtherDirectionOpen) {
  const Pair pair = Connect();
  SendAll(pair.client, "question");
  ShutdownWrite(pair.client);
  EXPECT_EQ(ReceiveBytes(pair.server, 8), "question");
  EXPECT_EQ(ReceiveResult(pair.server), 0);
  SendAll(pair.server, "answer");
  EXPECT_EQ(ReceiveBytes(pair.client, 6), "answer");
}

TEST_P(KernelContract, NothingIsSentAfterShutdownWrite) {
  const Pair pair = Connect();
  ShutdownWrite(pair.client);
  EXPECT_EQ(Next(AskSend(pair.client, "too late")).result, -EPIPE);
}

TEST_P(KernelContract, CloseIsFinAfterEverythingSent) {
  const Pair pair = Connect();
  SendAll(pair.client, "last words");
  Close(pair.client);
  EXPECT_EQ(ReceiveBytes(pair.server, 10), "last words");
  EXPECT_EQ(ReceiveResult(pair.server), 0);
  EXPECT_EQ(ReceiveResult(pair.server), 0);
}

// The reason why a session reads what a refused client still sends before it closes.
TEST_P(KernelContract, CloseWithUnreadBytesIsReset) {
  const Pair pair = Connect();
  SendAll(pair.client, "never read");
  Settle();
  Close(pair.server);
  EXPECT_EQ(ReceiveResult(pair.client), -ECONNRESET);
}

TEST_P(KernelContract, CloseWithResetIsSeenAsReset) {
  const Pair pair = Connect();
  Asked& receive = AskReceive(pair.server);
  CloseWithReset(pair.client);
  const Completion completion = Next(receive);
  EXPECT_EQ(completion.result, -ECONNRESET);
  TakeBytes(completion);
}

TEST_P(KernelContract, ShutdownWriteOfAResetConnectionIsAnError) {
  const Pair pair = Connect();
  CloseWithReset(pair.client);
  EXPECT_EQ(ReceiveResult(pair.server), -ECONNRESET);
  EXPECT_EQ(kernel().ShutdownWrite(pair.server), -ENOTCONN);
}

}  // namespace
}  // namespace sluice
