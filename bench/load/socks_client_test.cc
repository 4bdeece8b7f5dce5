#include "bench/load/socks_client.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace sluice::load {
namespace {

using Next = SocksClient::Next;

std::string Bytes(std::initializer_list<int> bytes) {
  return std::string(bytes.begin(), bytes.end());
}

Endpoint At(std::string_view text) { return *Endpoint::Parse(text); }

// Feeds `bytes` in pieces of `piece` until the client has no use for more; returns its last answer
// with `consumed` counted over all pieces.
SocksClient::Answer Feed(SocksClient& client, std::string_view bytes, size_t piece) {
  size_t consumed = 0;
  for (;;) {
    const std::string_view next = bytes.substr(consumed, piece);
    SocksClient::Answer answer = client.OnBytes(next);
    consumed += answer.consumed;
    answer.consumed = consumed;
    if (answer.next != Next::kReceive || consumed == bytes.size()) return answer;
  }
}

TEST(SocksRequestTest, Socks5OffersNoAuthenticationAndAsksForAnIPv4Address) {
  const SocksRequest request(SocksVersion::k5, At("192.0.2.7:8080"), "");
  EXPECT_EQ(request.greeting, Bytes({5, 1, 0}));
  EXPECT_EQ(request.request, Bytes({5, 1, 0, 1, 192, 0, 2, 7, 0x1f, 0x90}));
}

TEST(SocksRequestTest, Socks5AsksForAnIPv6Address) {
  const SocksRequest request(SocksVersion::k5, At("[2001:db8::1]:443"), "");
  EXPECT_EQ(request.request,
            Bytes({5, 1, 0, 4, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0xbb}));
}

TEST(SocksRequestTest, Socks5AsksForANameWithItsLength) {
  const SocksRequest request(SocksVersion::k5, At("192.0.2.7:80"), "a.test");
  EXPECT_EQ(request.request, Bytes({5, 1, 0, 3, 6, 'a', '.', 't', 'e', 's', 't', 0, 80}));
}

TEST(SocksRequestTest, Socks4HasNoGreetingAndAnEmptyUserId) {
  const SocksRequest request(SocksVersion::k4, At("192.0.2.7:80"), "");
  EXPECT_EQ(request.greeting, "");
  EXPECT_EQ(request.request, Bytes({4, 1, 0, 80, 192, 0, 2, 7, 0}));
}

TEST(SocksRequestTest, Socks4aPutsTheNameAfterAnImpossibleAddress) {
  const SocksRequest request(SocksVersion::k4a, At("192.0.2.7:80"), "a.test");
  EXPECT_EQ(request.request, Bytes({4, 1, 0, 80, 0, 0, 0, 1, 0, 'a', '.', 't', 'e', 's', 't', 0}));
}

TEST(SocksRequestTest, WhatAVersionCannotSayIsToldBefore) {
  const auto problem = [](SocksVersion version, std::string_view target, const std::string& name,
                          const SocksIdentity& identity = {},
                          SocksCommand command = SocksCommand::kConnect) {
    return SocksRequest::Problem(version, command, At(target), name, identity);
  };
  EXPECT_EQ(problem(SocksVersion::k5, "[::1]:80", ""), "");
  EXPECT_EQ(problem(SocksVersion::k4a, "[::1]:80", "localhost"), "");
  EXPECT_NE(problem(SocksVersion::k4, "[::1]:80", ""), "");
  EXPECT_NE(problem(SocksVersion::k4a, "[::1]:80", ""), "");
  EXPECT_NE(problem(SocksVersion::k4, "127.0.0.1:80", "localhost"), "");
  EXPECT_NE(problem(SocksVersion::k5, "127.0.0.1:80", std::string(256, 'a')), "");

  EXPECT_EQ(problem(SocksVersion::k4, "127.0.0.1:80", "", {.user = "alice"}), "");
  EXPECT_NE(problem(SocksVersion::k4, "127.0.0.1:80", "", {.user = "alice", .password = "x"}), "");
  EXPECT_NE(problem(SocksVersion::k5, "127.0.0.1:80", "", {.password = "x"}), "");
  const std::string long_one(256, 'x');
  EXPECT_NE(problem(SocksVersion::k5, "127.0.0.1:80", "", {.user = long_one}), "");
  EXPECT_NE(problem(SocksVersion::k5, "127.0.0.1:80", "", {.user = "a", .password = long_one}), "");
  EXPECT_NE(problem(SocksVersion::k4a, "127.0.0.1:80", "", {}, SocksCommand::kUdpAssociate), "");
}

TEST(SocksRequestTest, Socks5WithAUserOffersNothingButThePassword) {
  const SocksRequest request(SocksVersion::k5, SocksCommand::kConnect, At("192.0.2.7:80"), "",
                             {.user = "al", .password = "pw1"});
  EXPECT_EQ(request.greeting, Bytes({5, 1, 2}));
  EXPECT_EQ(request.credentials, Bytes({1, 2, 'a', 'l', 3, 'p', 'w', '1'}));
}

TEST(SocksRequestTest, Socks4SaysItsUserId) {
  const SocksRequest request(SocksVersion::k4, SocksCommand::kConnect, At("192.0.2.7:80"), "",
                             {.user = "al"});
  EXPECT_EQ(request.request, Bytes({4, 1, 0, 80, 192, 0, 2, 7, 'a', 'l', 0}));
}

TEST(SocksRequestTest, AnAssociationNamesNobody) {
  const SocksRequest request(SocksVersion::k5, SocksCommand::kUdpAssociate, At("192.0.2.7:80"),
                             "a.test", {});
  EXPECT_EQ(request.request, Bytes({5, 3, 0, 1, 0, 0, 0, 0, 0, 0}));
}

TEST(UdpHeaderTest, NamesTheTargetOfADatagram) {
  EXPECT_EQ(UdpRequestHeader(At("192.0.2.7:8080"), ""),
            Bytes({0, 0, 0, 1, 192, 0, 2, 7, 0x1f, 0x90}));
  EXPECT_EQ(UdpRequestHeader(At("192.0.2.7:80"), "a.b"),
            Bytes({0, 0, 0, 3, 3, 'a', '.', 'b', 0, 80}));
}

TEST(UdpHeaderTest, OfEveryKindIsAsLongAsItSays) {
  for (const std::string& header :
       {UdpRequestHeader(At("192.0.2.7:80"), ""), UdpRequestHeader(At("[::1]:80"), ""),
        UdpRequestHeader(At("192.0.2.7:80"), "a.test")}) {
    EXPECT_EQ(UdpHeaderBytes(header + "payload"), header.size());
    EXPECT_EQ(UdpHeaderBytes(header), header.size());
    for (size_t cut = 0; cut < header.size(); ++cut)
      EXPECT_EQ(UdpHeaderBytes(std::string_view(header).substr(0, cut)), 0u);
  }
  EXPECT_EQ(UdpHeaderBytes(Bytes({0, 0, 1, 1, 192, 0, 2, 7, 0, 80})), 0u);  // FRAG
  EXPECT_EQ(UdpHeaderBytes(Bytes({0, 0, 0, 9, 192, 0, 2, 7, 0, 80})), 0u);  // ATYP
}

// A whole SOCKS5 handshake, cut into pieces of every size: the same answers, and the target's bytes
// untouched.
TEST(SocksClientTest, Socks5OpensForEveryKindOfBoundAddressHoweverTheBytesAreCut) {
  const SocksRequest request(SocksVersion::k5, At("192.0.2.7:80"), "");
  const std::string replies[] = {
      Bytes({5, 0, 0, 1, 10, 0, 0, 1, 4, 0}),
      Bytes({5, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 4, 0}),
      Bytes({5, 0, 0, 3, 1, 'x', 4, 0}),
      Bytes({5, 0, 0, 3, 0, 4, 0}),
  };
  for (const std::string& reply : replies) {
    const std::string stream = reply + "early";
    for (size_t piece = 1; piece <= stream.size(); ++piece) {
      SocksClient client(request);
      EXPECT_EQ(client.FirstBytes(), request.greeting);
      const auto method = Feed(client, Bytes({5, 0}), piece);
      ASSERT_EQ(method.next, Next::kSend);
      EXPECT_EQ(method.to_send, request.request);
      const auto opened = Feed(client, stream, piece);
      EXPECT_EQ(opened.next, Next::kOpen);
      EXPECT_EQ(opened.consumed, reply.size());
    }
  }
}

TEST(SocksClientTest, APasswordIsSentWhenItsMethodIsChosenAndTheRequestWhenItIsAccepted) {
  const SocksRequest request(SocksVersion::k5, SocksCommand::kConnect, At("192.0.2.7:80"), "",
                             {.user = "al", .password = "pw"});
  for (size_t piece = 1; piece <= 2; ++piece) {
    SocksClient client(request);
    const auto method = Feed(client, Bytes({5, 2}), piece);
    ASSERT_EQ(method.next, Next::kSend);
    EXPECT_EQ(method.to_send, request.credentials);
    const auto accepted = Feed(client, Bytes({1, 0}), piece);
    ASSERT_EQ(accepted.next, Next::kSend);
    EXPECT_EQ(accepted.to_send, request.request);
    EXPECT_EQ(Feed(client, Bytes({5, 0, 0, 1, 10, 0, 0, 1, 4, 0}), piece).next, Next::kOpen);
  }
}

TEST(SocksClientTest, ARejectedPasswordAndAnotherMethodAreRefusals) {
  const SocksRequest request(SocksVersion::k5, SocksCommand::kConnect, At("192.0.2.7:80"), "",
                             {.user = "al", .password = "pw"});
  SocksClient rejected(request);
  rejected.OnBytes(Bytes({5, 2}));
  EXPECT_EQ(rejected.OnBytes(Bytes({1, 1})).next, Next::kRefused);
  SocksClient unasked(request);
  EXPECT_EQ(unasked.OnBytes(Bytes({5, 0})).next, Next::kRefused);
}

TEST(SocksClientTest, TheBoundAddressIsTold) {
  const SocksRequest request(SocksVersion::k5, SocksCommand::kUdpAssociate, At("192.0.2.7:80"), "",
                             {});
  const auto bound = [&](const std::string& reply) {
    SocksClient client(request);
    client.OnBytes(Bytes({5, 0}));
    EXPECT_EQ(client.OnBytes(reply).next, Next::kOpen);
    return client.bound();
  };
  EXPECT_EQ(bound(Bytes({5, 0, 0, 1, 10, 0, 0, 1, 0x1f, 0x90})), At("10.0.0.1:8080"));
  EXPECT_EQ(bound(Bytes({5, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 4, 0})),
            At("[::1]:1024"));
  EXPECT_EQ(bound(Bytes({5, 0, 0, 3, 1, 'x', 4, 0})), std::nullopt);
}

TEST(SocksClientTest, Socks4OpensAfterEightBytes) {
  const SocksRequest request(SocksVersion::k4, At("192.0.2.7:80"), "");
  for (size_t piece = 1; piece <= 9; ++piece) {
    SocksClient client(request);
    EXPECT_EQ(client.FirstBytes(), request.request);
    const auto opened = Feed(client, Bytes({0, 90, 0, 80, 192, 0, 2, 7, 'e'}), piece);
    EXPECT_EQ(opened.next, Next::kOpen);
    EXPECT_EQ(opened.consumed, 8u);
  }
}

TEST(SocksClientTest, AHalfReplyOpensNothing) {
  const SocksRequest request(SocksVersion::k5, At("192.0.2.7:80"), "");
  SocksClient client(request);
  client.OnBytes(Bytes({5, 0}));
  EXPECT_EQ(client.OnBytes(Bytes({5, 0, 0, 1, 10, 0, 0, 1, 4})).next, Next::kReceive);
  EXPECT_EQ(client.OnBytes(Bytes({0})).next, Next::kOpen);
}

TEST(SocksClientTest, ARefusalKeepsItsCode) {
  const SocksRequest five(SocksVersion::k5, At("192.0.2.7:80"), "");
  SocksClient client5(five);
  client5.OnBytes(Bytes({5, 0}));
  EXPECT_EQ(client5.OnBytes(Bytes({5, 2, 0, 1, 0, 0, 0, 0, 0, 0})).next, Next::kRefused);
  EXPECT_EQ(client5.refusal(), 2);

  const SocksRequest four(SocksVersion::k4, At("192.0.2.7:80"), "");
  SocksClient client4(four);
  EXPECT_EQ(client4.OnBytes(Bytes({0, 91, 0, 0, 0, 0, 0, 0})).next, Next::kRefused);
  EXPECT_EQ(client4.refusal(), 91);
}

TEST(SocksClientTest, WhatIsNoSocksReplyIsARefusalWithoutACode) {
  const SocksRequest request(SocksVersion::k5, At("192.0.2.7:80"), "");
  SocksClient http(request);
  EXPECT_EQ(http.OnBytes("HTTP/1.1 400").next, Next::kRefused);
  EXPECT_EQ(http.refusal(), -1);

  SocksClient no_method(request);
  EXPECT_EQ(no_method.OnBytes(Bytes({5, 0xff})).next, Next::kRefused);

  SocksClient odd_address(request);
  odd_address.OnBytes(Bytes({5, 0}));
  EXPECT_EQ(odd_address.OnBytes(Bytes({5, 0, 0, 9, 0})).next, Next::kRefused);
}

}  // namespace
}  // namespace sluice::load
