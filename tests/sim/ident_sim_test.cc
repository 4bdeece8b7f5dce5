// SOCKS4 clients whose host is asked who they are (RFC 1413), as the client and its ident server
// see it.

#include <cerrno>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relay/log/access_record.h"
#include "tests/sim/gateway_stage.h"

namespace sluice {
namespace {

using ::testing::IsEmpty;

constexpr char kRequired[] = R"(
[timeouts]
ident = "3s"
[auth]
ident = "require"
[[rule]]
name = "all"
destination = ["any"]
verdict = "allow"
)";

std::string Bytes(std::initializer_list<int> octets) {
  std::string bytes;
  for (const int octet : octets) bytes += static_cast<char>(octet);
  return bytes;
}

constexpr size_t kReply = 8;
constexpr int kGranted = 0x5a;
constexpr int kRejected = 0x5b;
constexpr int kNoIdent = 0x5c;
constexpr int kAnotherUser = 0x5d;

class IdentSimTest : public ::testing::Test {
 protected:
  void SetUp() override {
    target_ = &stage_.Listen(stage_.Peer(1), Endpoint{stage_.Peer(1).addresses()[0], 80});
    stage_.zone()["web.test"].addresses = {stage_.Peer(1).addresses()[0]};
  }
  void TearDown() override { EXPECT_THAT(stage_.End(), IsEmpty()); }

  // The client's host has an ident server.
  void Serve() {
    for (const Address& address : stage_.client_host().addresses()) {
      ident_.push_back(&stage_.Listen(stage_.client_host(), Endpoint{address, 113}));
    }
  }
  Talker& Asks(const std::string& user, bool v4 = true) {
    Talker& client = stage_.Client(v4);
    client.Say(Bytes({4, 1, 0, 80, 203, 0, 113, 1}) + user + Bytes({0}));
    return client;
  }
  Talker& AsksByName(const std::string& user) {
    Talker& client = stage_.Client();
    client.Say(Bytes({4, 1, 0, 80, 0, 0, 0, 1}) + user + Bytes({0}) + "web.test" + Bytes({0}));
    return client;
  }
  bool asked() const { return ident_[0]->has_waiting() || ident_[1]->has_waiting(); }
  // The query that has come, whole.
  Talker& Query() {
    EXPECT_TRUE(stage_.Await([this] { return asked(); }));
    Talker& query = stage_.Accept(ident_[0]->has_waiting() ? *ident_[0] : *ident_[1]);
    EXPECT_TRUE(stage_.Await([&] { return query.Heard().ends_with("\r\n"); }));
    return query;
  }
  std::string Ports(Talker& client) {
    return absl::StrCat(client.socket().local().port, " , ", GatewayStage::kPort);
  }
  void ExpectCode(Talker& client, int code) {
    EXPECT_TRUE(stage_.AwaitBytes(client, kReply));
    EXPECT_EQ(client.Heard().substr(0, 2), Bytes({0, code}));
  }
  const AccessRecord& Record(Talker& client) {
    client.Close();
    EXPECT_TRUE(stage_.AwaitQuiet());
    return stage_.gateway().records().back();
  }

  GatewayStage stage_;
  SimListener* target_ = nullptr;
  std::vector<SimListener*> ident_;
};

TEST_F(IdentSimTest, ConfirmedUserIsServed) {
  Serve();
  stage_.Configure(kRequired);
  for (const bool v4 : {true, false}) {
    Talker& client = Asks("alice", v4);
    Talker& query = Query();
    EXPECT_EQ(query.Heard(), Ports(client) + "\r\n");
    // the very address of its connection
    EXPECT_EQ(query.socket().remote().address, client.socket().remote().address);
    query.Say(Ports(client) + " : USERID : UNIX : alice\r\n");
    ExpectCode(client, kGranted);
    EXPECT_TRUE(stage_.Await([&] { return query.ended(); }));
  }
  EXPECT_EQ(stage_.Count().ident_queries, 2u);
  EXPECT_EQ(stage_.Count().ident_failures, 0u);
}

// The client's host looks its sockets up by both ends, so another address of the gateway's would
// find none.
TEST_F(IdentSimTest, QueryStartsFromTheAddressThatTheClientIsConnectedTo) {
  Serve();
  stage_.Configure(kRequired);
  const Address second = stage_.gateway_host().addresses()[2];
  Talker& client = stage_.Dial(stage_.client_host(), Endpoint{second, GatewayStage::kPort});
  client.Say(Bytes({4, 1, 0, 80, 203, 0, 113, 1}) + "alice" + Bytes({0}));
  EXPECT_EQ(Query().socket().remote().address, second);
}

TEST_F(IdentSimTest, AnotherUserIsAnswered5d) {
  Serve();
  stage_.Configure(kRequired);
  Talker& client = Asks("alice");
  Query().Say(Ports(client) + " : USERID : UNIX : mallory\r\n");
  ExpectCode(client, kAnotherUser);
  EXPECT_TRUE(stage_.Await([&] { return client.fin(); }));
  EXPECT_FALSE(target_->has_waiting());
  EXPECT_EQ(Record(client).state, SessionState::kIdentification);
  EXPECT_EQ(stage_.Count().ident_failures, 1u);
}

TEST_F(IdentSimTest, HostWithoutAnIdentServerIsAnswered5c) {
  stage_.Configure(kRequired);
  Talker& client = Asks("alice");
  ExpectCode(client, kNoIdent);
  EXPECT_EQ(Record(client).error, ECONNREFUSED);
}

TEST_F(IdentSimTest, HostThatDoesNotSayIsAnswered5c) {
  Serve();
  stage_.Configure(kRequired);
  for (const std::string answer : {" : ERROR : HIDDEN-USER\r\n", " : ERROR : NO-USER\r\n",
                                   "0 : USERID : UNIX : alice\r\n", "\r\n"}) {
    Talker& client = Asks("alice");
    Query().Say(Ports(client) + answer);
    ExpectCode(client, kNoIdent);
  }
}

TEST_F(IdentSimTest, AnswerThatEndsBeforeItsLineIsAnswered5c) {
  Serve();
  stage_.Configure(kRequired);
  for (const bool reset : {false, true}) {
    Talker& client = Asks("alice");
    Talker& query = Query();
    query.Say(Ports(client) + " : USERID : UNIX : alice");
    reset ? query.Reset() : query.Close();
    ExpectCode(client, kNoIdent);
  }
}

TEST_F(IdentSimTest, AnswerWithoutEndIsGivenUp) {
  Serve();
  stage_.Configure(kRequired);
  Talker& client = Asks("alice");
  Query().Say(std::string(1001, 'x'));
  // sooner than the time-out
  stage_.Await([&] { return client.Heard().size() >= kReply; }, absl::Seconds(1));
  ExpectCode(client, kNoIdent);
}

TEST_F(IdentSimTest, SilentServerIsGivenUpAfterTheTimeOut) {
  Serve();
  stage_.Configure(kRequired);
  Talker& client = Asks("alice");
  Talker& query = Query();
  stage_.Pass(absl::Milliseconds(2500));
  EXPECT_EQ(client.Heard(), "");
  ExpectCode(client, kNoIdent);
  EXPECT_TRUE(stage_.Await([&] { return query.ended(); }));
  const AccessRecord& record = Record(client);
  EXPECT_EQ(record.ended_by, EndedBy::kTimeout);
  EXPECT_EQ(record.state, SessionState::kIdentification);
}

TEST_F(IdentSimTest, HostThatIsNotReachedIsGivenUpAfterTheTimeOut) {
  stage_.network().SetRoute(stage_.client_host().addresses()[0], SimRoute::kSilent);
  stage_.Configure(kRequired);
  Talker& client = Asks("alice");
  ExpectCode(client, kNoIdent);
  EXPECT_EQ(Record(client).ended_by, EndedBy::kTimeout);
}

TEST_F(IdentSimTest, EmptyUserIdIsNobody) {
  Serve();
  stage_.Configure(kRequired);
  Talker& client = Asks("");
  Query().Say(Ports(client) + " : USERID : UNIX : alice\r\n");
  ExpectCode(client, kAnotherUser);
}

TEST_F(IdentSimTest, OthersDoNotWaitForOnesIdentServer) {
  Serve();
  stage_.Configure(kRequired);
  Asks("alice");
  Query();  // is not answered
  Talker& socks5 = stage_.Client();
  socks5.Say(Bytes({5, 1, 0, 5, 1, 0, 1, 203, 0, 113, 1, 0, 80}));
  EXPECT_TRUE(stage_.AwaitBytes(socks5, 12));
  EXPECT_EQ(socks5.Heard()[3], 0);
  EXPECT_EQ(stage_.Count().ident_queries, 1u);  // SOCKS5 has better ways
}

TEST_F(IdentSimTest, OperatorEndsIt) {
  Serve();
  stage_.Configure(kRequired);
  Talker& client = Asks("alice");
  Query();
  stage_.gateway().gateway().Stop();
  EXPECT_TRUE(stage_.Await([&] { return client.reset(); }));
}

TEST_F(IdentSimTest, BindIsAskedForToo) {
  Serve();
  stage_.Configure(kRequired);
  Talker& client = stage_.Client();
  client.Say(Bytes({4, 2, 0, 80, 203, 0, 113, 1}) + "alice" + Bytes({0}));
  Query().Say(Ports(client) + ":USERID:UNIX:alice\r\n");
  ExpectCode(client, kGranted);
}

// --- By rule

constexpr char kByRule[] = R"(
[[rule]]
name = "those that say who they are"
destination = ["203.0.113.1"]
users = ["alice"]
ident = true
verdict = "allow"

[[rule]]
name = "elsewhere anybody"
destination = ["203.0.113.2"]
verdict = "allow"
)";

TEST_F(IdentSimTest, RuleAsksForItsOwnClients) {
  Serve();
  stage_.Configure(kByRule);
  Talker& client = Asks("alice");
  Query().Say(Ports(client) + ":USERID:UNIX:alice\r\n");
  ExpectCode(client, kGranted);
  EXPECT_EQ(Record(client).rule.view(), "those that say who they are");
}

TEST_F(IdentSimTest, WhoClaimsToBeSomebodyElseIsDeniedUnasked) {
  Serve();
  stage_.Configure(kByRule);
  Talker& client = Asks("bob");
  ExpectCode(client, kRejected);
  EXPECT_EQ(stage_.Count().ident_queries, 0u);
}

TEST_F(IdentSimTest, OtherRulesDoNotAsk) {
  Serve();
  stage_.Configure(kByRule);
  stage_.Listen(stage_.Peer(2), Endpoint{stage_.Peer(2).addresses()[0], 80});
  Talker& client = stage_.Client();
  client.Say(Bytes({4, 1, 0, 80, 203, 0, 113, 2}) + "bob" + Bytes({0}));
  ExpectCode(client, kGranted);
  EXPECT_EQ(stage_.Count().ident_queries, 0u);
}

TEST_F(IdentSimTest, RuleOfANamesAddressAsksAfterTheName) {
  Serve();
  stage_.Configure(kByRule);
  for (const bool confirmed : {true, false}) {
    Talker& client = AsksByName("alice");
    Query().Say(Ports(client) + ":USERID:UNIX:" + (confirmed ? "alice" : "bob") + "\r\n");
    ExpectCode(client, confirmed ? kGranted : kAnotherUser);
  }
  EXPECT_EQ(stage_.Count().ident_queries, 2u);
}

// One address of the name asks who the client is, and the other one does not.
class IdentForSomeAddressesTest : public IdentSimTest {
 protected:
  void SetUp() override {
    IdentSimTest::SetUp();
    stage_.Listen(stage_.Peer(2), Endpoint{stage_.Peer(2).addresses()[0], 80});
    stage_.zone()["web.test"].addresses = {stage_.Peer(2).addresses()[0],
                                           stage_.Peer(1).addresses()[0]};
  }
  void ExpectServedBy(Talker& client, const char* rule) {
    ExpectCode(client, kGranted);
    EXPECT_EQ(Record(client).rule.view(), rule);
  }
};

TEST_F(IdentForSomeAddressesTest, ConfirmedUserMayReachAll) {
  Serve();
  stage_.Configure(kByRule);
  stage_.network().SetRoute(stage_.Peer(2).addresses()[0], SimRoute::kSilent);
  Talker& client = AsksByName("alice");
  Query().Say(Ports(client) + ":USERID:UNIX:alice\r\n");
  ExpectServedBy(client, "those that say who they are");
}

TEST_F(IdentForSomeAddressesTest, OthersAreLeftThoseThatDoNotAsk) {
  Serve();
  stage_.Configure(absl::StrCat("[timeouts]\nident = \"3s\"\n", kByRule));
  Talker& denied = AsksByName("alice");
  Query().Say(Ports(denied) + ":USERID:UNIX:mallory\r\n");
  ExpectServedBy(denied, "elsewhere anybody");
  Talker& unheard = AsksByName("alice");
  Query();
  ExpectServedBy(unheard, "elsewhere anybody");
  EXPECT_EQ(stage_.Count().ident_queries, 2u);
  EXPECT_EQ(stage_.Count().ident_failures, 2u);
}

TEST_F(IdentForSomeAddressesTest, AddressThatAsksIsNotTriedWithoutAnAnswer) {
  stage_.Configure(kByRule);
  stage_.network().SetRoute(stage_.Peer(2).addresses()[0], SimRoute::kHostUnreachable);
  Talker& client = AsksByName("alice");
  ExpectCode(client, kRejected);
  EXPECT_FALSE(target_->has_waiting());
}

}  // namespace
}  // namespace sluice
