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
  EXPECT_EQ(SocksRequest::Problem(SocksVersion::k5, At("[::1]:80"), ""), "");
  EXPECT_EQ(SocksRequest::Problem(SocksVersion::k4a, At("[::1]:80"), "localhost"), "");
  EXPECT_NE(SocksRequest::Problem(SocksVersion::k4, At("[::1]:80"), ""), "");
  EXPECT_NE(SocksRequest::Problem(SocksVersion::k4a, At("[::1]:80"), ""), "");
  EXPECT_NE(SocksRequest::Problem(SocksVersion::k4, At("127.0.0.1:80"), "localhost"), "");
  EXPECT_NE(SocksRequest::Problem(SocksVersion::k5, At("127.0.0.1:80"), std::string(256, 'a')), "");
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
