// RFC 1929 through the Handshake, each case whole, cut in two at every byte, and byte by byte. A
// password whose last byte is even is good (IsEvenPassword).

#include "proto/socks5_auth.h"

#include <string>

#include "gtest/gtest.h"
#include "proto/played_handshake.h"

namespace sluice {
namespace {

using End = PlayedHandshake::End;

constexpr uint8_t kPasswordOnly[] = {kMethodPassword};
constexpr uint8_t kPasswordFirst[] = {kMethodPassword, kMethodNone};
constexpr uint8_t kNoneFirst[] = {kMethodNone, kMethodPassword};

std::string Bytes(std::initializer_list<int> bytes) {
  return std::string(bytes.begin(), bytes.end());
}

const std::string kOffer = Bytes({5, 1, 2});
const std::string kChosen = Bytes({5, 2});
const std::string kGood = Bytes({1, 0});
const std::string kBad = Bytes({1, 1});
const std::string kRequest = Bytes({5, 1, 0, 1, 192, 0, 2, 1, 0, 80});

std::string Message(const std::string& user, const std::string& password) {
  std::string message = Bytes({1, static_cast<int>(user.size())}) + user;
  return message + static_cast<char>(password.size()) + password;
}

PlayedHandshake Play(const std::string& bytes, absl::Span<const uint8_t> methods = kPasswordOnly) {
  const Handshake::Options options{.socks4 = false, .methods = methods};
  const PlayedHandshake whole = PlayHandshake(options, bytes);
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    EXPECT_EQ(PlayHandshake(options, bytes, {cut}), whole) << "cut at byte " << cut;
  }
  EXPECT_EQ(PlayHandshake(options, bytes, CutEverywhere(bytes.size())), whole) << "byte by byte";
  return whole;
}

void ExpectRefusal(const PlayedHandshake& played, size_t consumed) {
  EXPECT_EQ(played.end, End::kClosed) << played;
  EXPECT_EQ(played.output, kChosen + kBad) << played;
  EXPECT_EQ(played.consumed, kOffer.size() + consumed) << played;
  EXPECT_EQ(played.rep, Rep::kSucceeded) << "there is no REP before a request";
  EXPECT_NE(played.why, "");
}

TEST(Socks5AuthTest, GoodCredentialsAreFollowedByARequest) {
  const PlayedHandshake played = Play(kOffer + Message("alice", "secret") + kRequest + "early");
  EXPECT_EQ(played.end, End::kDecide) << played;
  EXPECT_EQ(played.output, kChosen + kGood);
  EXPECT_EQ(played.user, "alice");
  EXPECT_EQ(played.password, "secret");
  EXPECT_EQ(played.method, kMethodPassword);
  EXPECT_EQ(played.target, *Endpoint::Parse("192.0.2.1:80"));
  EXPECT_EQ(played.consumed, (kOffer + Message("alice", "secret") + kRequest).size());
}

TEST(Socks5AuthTest, AfterBadCredentialsNothingIsConsumed) {
  const std::string message = Message("alice", "wrong");
  ExpectRefusal(Play(kOffer + message + kRequest + Message("alice", "secret")), message.size());
}

TEST(Socks5AuthTest, ARequestInPlaceOfCredentialsIsRefused) {
  ExpectRefusal(Play(kOffer + kRequest), 1);
}

TEST(Socks5AuthTest, AnotherVersionIsRefusedAtItsByte) {
  for (const int version : {0, 2, 4, 5, 0xff}) {
    ExpectRefusal(Play(kOffer + Bytes({version, 1, 'u', 1, 'p'})), 1);
  }
}

TEST(Socks5AuthTest, AnEmptyUserOrPasswordIsRefusedAtItsLength) {
  ExpectRefusal(Play(kOffer + Bytes({1, 0})), 2);
  ExpectRefusal(Play(kOffer + Bytes({1, 0, 1, 'p'})), 2);
  ExpectRefusal(Play(kOffer + Bytes({1, 1, 'u', 0})), 4);
  ExpectRefusal(Play(kOffer + Bytes({1, 1, 'u', 0}) + kRequest), 4);
}

TEST(Socks5AuthTest, HalfAMessageWaits) {
  const std::string message = Message("alice", "secret");
  for (size_t size = 0; size < message.size(); ++size) {
    const PlayedHandshake played = Play(kOffer + message.substr(0, size));
    EXPECT_EQ(played.end, End::kWaiting) << played;
    EXPECT_EQ(played.user, "");
  }
}

TEST(Socks5AuthTest, EveryByteAndEveryLengthIsTakenAsItIs) {
  std::string all;
  for (int byte = 0; byte < 255; ++byte) all.push_back(static_cast<char>(byte));
  const PlayedHandshake played = Play(kOffer + Message(all, all) + kRequest);
  EXPECT_EQ(played.end, End::kDecide) << played;
  EXPECT_EQ(played.user, all);
  EXPECT_EQ(played.password, all);
  for (const size_t size : {1, 2, 254, 255}) {
    const PlayedHandshake user = Play(kOffer + Message(std::string(size, '\0'), "b"));
    EXPECT_EQ(user.user, std::string(size, '\0'));
    const PlayedHandshake password = Play(kOffer + Message("u", std::string(size, '\n')));
    EXPECT_EQ(password.password, std::string(size, '\n'));
  }
}

TEST(Socks5AuthTest, WhoMayBeNobodyAndHasNoPasswordIsNobody) {
  for (const auto methods :
       {absl::MakeConstSpan(kPasswordFirst), absl::MakeConstSpan(kNoneFirst)}) {
    const std::string offer = Bytes({5, 2, 0, 2});
    for (const std::string& user : {std::string("root"), std::string(), std::string(255, 'u')}) {
      const PlayedHandshake played = Play(offer + Message(user, "") + kRequest + "early", methods);
      EXPECT_EQ(played.end, End::kDecide) << played;
      EXPECT_EQ(played.output, kChosen + kGood);
      EXPECT_EQ(played.user, "") << "nobody is asked about";
      EXPECT_EQ(played.method, kMethodNone);
      EXPECT_EQ(played.target, *Endpoint::Parse("192.0.2.1:80"));
    }
    const PlayedHandshake user = Play(offer + Message("alice", "secret") + kRequest, methods);
    EXPECT_EQ(user.end, End::kDecide) << user;
    EXPECT_EQ(user.user, "alice");
    EXPECT_EQ(user.method, kMethodPassword);
    const PlayedHandshake wrong = Play(offer + Message("alice", "wrong") + kRequest, methods);
    EXPECT_EQ(wrong.end, End::kClosed) << wrong;
    EXPECT_EQ(wrong.output, kChosen + kBad);
    const PlayedHandshake nameless = Play(offer + Message("", "p") + kRequest, methods);
    EXPECT_EQ(nameless.end, End::kClosed) << nameless;
    EXPECT_EQ(nameless.consumed, offer.size() + 3) << "at the length of the password";
  }
}

TEST(Socks5AuthTest, WhoOffersOnlyAPasswordOrIsServedNothingElseIsNotNobody) {
  ExpectRefusal(Play(kOffer + Message("root", "") + kRequest, kPasswordFirst), 7);
  const PlayedHandshake unserved = Play(Bytes({5, 2, 0, 2}) + Message("root", "") + kRequest);
  EXPECT_EQ(unserved.end, End::kClosed) << unserved;
  EXPECT_EQ(unserved.output, kChosen + kBad);
}

TEST(Socks5AuthTest, TheServersOrderChoosesAmongWhatIsOffered) {
  const struct {
    absl::Span<const uint8_t> methods;
    std::string offer;
    int chosen;
  } table[] = {
      {kPasswordFirst, Bytes({5, 2, 0, 2}), 2},   {kPasswordFirst, Bytes({5, 3, 0, 1, 2}), 2},
      {kPasswordFirst, Bytes({5, 1, 0}), 0},      {kNoneFirst, Bytes({5, 2, 2, 0}), 2},
      {kNoneFirst, Bytes({5, 1, 2}), 2},          {kPasswordOnly, Bytes({5, 1, 0}), 0xff},
      {kPasswordOnly, Bytes({5, 2, 0, 1}), 0xff}, {{}, Bytes({5, 2, 0, 2}), 0xff},
  };
  for (const auto& row : table) {
    const PlayedHandshake played = Play(row.offer, row.methods);
    EXPECT_EQ(played.output, Bytes({5, row.chosen})) << played;
    EXPECT_EQ(played.end, row.chosen == 0xff ? End::kClosed : End::kWaiting) << played;
    EXPECT_EQ(played.method, row.chosen);
  }
}

TEST(Socks5AuthTest, FfIsNeverChosenWhateverTheServerPrefers) {
  constexpr uint8_t kMethods[] = {kMethodNoneAcceptable, 0x80, kMethodPassword};
  EXPECT_EQ(Play(Bytes({5, 2, 0xff, 0x80}), kMethods).end, End::kClosed);
  EXPECT_EQ(Play(Bytes({5, 2, 0xff, 2}), kMethods).output, kChosen);
}

TEST(Socks5AuthTest, CredentialsThatNobodyAskedForAreNoRequest) {
  const PlayedHandshake played = Play(Bytes({5, 1, 0}) + Message("u", "pp"), kNoneFirst);
  EXPECT_EQ(played.end, End::kClosed) << played;
  EXPECT_EQ(played.output, Bytes({5, 0}));
  EXPECT_EQ(played.user, "");
}

// Looks at the object's own bytes, also after its end: the password must not be there any more.
TEST(Socks5AuthTest, TheVerdictAndTheEndWipeThePassword) {
  const std::string password = "correct horse battery staple";
  const std::string bytes = kOffer + Message("alice", password);
  const auto feed = [&](Handshake& handshake, size_t size) {
    size_t consumed = 0;
    return handshake.Feed(absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), size),
                          &consumed);
  };
  for (const char* end : {"accepted", "rejected", "destroyed", "destroyed half-way"}) {
    alignas(Handshake) char place[sizeof(Handshake)] = {};
    const std::string_view memory(place, sizeof(place));
    auto* handshake = new (place) Handshake({.socks4 = false, .methods = kPasswordOnly});
    const bool half = std::string_view(end).ends_with("half-way");
    EXPECT_EQ(feed(*handshake, bytes.size() - (half ? 1 : 0)),
              half ? Handshake::Step::kMore : Handshake::Step::kAuthenticate);
    EXPECT_NE(memory.find("horse"), std::string_view::npos);
    if (end == std::string_view("accepted")) handshake->Authenticated();
    if (end == std::string_view("rejected")) handshake->RejectCredentials();
    if (end[0] == 'd') handshake->~Handshake();
    EXPECT_EQ(memory.find("horse"), std::string_view::npos) << end;
    EXPECT_EQ(memory.find("stapl"), std::string_view::npos) << end;
    if (end[0] == 'd') continue;
    EXPECT_EQ(handshake->credentials().password, "");
    handshake->~Handshake();
  }
}

}  // namespace
}  // namespace sluice
