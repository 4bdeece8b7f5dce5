#include "proto/udp_header.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

std::string Bytes(std::initializer_list<int> bytes) {
  return std::string(bytes.begin(), bytes.end());
}

absl::Span<const uint8_t> Span(const std::string& bytes) {
  return absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

const std::string kV4 = Bytes({0, 0, 0, 1, 192, 0, 2, 7, 0, 53});
const std::string kV6 =
    Bytes({0, 0, 0, 4, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0x12, 0x34});
const std::string kName = Bytes({0, 0, 0, 3, 11}) + "example.org" + Bytes({1, 0});

TEST(UdpHeaderTest, EachAddressTypeIsRead) {
  const auto v4 = UdpHeader::Parse(Span(kV4 + "data"));
  ASSERT_TRUE(v4);
  EXPECT_EQ((Endpoint{v4->address, v4->port}), *Endpoint::Parse("192.0.2.7:53"));
  EXPECT_EQ(v4->size, 10u);
  EXPECT_EQ(v4->name, "");
  const auto v6 = UdpHeader::Parse(Span(kV6));
  ASSERT_TRUE(v6);
  EXPECT_EQ((Endpoint{v6->address, v6->port}), *Endpoint::Parse("[2001:db8::7]:4660"));
  EXPECT_EQ(v6->size, 22u);
  const std::string with_data = kName + "data";
  const auto name = UdpHeader::Parse(Span(with_data));
  ASSERT_TRUE(name);
  EXPECT_EQ(name->name, "example.org");
  EXPECT_EQ(name->port, 256);
  EXPECT_EQ(name->size, kName.size());
}

TEST(UdpHeaderTest, EveryCutHeaderIsNone) {
  for (const std::string& whole : {kV4, kV6, kName}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      EXPECT_FALSE(UdpHeader::Parse(Span(whole.substr(0, size)))) << size << " of " << whole.size();
    }
    EXPECT_TRUE(UdpHeader::Parse(Span(whole)));
  }
}

TEST(UdpHeaderTest, NameOf255BytesIsReadAndAnEmptyOneIsNot) {
  const std::string longest(255, 'a');
  const std::string datagram = Bytes({0, 0, 0, 3, 255}) + longest + Bytes({0, 1});
  const auto header = UdpHeader::Parse(Span(datagram));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->name, longest);
  EXPECT_FALSE(UdpHeader::Parse(Span(Bytes({0, 0, 0, 3, 0, 0, 1}) + "data")));
}

TEST(UdpHeaderTest, FragmentIsToldApartWhateverFollows) {
  for (const int frag : {1, 0x7f, 0x80, 0xff}) {
    const auto header = UdpHeader::Parse(Span(Bytes({0, 0, frag, 9})));
    ASSERT_TRUE(header);
    EXPECT_EQ(header->frag, frag);
  }
}

TEST(UdpHeaderTest, RsvIsNotLookedAt) {
  EXPECT_TRUE(UdpHeader::Parse(Span(Bytes({0xff, 0x7f}) + kV4.substr(2))));
}

TEST(UdpHeaderTest, UnknownAddressTypesAreNone) {
  for (const int type : {0, 2, 5, 0xff}) {
    EXPECT_FALSE(UdpHeader::Parse(Span(Bytes({0, 0, 0, type}) + kV6.substr(4)))) << type;
  }
}

TEST(UdpHeaderTest, WhatLeadsNowhereIsNone) {
  EXPECT_FALSE(UdpHeader::Parse(Span(kV4.substr(0, 8) + Bytes({0, 0}))));
  EXPECT_FALSE(UdpHeader::Parse(Span(Bytes({0, 0, 0, 1, 0, 0, 0, 0, 0, 53}))));
  EXPECT_FALSE(UdpHeader::Parse(
      Span(Bytes({0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 53}))));
  EXPECT_FALSE(UdpHeader::Parse(Span(Bytes({0, 0, 0, 3, 1}) + "0" + Bytes({0, 53}))));
}

TEST(UdpHeaderTest, NameWithAByteThatNoNameHasIsNone) {
  for (const int byte : {0x00, 0x20, 0x0a, 0x25, 0x7f, 0x80, 0xff}) {
    EXPECT_FALSE(UdpHeader::Parse(Span(Bytes({0, 0, 0, 3, 3, 'a', byte, 'b', 0, 53})))) << byte;
  }
}

TEST(UdpHeaderTest, NameThatSpellsAnAddressIsThatAddress) {
  const auto header =
      UdpHeader::Parse(Span(Bytes({0, 0, 0, 3, 10}) + "0x7f.0.0.1" + Bytes({0, 53})));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->name, "");
  EXPECT_EQ(header->address, Address::FromV4({127, 0, 0, 1}));
}

TEST(UdpHeaderTest, MappedAddressIsTheIpv4Address) {
  const auto header = UdpHeader::Parse(
      Span(Bytes({0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1, 0, 53})));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->address, Address::FromV4({10, 0, 0, 1}));
}

TEST(UdpHeaderTest, WhatIsWrittenIsReadBack) {
  for (const char* text : {"192.0.2.7:53", "[2001:db8::7]:4660", "0.0.0.1:65535"}) {
    const Endpoint source = *Endpoint::Parse(text);
    UdpHeader::Written written;
    const size_t size = UdpHeader::Write(source, written);
    const auto header = UdpHeader::Parse(absl::MakeConstSpan(written.data(), size));
    ASSERT_TRUE(header) << text;
    EXPECT_EQ((Endpoint{header->address, header->port}), source);
    EXPECT_EQ(header->size, size);
    EXPECT_EQ(size, source.address.is_v4() ? 10u : 22u);
  }
}

}  // namespace
}  // namespace sluice
