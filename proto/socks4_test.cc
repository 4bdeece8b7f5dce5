// SOCKS4 and SOCKS4a through the Handshake, each case whole, cut in two at every byte, and byte by
// byte.

#include "proto/socks4.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "proto/played_handshake.h"

namespace sluice {
namespace {

using End = PlayedHandshake::End;

std::string Bytes(std::initializer_list<int> bytes) {
  return std::string(bytes.begin(), bytes.end());
}

const std::string kNul(1, '\0');
const std::string kRejected = Bytes({0, 0x5b, 0, 0, 0, 0, 0, 0});
const std::string kHead = Bytes({4, 1, 0, 80, 192, 0, 2, 1});
const std::string kHead4a = Bytes({4, 1, 0, 80, 0, 0, 0, 1});

PlayedHandshake Play(const std::string& bytes) {
  const Handshake::Options options{.socks4 = true};
  const PlayedHandshake whole = PlayHandshake(options, bytes);
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    EXPECT_EQ(PlayHandshake(options, bytes, {cut}), whole) << "cut at byte " << cut;
  }
  EXPECT_EQ(PlayHandshake(options, bytes, CutEverywhere(bytes.size())), whole) << "byte by byte";
  return whole;
}

void ExpectRejection(const PlayedHandshake& played) {
  EXPECT_EQ(played.end, End::kClosed) << played;
  EXPECT_EQ(played.output, kRejected) << played;
  EXPECT_NE(played.rep, Rep::kSucceeded);
  EXPECT_NE(played.why, "");
}

TEST(Socks4Test, ARequestIsUnderstoodToItsLastByte) {
  const PlayedHandshake played = Play(kHead + "alice" + kNul + "early");
  EXPECT_EQ(played.end, End::kDecide);
  EXPECT_EQ(played.version, Version::kSocks4);
  EXPECT_EQ(played.command, Command::kConnect);
  EXPECT_EQ(played.target.ToString(), "192.0.2.1:80");
  EXPECT_EQ(played.name, "");
  EXPECT_EQ(played.user_id, "alice");
  EXPECT_EQ(played.consumed, kHead.size() + 6);
  EXPECT_EQ(played.output, "");
}

TEST(Socks4Test, BindIsUnderstoodToo) {
  const PlayedHandshake played = Play(Bytes({4, 2, 0, 0, 192, 0, 2, 1, 0}));
  EXPECT_EQ(played.end, End::kDecide);
  EXPECT_EQ(played.command, Command::kBind);
}

TEST(Socks4Test, AnEmptyUserIdIsLegal) {
  EXPECT_EQ(Play(kHead + kNul).end, End::kDecide);
  EXPECT_EQ(Play(kHead4a + kNul + "echo.test" + kNul).end, End::kDecide);
}

TEST(Socks4Test, TheUserIdIsAnyBytesButNul) {
  std::string user_id;
  for (int byte = 1; byte < 256; ++byte) user_id += static_cast<char>(byte);
  EXPECT_EQ(Play(kHead + user_id + kNul).user_id, user_id);
}

TEST(Socks4Test, TextsOf1And254And255BytesAreTaken) {
  for (const size_t size : {1, 254, 255}) {
    const std::string text(size, 'a');
    const PlayedHandshake plain = Play(kHead + text + kNul);
    EXPECT_EQ(plain.end, End::kDecide) << size;
    EXPECT_EQ(plain.user_id, text);
    const PlayedHandshake named = Play(kHead4a + text + kNul + text + kNul + "early");
    EXPECT_EQ(named.end, End::kDecide) << size;
    EXPECT_EQ(named.user_id, text);
    EXPECT_EQ(named.name, text);
    EXPECT_EQ(named.consumed, kHead4a.size() + 2 * size + 2);
  }
}

TEST(Socks4Test, TextsBeyond255BytesAreRejectedAtThe256thByte) {
  for (const size_t size : {256, 1000}) {
    const std::string text(size, 'a');
    const PlayedHandshake plain = Play(kHead + text);
    ExpectRejection(plain);
    EXPECT_EQ(plain.consumed, kHead.size() + 256);
    const PlayedHandshake named = Play(kHead4a + kNul + text);
    ExpectRejection(named);
    EXPECT_EQ(named.consumed, kHead4a.size() + 1 + 256);
    EXPECT_EQ(named.name, "");
  }
}

TEST(Socks4Test, AnAddressThatIsNoneMarksANameFor4a) {
  for (const int last : {1, 2, 255}) {
    const PlayedHandshake played =
        Play(Bytes({4, 1, 0, 80, 0, 0, 0, last}) + "bob" + kNul + "echo.test" + kNul + "early");
    EXPECT_EQ(played.end, End::kDecide);
    EXPECT_EQ(played.version, Version::kSocks4a);
    EXPECT_EQ(played.name, "echo.test");
    EXPECT_EQ(played.target, (Endpoint{Address(), 80}));
    EXPECT_EQ(played.user_id, "bob");
  }
  EXPECT_EQ(Play(Bytes({4, 2, 0, 80, 0, 0, 0, 1, 0}) + "echo.test" + kNul).name, "echo.test");
  EXPECT_EQ(Play(Bytes({4, 1, 0, 80, 0, 0, 1, 1, 0})).version, Version::kSocks4);
}

TEST(Socks4Test, ANameThatSpellsAnAddressIsTheAddress) {
  EXPECT_EQ(Play(kHead4a + kNul + "127.1" + kNul).target.ToString(), "127.0.0.1:80");
  EXPECT_EQ(Play(kHead4a + kNul + "2001:db8::1" + kNul).target.ToString(), "[2001:db8::1]:80");
}

TEST(Socks4Test, TheAddress0000IsRejected) {
  ExpectRejection(Play(Bytes({4, 1, 0, 80, 0, 0, 0, 0})));
  ExpectRejection(Play(Bytes({4, 1, 0, 80, 0, 0, 0, 0, 0})));
}

TEST(Socks4Test, AnEmptyNameIsRejected) { ExpectRejection(Play(kHead4a + "bob" + kNul + kNul)); }

TEST(Socks4Test, ANameWithAByteThatNoNameHasIsRejected) {
  for (const int byte : {1, 9, 10, 13, 32, 37, 127, 128, 255}) {
    const PlayedHandshake played =
        Play(absl::StrCat(kHead4a, kNul, "a", std::string(1, static_cast<char>(byte)), "b", kNul));
    ExpectRejection(played);
    EXPECT_EQ(played.name, "");
  }
}

TEST(Socks4Test, OtherCommandsThanTheTwoAreRejected) {
  for (const int command : {0, 3, 0xf0, 0xff}) {
    ExpectRejection(Play(Bytes({4, command, 0, 80, 192, 0, 2, 1})));
    ExpectRejection(Play(Bytes({4, command, 0, 80, 192, 0, 2, 1, 'x', 0})));
  }
}

TEST(Socks4Test, Port0IsRejectedForConnectOnly) {
  ExpectRejection(Play(Bytes({4, 1, 0, 0, 192, 0, 2, 1, 0})));
  EXPECT_EQ(Play(Bytes({4, 2, 0, 0, 192, 0, 2, 1, 0})).end, End::kDecide);
}

TEST(Socks4Test, TruncatedAnywhereItWaitsInSilence) {
  for (const std::string& whole :
       {kHead + "alice" + kNul, kHead4a + "alice" + kNul + "echo.test" + kNul}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      const PlayedHandshake played = Play(whole.substr(0, size));
      EXPECT_EQ(played.end, End::kWaiting) << size;
      EXPECT_EQ(played.consumed, size);
      EXPECT_EQ(played.output, "");
      EXPECT_EQ(played.name, "");
    }
  }
}

TEST(Socks4Test, WhereItIsNotServedItClosesAtTheFirstByte) {
  const PlayedHandshake played = PlayHandshake({.socks4 = false}, kHead + kNul);
  EXPECT_EQ(played.end, End::kClosed);
  EXPECT_EQ(played.consumed, 1u);
  EXPECT_EQ(played.output, "");
  EXPECT_EQ(played.why, "SOCKS4 is not served");
}

TEST(Socks4Test, Socks5IsServedBesideIt) {
  EXPECT_EQ(Play(Bytes({5, 1, 0})).output, Bytes({5, 0}));
}

TEST(Socks4Test, TheReplyIsEightBytesWithAZeroVersion) {
  const struct {
    Socks4Result result;
    const char* bound;
    std::string expected;
  } table[] = {
      {Socks4Result::kGranted, "192.0.2.7:4660", Bytes({0, 0x5a, 0x12, 0x34, 192, 0, 2, 7})},
      {Socks4Result::kGranted, "[2001:db8::7]:4660", Bytes({0, 0x5a, 0x12, 0x34, 0, 0, 0, 0})},
      {Socks4Result::kRejected, "0.0.0.0:0", kRejected},
      {Socks4Result::kIdentUnreachable, "0.0.0.0:0", Bytes({0, 0x5c, 0, 0, 0, 0, 0, 0})},
      {Socks4Result::kIdentMismatch, "0.0.0.0:0", Bytes({0, 0x5d, 0, 0, 0, 0, 0, 0})}};
  for (const auto& row : table) {
    HandshakeWriter out;
    WriteSocks4Reply(out, row.result, *Endpoint::Parse(row.bound));
    EXPECT_EQ(std::string(out.written().begin(), out.written().end()), row.expected) << row.bound;
  }
}

}  // namespace
}  // namespace sluice
