// SOCKS5 through the Handshake, each case whole, cut in two at every byte, and byte by byte.

#include "proto/socks5.h"

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

const std::string kGreeting = Bytes({5, 1, 0});
const std::string kChosen = Bytes({5, 0});
const std::string kHttpPort = Bytes({0, 80});

std::string Failure(Rep rep) { return Bytes({5, static_cast<int>(rep), 0, 1, 0, 0, 0, 0, 0, 0}); }

std::string NameRequest(const std::string& name, int command = 1) {
  return absl::StrCat(Bytes({5, command, 0, 3, static_cast<int>(name.size())}), name, kHttpPort);
}

// Plays `bytes` whole, and expects the same of every other delivery.
PlayedHandshake Play(const std::string& bytes) {
  const Handshake::Options options;
  const PlayedHandshake whole = PlayHandshake(options, bytes);
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    EXPECT_EQ(PlayHandshake(options, bytes, {cut}), whole) << "cut at byte " << cut;
  }
  EXPECT_EQ(PlayHandshake(options, bytes, CutEverywhere(bytes.size())), whole) << "byte by byte";
  return whole;
}

PlayedHandshake PlayRequest(const std::string& request) {
  PlayedHandshake played = Play(kGreeting + request);
  EXPECT_TRUE(played.output.starts_with(kChosen)) << played;
  played.output.erase(0, kChosen.size());
  return played;
}

void ExpectRefusal(const PlayedHandshake& played, Rep rep) {
  EXPECT_EQ(played.end, End::kClosed) << played;
  EXPECT_EQ(played.output, Failure(rep)) << played;
  EXPECT_EQ(played.rep, rep) << played;
  EXPECT_NE(played.why, "");
}

TEST(Socks5Test, NoAuthenticationIsChosenWhereverItStandsInTheOffer) {
  for (const std::string& offer : {Bytes({5, 1, 0}), Bytes({5, 2, 0, 1}), Bytes({5, 3, 2, 1, 0}),
                                   Bytes({5, 2, 0xff, 0}), Bytes({5, 3, 0, 0, 0})}) {
    const PlayedHandshake played = Play(offer);
    EXPECT_EQ(played.end, End::kWaiting) << played;
    EXPECT_EQ(played.output, kChosen);
    EXPECT_EQ(played.consumed, offer.size());
    EXPECT_EQ(played.version, Version::kSocks5);
  }
}

TEST(Socks5Test, AnOfferWithoutAConfiguredMethodIsAnsweredFf) {
  for (const std::string& offer :
       {Bytes({5, 0}), Bytes({5, 1, 2}), Bytes({5, 1, 0x80}), Bytes({5, 1, 0xff}),
        Bytes({5, 3, 1, 2, 3}), Bytes({5, 255}) + std::string(255, '\x02')}) {
    const PlayedHandshake played = Play(offer);
    EXPECT_EQ(played.end, End::kClosed) << played;
    EXPECT_EQ(played.output, Bytes({5, 0xff}));
    EXPECT_EQ(played.rep, Rep::kSucceeded) << "no REP was sent";
    EXPECT_EQ(played.why, "no acceptable authentication method");
  }
}

TEST(Socks5Test, ExactlyTheCountedMethodsAreConsumed) {
  std::string all = Bytes({5, 255});
  for (int method = 0; method < 255; ++method) all += static_cast<char>(method);
  for (const std::string& greeting :
       {all, Bytes({5, 255}) + std::string(255, '\0'), Bytes({5, 254}) + std::string(254, '\0')}) {
    const PlayedHandshake played = Play(greeting + NameRequest("a.test") + "early");
    EXPECT_EQ(played.end, End::kDecide) << played;
    EXPECT_EQ(played.consumed, greeting.size() + NameRequest("a.test").size());
  }
}

TEST(Socks5Test, RequestsOfEveryAddressTypeAndCommandAreUnderstood) {
  for (const Command command : {Command::kConnect, Command::kBind, Command::kUdpAssociate}) {
    const int cmd = static_cast<int>(command);
    const PlayedHandshake v4 = PlayRequest(Bytes({5, cmd, 0, 1, 192, 0, 2, 1, 0x1f, 0x90}));
    EXPECT_EQ(v4.end, End::kDecide);
    EXPECT_EQ(v4.command, command);
    EXPECT_EQ(v4.target.ToString(), "192.0.2.1:8080");
    EXPECT_EQ(v4.name, "");
    const PlayedHandshake v6 = PlayRequest(
        Bytes({5, cmd, 0, 4, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 80}));
    EXPECT_EQ(v6.end, End::kDecide);
    EXPECT_EQ(v6.command, command);
    EXPECT_EQ(v6.target.ToString(), "[2001:db8::1]:80");
    const PlayedHandshake name = PlayRequest(NameRequest("Example.COM.", cmd));
    EXPECT_EQ(name.end, End::kDecide);
    EXPECT_EQ(name.command, command);
    EXPECT_EQ(name.name, "Example.COM.");
    EXPECT_EQ(name.target, (Endpoint{Address(), 80}));
    EXPECT_EQ(name.output, "") << "nothing is said before the decision";
  }
}

TEST(Socks5Test, WhatFollowsTheRequestIsLeftToTheTunnel) {
  const std::string request = NameRequest("echo.test");
  for (const std::string& early : {std::string("x"), std::string("GET / HTTP/1.0\r\n\r\n"),
                                   kGreeting + request, std::string(600, '\0')}) {
    const PlayedHandshake played = Play(kGreeting + request + early);
    EXPECT_EQ(played.end, End::kDecide);
    EXPECT_EQ(played.consumed, kGreeting.size() + request.size());
    EXPECT_EQ(played.name, "echo.test");
  }
}

TEST(Socks5Test, TruncatedAnywhereItWaitsAndSaysNoMoreThanTheMethod) {
  for (const std::string& request :
       {NameRequest("echo.test"), Bytes({5, 1, 0, 1, 192, 0, 2, 1, 0, 80}),
        Bytes({5, 1, 0, 4, 0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 80})}) {
    const std::string whole = kGreeting + request;
    for (size_t size = 0; size < whole.size(); ++size) {
      const PlayedHandshake played = Play(whole.substr(0, size));
      EXPECT_EQ(played.end, End::kWaiting) << size;
      EXPECT_EQ(played.consumed, size);
      EXPECT_EQ(played.output, size < kGreeting.size() ? "" : kChosen);
      EXPECT_EQ(played.name, "") << "half a name is no name";
    }
  }
}

TEST(Socks5Test, NamesOf1And254And255BytesAreNames) {
  for (const size_t size : {1, 254, 255}) {
    const std::string name(size, 'a');
    const PlayedHandshake played = PlayRequest(NameRequest(name) + "early");
    EXPECT_EQ(played.end, End::kDecide);
    EXPECT_EQ(played.name, name);
    EXPECT_EQ(played.consumed, kGreeting.size() + NameRequest(name).size());
  }
}

TEST(Socks5Test, AnEmptyNameIsRefusedAtItsLength) {
  const PlayedHandshake played = PlayRequest(Bytes({5, 1, 0, 3, 0}));
  ExpectRefusal(played, Rep::kGeneralFailure);
  ExpectRefusal(PlayRequest(NameRequest("")), Rep::kGeneralFailure);
}

TEST(Socks5Test, ANameWithAByteThatNoNameHasIsRefusedAtThatByte) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string name = absl::StrCat("a", std::string(1, static_cast<char>(byte)), "b.test");
    const bool good = byte > 0x20 && byte < 0x7f && byte != '%';
    const PlayedHandshake played = PlayRequest(NameRequest(name));
    if (good) {
      EXPECT_EQ(played.end, End::kDecide) << byte;
      EXPECT_EQ(played.name, name);
    } else {
      ExpectRefusal(played, Rep::kGeneralFailure);
      EXPECT_EQ(played.name, "") << "a bad name must not reach a log";
      EXPECT_EQ(played.consumed, kGreeting.size() + 5 + 2);
    }
  }
}

TEST(Socks5Test, ANameThatSpellsAnAddressIsTheAddress) {
  const struct {
    const char* name;
    const char* address;
  } table[] = {{"127.0.0.1", "127.0.0.1"},      {"127.1", "127.0.0.1"},
               {"0x7f000001", "127.0.0.1"},     {"2130706433", "127.0.0.1"},
               {"192.0.2.1.", "192.0.2.1"},     {"[::1]", "::1"},
               {"::ffff:10.0.0.1", "10.0.0.1"}, {"2001:db8::1", "2001:db8::1"}};
  for (const auto& row : table) {
    const PlayedHandshake played = PlayRequest(NameRequest(row.name));
    EXPECT_EQ(played.end, End::kDecide);
    EXPECT_EQ(played.name, "") << row.name;
    EXPECT_EQ(played.target.address.ToString(), row.address) << row.name;
  }
}

TEST(Socks5Test, AnIpv4MappedDestinationIsTheIpv4Address) {
  const PlayedHandshake played = PlayRequest(
      Bytes({5, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1, 0, 80}));
  EXPECT_EQ(played.target.ToString(), "192.0.2.1:80");
}

TEST(Socks5Test, UnknownCommandsAreRefusedAfterFourBytes) {
  for (const int command : {0, 4, 0x81, 0xf0, 0xff}) {
    ExpectRefusal(PlayRequest(Bytes({5, command, 0, 1})), Rep::kCommandNotSupported);
    ExpectRefusal(PlayRequest(NameRequest("echo.test", command)), Rep::kCommandNotSupported);
    EXPECT_EQ(PlayRequest(Bytes({5, command, 0})).end, End::kWaiting);
  }
}

TEST(Socks5Test, UnknownAddressTypesAreRefusedAfterFourBytes) {
  for (const int type : {0, 2, 5, 0x7f, 0xff}) {
    const PlayedHandshake played = PlayRequest(Bytes({5, 1, 0, type}));
    ExpectRefusal(played, Rep::kAddressTypeNotSupported);
    EXPECT_EQ(played.command, Command::kConnect);
  }
}

TEST(Socks5Test, TheReservedByteMayBeAnything) {
  EXPECT_EQ(PlayRequest(Bytes({5, 1, 0x7f, 1, 192, 0, 2, 1, 0, 80})).end, End::kDecide);
}

TEST(Socks5Test, Port0IsRefusedForConnectOnly) {
  ExpectRefusal(PlayRequest(Bytes({5, 1, 0, 1, 192, 0, 2, 1, 0, 0})), Rep::kGeneralFailure);
  EXPECT_EQ(PlayRequest(Bytes({5, 2, 0, 1, 192, 0, 2, 1, 0, 0})).end, End::kDecide);
  EXPECT_EQ(PlayRequest(Bytes({5, 3, 0, 1, 0, 0, 0, 0, 0, 0})).end, End::kDecide);
}

TEST(Socks5Test, ARequestOfAnotherVersionClosesAtItsFirstByte) {
  for (int version = 0; version < 256; ++version) {
    if (version == 5) continue;
    const PlayedHandshake played = PlayRequest(Bytes({version}));
    EXPECT_EQ(played.end, End::kClosed) << version;
    EXPECT_EQ(played.output, "");
    EXPECT_EQ(played.rep, Rep::kSucceeded) << "no REP was sent";
  }
  // A sub-negotiation that was not asked for, and a SOCKS4 request.
  EXPECT_EQ(PlayRequest(Bytes({1, 1, 'u', 1, 'p'})).output, "");
  EXPECT_EQ(PlayRequest(Bytes({4, 1, 0, 80, 192, 0, 2, 1, 0})).output, "");
}

TEST(Socks5Test, AFirstByteOfNoVersionClosesWithoutAByte) {
  for (int first = 0; first < 256; ++first) {
    if (first == 5) continue;
    const PlayedHandshake played = Play(Bytes({first, 1, 0, 1, 2, 3}));
    EXPECT_EQ(played.end, End::kClosed) << first;
    EXPECT_EQ(played.output, "");
    EXPECT_NE(played.why, "");
  }
}

TEST(Socks5Test, TheReplyCarriesTheBoundAddressOfItsFamily) {
  HandshakeWriter out;
  WriteSocks5Reply(out, Rep::kSucceeded, *Endpoint::Parse("192.0.2.7:4660"));
  EXPECT_EQ(std::string(out.written().begin(), out.written().end()),
            Bytes({5, 0, 0, 1, 192, 0, 2, 7, 0x12, 0x34}));
  out.Clear();
  WriteSocks5Reply(out, Rep::kSucceeded, *Endpoint::Parse("[2001:db8::7]:4660"));
  EXPECT_EQ(
      std::string(out.written().begin(), out.written().end()),
      Bytes({5, 0, 0, 4, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0x12, 0x34}));
  out.Clear();
  WriteSocks5Reply(out, Rep::kSucceeded, Endpoint());
  EXPECT_EQ(std::string(out.written().begin(), out.written().end()), Failure(Rep::kSucceeded));
}

}  // namespace
}  // namespace sluice
