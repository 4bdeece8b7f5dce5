#include "core/address.h"

#include <arpa/inet.h>

#include <cstring>
#include <optional>
#include <string>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "core/prng.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

static_assert(std::is_trivially_copyable_v<Address>);

Address Must(std::string_view text) {
  const std::optional<Address> address = Address::Parse(text);
  EXPECT_TRUE(address.has_value()) << text;
  return address.value_or(Address());
}

// Addresses whose groups are often 0 or ffff, so that runs, prefixes and mapped forms are common.
Address RandomAddress(Prng& prng) {
  std::array<uint8_t, 16> bytes;
  for (size_t i = 0; i < 16; i += 2) {
    const uint64_t kind = prng.Below(4);
    const uint64_t group = kind == 0   ? prng.Next()
                           : kind == 1 ? prng.Below(256)
                           : kind == 2 ? 0xffff
                                       : 0;
    bytes[i] = static_cast<uint8_t>(group >> 8);
    bytes[i + 1] = static_cast<uint8_t>(group);
  }
  if (prng.OneIn(3)) {
    for (size_t i = 0; i < 12; ++i) bytes[i] = i < 10 ? 0 : 0xff;
  }
  return Address::FromV6(bytes);
}

TEST(AddressTest, EveryTextFormParsesToItsBytes) {
  EXPECT_EQ(Must("192.0.2.1"), Address::FromV4({192, 0, 2, 1}));
  EXPECT_EQ(Must("::"), Address());
  EXPECT_EQ(Must("2001:DB8::1").bytes()[0], 0x20);
  EXPECT_EQ(Must("2001:DB8::1").bytes()[15], 1);
  EXPECT_EQ(Must("192.0.2.1").v4(), 0xc0000201u);
}

TEST(AddressTest, AnIpv4MappedAddressIsTheIpv4Address) {
  EXPECT_EQ(Must("::ffff:10.0.0.1"), Must("10.0.0.1"));
  EXPECT_EQ(Must("0:0:0:0:0:FFFF:0a00:0001"), Must("10.0.0.1"));
  EXPECT_TRUE(Must("::ffff:10.0.0.1").is_v4());
  EXPECT_EQ(Must("::ffff:10.0.0.1").ToString(), "10.0.0.1");
  EXPECT_FALSE(Must("::10.0.0.1").is_v4());
}

TEST(AddressTest, WhatInetPtonRefusesIsRefused) {
  for (const char* text :
       {"",           " ",        "1.2.3",         "1.2.3.4.5",         "1.2.3.256", "01.2.3.4",
        "1.2.3.4 ",   " 1.2.3.4", "0x7f.0.0.1",    "1.2.3.4.",          "[::1]",     ":::",
        "1::2::3",    "12345::",  "::1%lo",        "fe80::1%eth0",      "::1/64",    "2130706433",
        "1.2.3.4:80", "g::",      "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "localhost"}) {
    EXPECT_FALSE(Address::Parse(text).has_value()) << text;
  }
  EXPECT_FALSE(Address::Parse(std::string_view("1.2.3.4\0x", 9)).has_value());
  EXPECT_FALSE(Address::Parse(std::string(1000, '1')).has_value());
}

TEST(AddressTest, TextAndBytesAreInverse) {
  Prng prng(1);
  for (int i = 0; i < 100'000; ++i) {
    const Address address = RandomAddress(prng);
    const std::string text = address.ToString();
    ASSERT_EQ(Address::Parse(text), address) << text;
    ASSERT_EQ(Address::ParseLenient(text), address) << text;
  }
}

// libc agrees with RFC 5952 except that it prints ::a.b.c.d for what is not IPv4-mapped.
TEST(AddressTest, TextIsWhatLibcPrints) {
  Prng prng(2);
  for (int i = 0; i < 100'000; ++i) {
    const Address address = RandomAddress(prng);
    char expected[INET6_ADDRSTRLEN];
    if (address.is_v4()) {
      ASSERT_NE(inet_ntop(AF_INET, &address.bytes()[12], expected, sizeof(expected)), nullptr);
    } else {
      ASSERT_NE(inet_ntop(AF_INET6, address.bytes().data(), expected, sizeof(expected)), nullptr);
      if (std::strchr(expected, '.') != nullptr) continue;
    }
    ASSERT_EQ(address.ToString(), expected);
  }
}

TEST(AddressTest, TextFollowsRfc5952) {
  EXPECT_EQ(Must("2001:0DB8:0:0:0:0:0:0001").ToString(), "2001:db8::1");
  EXPECT_EQ(Must("2001:db8:0:1:1:1:1:1").ToString(), "2001:db8:0:1:1:1:1:1");
  EXPECT_EQ(Must("2001:0:0:1:0:0:0:1").ToString(), "2001:0:0:1::1");
  EXPECT_EQ(Must("2001:db8:0:0:1:0:0:1").ToString(), "2001:db8::1:0:0:1");
  EXPECT_EQ(Must("::").ToString(), "::");
  EXPECT_EQ(Must("1::").ToString(), "1::");
  EXPECT_EQ(Must("::127.0.0.1").ToString(), "::7f00:1");
}

TEST(AddressTest, LenientFormsAreTheAddressTheyReach) {
  const Address loopback = Must("127.0.0.1");
  for (const char* text :
       {"127.1", "127.0.1", "0x7f.0.0.1", "0X7F.1", "0177.0.0.1", "2130706433", "0x7f000001",
        "017700000001", "127.0.0.1.", "127.1.", "[127.0.0.1]", "127.0.0.01", "::ffff:127.0.0.1",
        "[::ffff:7f00:1].", "0x7F.0x0.0x0.0x1", "0000177.0.0.1"}) {
    EXPECT_EQ(Address::ParseLenient(text), loopback) << text;
  }
  EXPECT_EQ(Address::ParseLenient("0"), Must("0.0.0.0"));
  EXPECT_EQ(Address::ParseLenient("[::1]"), Must("::1"));
  EXPECT_EQ(Address::ParseLenient("::1."), Must("::1"));
  EXPECT_EQ(Address::ParseLenient("4294967295"), Must("255.255.255.255"));
}

TEST(AddressTest, LenientRefusesWhatIsNoAddress) {
  for (const char* text : {"",
                           ".",
                           "..",
                           "[]",
                           "[",
                           "]",
                           "[::1",
                           "::1]",
                           "[[::1]]",
                           "127.0.0.1..",
                           "4294967296",
                           "127.16777216",
                           "127.0.65536",
                           "127.0.0.256",
                           "256.0.0.1",
                           "1.2.3.4.5",
                           "1..2",
                           ".1",
                           "0x",
                           "0x.1",
                           "08",
                           "1.2.3.09",
                           "0xg",
                           "127.0.0.1x",
                           "+1",
                           "-1",
                           "1e3",
                           "127. 1",
                           "1 ",
                           "::1%lo",
                           "deadbeef",
                           "a.b",
                           "example.com",
                           "0x7f.0.0.1.in-addr.arpa",
                           "99999999999999999999"}) {
    EXPECT_FALSE(Address::ParseLenient(text).has_value()) << text;
  }
}

// The twin of the lenient parser is libc's inet_aton, which ends at white space where we refuse it.
TEST(AddressTest, LenientAgreesWithInetAton) {
  Prng prng(3);
  int taken = 0;
  for (int i = 0; i < 300'000; ++i) {
    std::string text;
    const uint64_t parts = 1 + prng.Below(5);
    for (uint64_t part = 0; part < parts; ++part) {
      if (part > 0) text += '.';
      const uint64_t bits = prng.OneIn(3) ? 33 : 9;
      const uint64_t value = prng.Below(uint64_t{1} << bits);
      switch (prng.Below(8)) {
        case 0: absl::StrAppend(&text, "0x", absl::Hex(value)); break;
        case 1: absl::StrAppend(&text, "0", value); break;
        case 2: absl::StrAppend(&text, "0X", absl::Hex(value, absl::kZeroPad4)); break;
        default: absl::StrAppend(&text, value); break;
      }
    }
    if (prng.OneIn(8) && !text.empty())
      text[prng.Below(text.size())] = "0123456789xX.-+ag"[prng.Below(17)];
    if (text.ends_with('.')) continue;  // the one spelling beyond inet_aton, tested above
    in_addr expected;
    const bool libc = inet_aton(text.c_str(), &expected) == 1;
    const std::optional<Address> address = Address::ParseLenient(text);
    ASSERT_EQ(address.has_value(), libc) << text;
    if (!libc) continue;
    ++taken;
    ASSERT_EQ(address->v4(), ntohl(expected.s_addr)) << text;
  }
  EXPECT_GT(taken, 30'000);
}

TEST(EndpointTest, TextAndValueAreInverse) {
  Prng prng(4);
  for (int i = 0; i < 20'000; ++i) {
    const Endpoint endpoint{RandomAddress(prng), static_cast<uint16_t>(prng.Next())};
    ASSERT_EQ(Endpoint::Parse(endpoint.ToString()), endpoint) << endpoint.ToString();
  }
  EXPECT_EQ((Endpoint{Must("192.0.2.1"), 80}.ToString()), "192.0.2.1:80");
  EXPECT_EQ((Endpoint{Must("2001:db8::1"), 65535}.ToString()), "[2001:db8::1]:65535");
}
TEST(EndpointTest, TextMayHaveTheInterfaceOfTheAddress) {
  EXPECT_EQ((Endpoint{Must("fe80::1"), 80}.ToString("eth0")), "[fe80::1%eth0]:80");
  EXPECT_EQ((Endpoint{Must("fe80::1"), 80}.ToString("")), "[fe80::1]:80");
}
TEST(AddressTest, LinkLocalAddressesOfIpv6NeedAnInterface) {
  for (const char* text : {"fe80::", "fe80::1", "fe90::1", "febf:ffff::1"})
    EXPECT_TRUE(Must(text).needs_interface()) << text;
  for (const char* text : {"fe7f::1", "fec0::1", "::1", "ff02::1", "169.254.0.1", "2001:db8::1"})
    EXPECT_FALSE(Must(text).needs_interface()) << text;
}

TEST(EndpointTest, WhatToStringNeverPrintsIsRefused) {
  for (const char* text :
       {"", ":", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:+1",
        "192.0.2.1:080", "192.0.2.1: 80", "::1:80", "[::1]", "[::1]:", "[192.0.2.1]:80", "host:80",
        "[::1]80", "192.0.2.1:80x", "[::1:80", "::1]:80"}) {
    EXPECT_FALSE(Endpoint::Parse(text).has_value()) << text;
  }
}

TEST(AddressTest, OrderIsThatOfThe128BitNumber) {
  EXPECT_LT(Must("::1"), Must("0.0.0.0"));
  EXPECT_LT(Must("0.0.0.0"), Must("255.255.255.255"));
  EXPECT_LT(Must("9.255.255.255"), Must("10.0.0.0"));
  EXPECT_LT(Must("255.255.255.255"), Must("64:ff9b::"));
  EXPECT_LT(Must("2001:db8::ff"), Must("2001:db8::100"));
}

TEST(AddressTest, OnlyTheTwoUnspecifiedAddressesAreUnspecified) {
  EXPECT_TRUE(Must("::").is_unspecified());
  EXPECT_TRUE(Must("0.0.0.0").is_unspecified());
  EXPECT_FALSE(Must("0.0.0.1").is_unspecified());
  EXPECT_FALSE(Must("::1").is_unspecified());
}

struct Classified {
  const char* text;
  SpecialUse use;
};

TEST(SpecialUseTest, EveryBlockEndsWhereItsRfcSays) {
  const Classified table[] = {
      {"::", SpecialUse::kUnspecified},
      {"0.0.0.0", SpecialUse::kUnspecified},
      {"0.255.255.255", SpecialUse::kUnspecified},
      {"1.0.0.0", SpecialUse::kNone},
      {"126.255.255.255", SpecialUse::kNone},
      {"127.0.0.0", SpecialUse::kLoopback},
      {"127.255.255.255", SpecialUse::kLoopback},
      {"128.0.0.0", SpecialUse::kNone},
      {"::1", SpecialUse::kLoopback},
      {"169.253.255.255", SpecialUse::kNone},
      {"169.254.0.0", SpecialUse::kLinkLocal},
      {"169.254.169.254", SpecialUse::kLinkLocal},
      {"169.254.255.255", SpecialUse::kLinkLocal},
      {"169.255.0.0", SpecialUse::kNone},
      {"100.100.100.200", SpecialUse::kLinkLocal},
      {"100.100.100.201", SpecialUse::kNone},
      {"fd00:ec2::254", SpecialUse::kLinkLocal},
      {"fd20:ce::254", SpecialUse::kLinkLocal},
      {"fd00:ec2::253", SpecialUse::kNone},
      {"fe7f:ffff::", SpecialUse::kNone},
      {"fe80::", SpecialUse::kLinkLocal},
      {"febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", SpecialUse::kLinkLocal},
      {"fec0::", SpecialUse::kNone},
      {"223.255.255.255", SpecialUse::kNone},
      {"224.0.0.0", SpecialUse::kMulticast},
      {"239.255.255.255", SpecialUse::kMulticast},
      {"ff00::", SpecialUse::kMulticast},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", SpecialUse::kMulticast},
      {"240.0.0.0", SpecialUse::kBroadcast},
      {"255.255.255.255", SpecialUse::kBroadcast},
      {"10.0.0.1", SpecialUse::kNone},
      {"192.168.0.1", SpecialUse::kNone},
      {"2001:db8::1", SpecialUse::kNone},
  };
  for (const Classified& row : table)
    EXPECT_EQ(ClassifySpecialUse(Must(row.text)), row.use) << row.text;
}

TEST(SpecialUseTest, EveryWrappingOfAnIpv4AddressIsThatAddress) {
  Prng prng(5);
  for (int i = 0; i < 20'000; ++i) {
    const uint32_t v4 = static_cast<uint32_t>(prng.Next());
    const Address plain =
        Address::FromV4({static_cast<uint8_t>(v4 >> 24), static_cast<uint8_t>(v4 >> 16),
                         static_cast<uint8_t>(v4 >> 8), static_cast<uint8_t>(v4)});
    const std::string dotted = plain.ToString();
    const std::string high = absl::StrCat(absl::Hex(v4 >> 16));
    const std::string low = absl::StrCat(absl::Hex(v4 & 0xffff));
    for (const std::string& text :
         {dotted, absl::StrCat("::ffff:", dotted), absl::StrCat("64:ff9b::", dotted),
          absl::StrCat("::", dotted), absl::StrCat("::ffff:0:", dotted),
          absl::StrCat("2002:", high, ":", low, "::"),
          absl::StrCat("2002:", high, ":", low, ":1:2:3:4:5")}) {
      if (v4 <= 1 && text.starts_with("::") && !text.starts_with("::ffff")) continue;
      ASSERT_EQ(EmbeddedAddress(Must(text)), plain) << text;
      ASSERT_EQ(ClassifySpecialUse(Must(text)), ClassifySpecialUse(plain)) << text;
    }
  }
}

TEST(SpecialUseTest, AddressesThatCarryNoIpv4AreTheirOwn) {
  for (const char* text : {"::", "::1", "2001:db8::a00:1", "64:ff9b:1::a00:1", "64:ff9b::1:a00:1",
                           "2003:a00:1::", "::1:0:10.0.0.1", "10.0.0.1"}) {
    EXPECT_EQ(EmbeddedAddress(Must(text)), Must(text)) << text;
  }
}

// The twin: every block asked, in any order.
TEST(SpecialUseTest, ClassificationIsTheBlockThatHasTheAddress) {
  const auto slow = [](const Address& address) {
    SpecialUse use = SpecialUse::kNone;
    for (const SpecialUseBlock& block : SpecialUseBlocks()) {
      if (block.first <= address && address <= block.last) use = block.use;
    }
    return use;
  };
  Prng prng(6);
  for (int i = 0; i < 100'000; ++i) {
    const Address address = RandomAddress(prng);
    ASSERT_EQ(ClassifySpecialUse(address), slow(EmbeddedAddress(address))) << address.ToString();
  }
}

TEST(SpecialUseTest, BlocksAreAscendingAndDisjoint) {
  const Address* last = nullptr;
  for (const SpecialUseBlock& block : SpecialUseBlocks()) {
    EXPECT_LE(block.first, block.last);
    EXPECT_NE(block.use, SpecialUse::kNone);
    EXPECT_NE(SpecialUseName(block.use), SpecialUseName(SpecialUse::kNone));
    if (last != nullptr) {
      EXPECT_LT(*last, block.first);
    }
    last = &block.last;
  }
}

}  // namespace
}  // namespace sluice
