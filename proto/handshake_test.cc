// What holds for every version: the order of steps, what is in output() when, and the size of a
// Handshake. The messages themselves are in socks5_test and socks4_test.

#include "proto/handshake.h"

#include <string>
#include <type_traits>

#include "gtest/gtest.h"

namespace sluice {
namespace {

using Step = Handshake::Step;

static_assert(!std::is_copy_constructible_v<Handshake> && !std::is_move_constructible_v<Handshake>);
// There is one per session in its opening phase.
static_assert(sizeof(Handshake) < 700);
// What is said before the tunnel fits: a method reply and a reply with an IPv6 address.
static_assert(2 + 22 <= limits::kHandshakeReplyBytesMax);

std::string Bytes(std::initializer_list<int> bytes) {
  return std::string(bytes.begin(), bytes.end());
}

Step Feed(Handshake& handshake, const std::string& bytes, size_t expected_consumed) {
  size_t consumed = 0;
  const Step step = handshake.Feed(
      absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()), &consumed);
  EXPECT_EQ(consumed, expected_consumed);
  return step;
}

std::string Take(Handshake& handshake) {
  const std::string output(handshake.output().begin(), handshake.output().end());
  handshake.TakeOutput();
  return output;
}

const std::string kSocks5 = Bytes({5, 1, 0, 5, 1, 0, 1, 192, 0, 2, 1, 0, 80});
const std::string kSocks4 = Bytes({4, 1, 0, 80, 192, 0, 2, 1, 'u', 0});

TEST(HandshakeTest, NoBytesChangeNothing) {
  Handshake handshake({});
  EXPECT_EQ(Feed(handshake, "", 0), Step::kMore);
  EXPECT_EQ(handshake.version(), Version::kUnknown);
  EXPECT_TRUE(handshake.output().empty());
  EXPECT_EQ(handshake.user_id(), "");
}

TEST(HandshakeTest, OutputStaysUntilItIsTaken) {
  Handshake handshake({});
  EXPECT_EQ(Feed(handshake, Bytes({5, 1, 0}), 3), Step::kMore);
  EXPECT_EQ(Feed(handshake, kSocks5.substr(3), 10), Step::kDecide);
  handshake.Succeed(*Endpoint::Parse("[2001:db8::7]:1"));
  EXPECT_EQ(handshake.output().size(), 24u);
  EXPECT_EQ(Take(handshake).substr(0, 6), Bytes({5, 0, 5, 0, 0, 4}));
  EXPECT_TRUE(handshake.output().empty());
}

TEST(HandshakeTest, SuccessAndFailureAreSaidInTheClientsVersion) {
  const Endpoint bound = *Endpoint::Parse("192.0.2.7:4660");
  Handshake socks5({});
  EXPECT_EQ(Feed(socks5, kSocks5 + "early", kSocks5.size()), Step::kDecide);
  Take(socks5);
  socks5.Succeed(bound);
  EXPECT_EQ(Take(socks5), Bytes({5, 0, 0, 1, 192, 0, 2, 7, 0x12, 0x34}));
  Handshake socks4({.socks4 = true});
  EXPECT_EQ(Feed(socks4, kSocks4 + "early", kSocks4.size()), Step::kDecide);
  EXPECT_EQ(socks4.user_id(), "u");
  socks4.Succeed(bound);
  EXPECT_EQ(Take(socks4), Bytes({0, 0x5a, 0x12, 0x34, 192, 0, 2, 7}));
}

TEST(HandshakeTest, EveryFailureHasItsCodeAndItsFullLength) {
  for (int rep = 1; rep <= 8; ++rep) {
    Handshake socks5({});
    Feed(socks5, kSocks5, kSocks5.size());
    Take(socks5);
    socks5.Fail(static_cast<Rep>(rep));
    EXPECT_EQ(Take(socks5), Bytes({5, rep, 0, 1, 0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(socks5.rep(), static_cast<Rep>(rep));
    Handshake socks4({.socks4 = true});
    Feed(socks4, kSocks4, kSocks4.size());
    socks4.Fail(static_cast<Rep>(rep));
    EXPECT_EQ(Take(socks4), Bytes({0, 0x5b, 0, 0, 0, 0, 0, 0}));
  }
}

TEST(HandshakeTest, ItClosesWithoutAByteOnlyWhereNothingIsLeftToSay) {
  Handshake taken({});
  EXPECT_EQ(Feed(taken, Bytes({5, 1, 0}), 3), Step::kMore);
  Take(taken);
  EXPECT_EQ(Feed(taken, Bytes({4}), 1), Step::kClose);
  Handshake pending({});
  EXPECT_EQ(Feed(pending, Bytes({5, 1, 0, 4}), 4), Step::kRefuse);
  EXPECT_EQ(Take(pending), Bytes({5, 0}));
  EXPECT_EQ(pending.rep(), Rep::kSucceeded);
}

TEST(HandshakeTest, TheNameLivesAsLongAsTheHandshake) {
  Handshake handshake({});
  {
    const std::string bytes = Bytes({5, 1, 0, 5, 1, 0, 3, 4}) + "a.bc" + Bytes({0, 80});
    EXPECT_EQ(Feed(handshake, bytes, bytes.size()), Step::kDecide);
  }
  handshake.Fail(Rep::kHostUnreachable);
  EXPECT_EQ(handshake.request().name, "a.bc");
}

// What is in between is RFC 1961's, and not the handshake's.
TEST(HandshakeTest, GssapiStopsAtItsChoiceAndGoesOnWithTheRequest) {
  const uint8_t methods[] = {kMethodGssapi, kMethodNone};
  Handshake handshake({.methods = methods});
  EXPECT_EQ(Feed(handshake, Bytes({5, 2, 0, 1, 1, 1, 0, 5}), 4), Step::kAuthenticate);
  EXPECT_EQ(handshake.method(), kMethodGssapi);
  EXPECT_EQ(Take(handshake), Bytes({5, 1}));
  handshake.Authenticated();
  EXPECT_EQ(Take(handshake), "");
  EXPECT_EQ(Feed(handshake, kSocks5.substr(3), 10), Step::kDecide);
}

TEST(HandshakeTest, WhoseCredentialsNobodyCouldCheckHearsNothingOfThem) {
  const uint8_t methods[] = {kMethodPassword};
  Handshake handshake({.methods = methods});
  EXPECT_EQ(Feed(handshake, Bytes({5, 1, 2, 1, 1, 'u', 1, 'p'}), 8), Step::kAuthenticate);
  EXPECT_EQ(Take(handshake), Bytes({5, 2}));
  handshake.DropCredentials();
  EXPECT_EQ(Take(handshake), "");
  EXPECT_EQ(handshake.credentials().password, "");
}

TEST(HandshakeTest, ARefusedGssapiClientHearsNothingOfRfc1929) {
  const uint8_t methods[] = {kMethodGssapi};
  Handshake handshake({.methods = methods});
  EXPECT_EQ(Feed(handshake, Bytes({5, 1, 1}), 3), Step::kAuthenticate);
  Take(handshake);
  handshake.RejectCredentials();
  EXPECT_EQ(Take(handshake), "");
}

}  // namespace
}  // namespace sluice
