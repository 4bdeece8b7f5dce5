#include "policy/config.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using Files = std::map<std::string, std::string, std::less<>>;

absl::StatusOr<Config> Parse(const std::string& text, const Files& files = {}) {
  return ParseConfig(text, "sluice.toml",
                     [&files](std::string_view path) -> absl::StatusOr<std::string> {
                       const auto file = files.find(path);
                       if (file == files.end()) return absl::NotFoundError("no such file");
                       return file->second;
                     });
}

Config MustParse(const std::string& text, const Files& files = {}) {
  const absl::StatusOr<Config> config = Parse(text, files);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *config : Config{};
}

std::string ErrorOf(const std::string& text, const Files& files = {}) {
  const absl::StatusOr<Config> config = Parse(text, files);
  EXPECT_FALSE(config.ok());
  return config.ok() ? "" : std::string(config.status().message());
}

AddressRange Range(const char* first, const char* last) {
  return {*Address::Parse(first), *Address::Parse(last)};
}

// --- What is right

TEST(ConfigTest, EmptyTextIsTheDefaults) {
  const Config config = MustParse("");
  EXPECT_TRUE(config.service.enabled);
  EXPECT_EQ(config.service.listen,
            (std::vector<ListenPlace>{{*Address::Parse("127.0.0.1")}, {*Address::Parse("::1")}}));
  EXPECT_EQ(config.service.port, 1080);
  EXPECT_FALSE(config.service.socks4);
  EXPECT_EQ(config.service.backlog, 256);
  EXPECT_FALSE(config.service.end_refused);
  EXPECT_EQ(config.timeouts.handshake, absl::Seconds(10));
  EXPECT_EQ(config.timeouts.connect, absl::Seconds(10));
  EXPECT_EQ(config.timeouts.idle, absl::Hours(1));
  EXPECT_EQ(config.timeouts.half_closed, absl::Minutes(5));
  EXPECT_FALSE(config.service.bind_ports.has_value());
  EXPECT_FALSE(config.service.udp_ports.has_value());
  EXPECT_TRUE(config.service.advertised.empty());
  EXPECT_EQ(config.timeouts.bind, absl::Seconds(120));
  EXPECT_EQ(config.timeouts.udp_idle, absl::Seconds(60));
  EXPECT_EQ(config.timeouts.stalled, absl::Minutes(5));
  EXPECT_EQ(config.timeouts.unacknowledged, absl::Seconds(90));
  EXPECT_EQ(config.timeouts.keepalive, absl::Seconds(60));
  EXPECT_EQ(config.timeouts.keepalive_interval, absl::Seconds(10));
  EXPECT_EQ(config.timeouts.keepalive_probes, 3);
  EXPECT_EQ(config.timeouts.ident, absl::Seconds(5));
  EXPECT_EQ(config.limits.handshakes, 4096);
  EXPECT_EQ(config.limits.sessions, 32'768);
  EXPECT_EQ(config.limits.associations, 4096);
  EXPECT_EQ(config.limits.binds, 128);
  EXPECT_EQ(config.limits.names, 256);
  EXPECT_TRUE(config.rules.empty());
}

// Nothing as it is by default.
constexpr char kEveryKey[] = R"(
    [socks]
    enabled = false
    listen = ["any"]
    port = 0
    socks4 = true
    backlog = 1024
    end_refused = true
    bind_ports = "20000-20999"
    udp_ports = 21000
    advertised = ["198.51.100.1", "2001:db8::1"]
    [timeouts]
    handshake = "250ms"
    connect = "1m30s"
    idle = "2h"
    half_closed = "5m"
    bind = "3m"
    udp_idle = "20s"
    stalled = "2m"
    unacknowledged = "0s"
    keepalive = "0s"
    keepalive_interval = "30s"
    keepalive_probes = 9
    ident = "1s"
    [limits]
    handshakes = 1
    sessions = 2
    associations = 3
    binds = 4
    names = 0
    [[rule]]
    name = "a rule"
    comment = "why"
    enabled = false
    expires = 2030-12-31T18:00:00+02:00
    source = ["10.0.0.0/8"]
    source_ports = ["1024-65535"]
    destination = ["*.Example.COM.", "192.0.2.1", "special-use"]
    destination_ports = [80, "443", "8000-8999"]
    commands = ["connect", "udp_associate"]
    ident = true
    bind_any_peer = true
    udp_any_peer = true
    egress = { address = ["192.0.2.1", "2001:db8::7"], interface = "eth1" }
    verdict = "allow"
  )";

TEST(ConfigTest, EveryKeyOfTheServiceIsRead) {
  const Config config = MustParse(kEveryKey);
  EXPECT_FALSE(config.service.enabled);
  EXPECT_EQ(config.service.listen,
            (std::vector<ListenPlace>{{*Address::Parse("0.0.0.0")}, {*Address::Parse("::")}}));
  EXPECT_EQ(config.service.port, 0);
  EXPECT_TRUE(config.service.socks4);
  EXPECT_EQ(config.service.backlog, 1024);
  EXPECT_TRUE(config.service.end_refused);
  EXPECT_EQ(config.timeouts.handshake, absl::Milliseconds(250));
  EXPECT_EQ(config.timeouts.connect, absl::Seconds(90));
  EXPECT_EQ(config.timeouts.idle, absl::Hours(2));
  EXPECT_EQ(config.timeouts.half_closed, absl::Minutes(5));
  EXPECT_EQ(config.timeouts.bind, absl::Minutes(3));
  EXPECT_EQ(config.timeouts.udp_idle, absl::Seconds(20));
  EXPECT_EQ(config.timeouts.stalled, absl::Minutes(2));
  EXPECT_EQ(config.timeouts.unacknowledged, absl::ZeroDuration());
  EXPECT_EQ(config.timeouts.keepalive, absl::ZeroDuration());
  EXPECT_EQ(config.timeouts.keepalive_interval, absl::Seconds(30));
  EXPECT_EQ(config.timeouts.keepalive_probes, 9);
  EXPECT_EQ(config.timeouts.ident, absl::Seconds(1));
  EXPECT_EQ(config.service.bind_ports, (PortRange{20000, 20999}));
  EXPECT_EQ(config.service.udp_ports, (PortRange{21000, 21000}));
  EXPECT_EQ(config.service.advertised, (std::vector<Address>{*Address::Parse("198.51.100.1"),
                                                             *Address::Parse("2001:db8::1")}));
}

TEST(ConfigTest, EveryLimitOfASourceIsRead) {
  const Config config = MustParse(kEveryKey);
  EXPECT_EQ(config.limits.handshakes, 1);
  EXPECT_EQ(config.limits.sessions, 2);
  EXPECT_EQ(config.limits.associations, 3);
  EXPECT_EQ(config.limits.binds, 4);
  EXPECT_EQ(config.limits.names, 0);
}

TEST(ConfigTest, EveryKeyOfARuleIsRead) {
  const Config config = MustParse(kEveryKey);
  ASSERT_EQ(config.rules.size(), 1u);
  const Rule& rule = config.rules[0];
  EXPECT_EQ(rule.name, "a rule");
  EXPECT_EQ(rule.comment, "why");
  EXPECT_FALSE(rule.enabled);
  EXPECT_EQ(absl::FormatTime(rule.expires, absl::UTCTimeZone()), "2030-12-31T16:00:00+00:00");
  EXPECT_FALSE(rule.source.any);
  ASSERT_EQ(rule.source.lists.size(), 1u);
  EXPECT_THAT(config.lists[rule.source.lists[0]].addresses,
              testing::ElementsAre(Range("10.0.0.0", "10.255.255.255")));
  EXPECT_THAT(rule.source_ports, testing::ElementsAre(PortRange{1024, 65535}));
  EXPECT_TRUE(rule.destination.special_use);
  ASSERT_EQ(rule.destination.lists.size(), 1u);
  const EntryList& entries = config.lists[rule.destination.lists[0]];
  EXPECT_THAT(entries.addresses, testing::ElementsAre(Range("192.0.2.1", "192.0.2.1")));
  ASSERT_EQ(entries.names.size(), 1u);
  EXPECT_EQ(entries.names[0].name, "example.com");
  EXPECT_TRUE(entries.names[0].below);
  EXPECT_THAT(rule.destination_ports,
              testing::ElementsAre(PortRange{80, 80}, PortRange{443, 443}, PortRange{8000, 8999}));
  EXPECT_EQ(rule.commands,
            CommandBit(PolicyCommand::kConnect) | CommandBit(PolicyCommand::kUdpAssociate));
  EXPECT_EQ(rule.verdict, Verdict::kAllow);
  EXPECT_TRUE(rule.grant.ident);
  EXPECT_TRUE(rule.grant.bind_any_peer);
  EXPECT_TRUE(rule.grant.udp_any_peer);
  EXPECT_EQ(rule.grant.egress.addresses,
            (std::vector<Address>{*Address::Parse("192.0.2.1"), *Address::Parse("2001:db8::7")}));
  EXPECT_EQ(rule.grant.egress.interface, "eth1");
}

TEST(ConfigTest, ARuleThatSaysNothingCoversEverythingAndDenies) {
  const Config config = MustParse("[[rule]]\n[[rule]]\n");
  ASSERT_EQ(config.rules.size(), 2u);
  const Rule& rule = config.rules[1];
  EXPECT_EQ(rule.name, "rule 2");
  EXPECT_TRUE(rule.enabled);
  EXPECT_EQ(rule.expires, absl::InfiniteFuture());
  EXPECT_TRUE(rule.source.any);
  EXPECT_TRUE(rule.destination.any);
  EXPECT_TRUE(rule.source_ports[0].is_all());
  EXPECT_TRUE(rule.destination_ports[0].is_all());
  EXPECT_EQ(rule.commands, kAllPolicyCommands);
  EXPECT_EQ(rule.verdict, Verdict::kDeny);
}

TEST(ConfigTest, ADateAloneIsItsMidnightInUtc) {
  const Config config = MustParse("[[rule]]\nexpires = 2030-12-31\n");
  EXPECT_EQ(absl::FormatTime(config.rules[0].expires, absl::UTCTimeZone()),
            "2030-12-31T00:00:00+00:00");
}

TEST(ConfigTest, SetsAndFilesAreHeldOnceHoweverOftenTheyAreNamed) {
  const Config config = MustParse(
      R"([[rule]]
         destination = ["@office", "file:more.txt"]
         [[rule]]
         destination = ["file:more.txt", "@office"]
         source = ["@office"]
         [sets.office]
         addresses = ["10.0.0.0/8", "192.168.1.10-192.168.1.20", "2001:db8::/32"]
         hosts = ["*.example.com", "file:lists/partners.txt"])",
      {{"lists/partners.txt", "a.example\nb.example\n"},
       {"more.txt", "c.example\n198.51.100.7\n"}});
  ASSERT_EQ(config.rules.size(), 2u);
  EXPECT_EQ(config.lists.size(), 4u);
  EXPECT_EQ(config.rules[0].destination.lists, config.rules[1].destination.lists);
  EXPECT_EQ(config.rules[0].destination.lists.size(), 4u);
  EXPECT_EQ(config.rules[1].source.lists.size(), 3u);
  EXPECT_THAT(config.lists[0].addresses,
              testing::ElementsAre(Range("10.0.0.0", "10.255.255.255"),
                                   Range("192.168.1.10", "192.168.1.20"),
                                   Range("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")));
}

TEST(ConfigTest, AListFileMayHaveCommentsBlankLinesAndWindowsLineEnds) {
  const Config config = MustParse(
      R"([[rule]]
                                     destination = ["file:list"])",
      {{"list", "\xef\xbb\xbf# head\r\n\r\n  10.0.0.1   # one\r\n\tB.Example.\r\n*.c.example"}});
  const EntryList& list = config.lists[0];
  EXPECT_THAT(list.addresses, testing::ElementsAre(Range("10.0.0.1", "10.0.0.1")));
  ASSERT_EQ(list.names.size(), 2u);
  EXPECT_EQ(list.names[0].name, "b.example");
  EXPECT_FALSE(list.names[0].below);
  EXPECT_EQ(list.names[1].name, "c.example");
  EXPECT_TRUE(list.names[1].below);
}

TEST(ConfigTest, AnIPv4MappedEntryIsTheIPv4Entry) {
  const Config config = MustParse(R"([[rule]]
                                     destination = ["::ffff:10.0.0.0/104", "::ffff:192.0.2.1"])");
  EXPECT_THAT(config.lists[0].addresses, testing::ElementsAre(Range("10.0.0.0", "10.255.255.255"),
                                                              Range("192.0.2.1", "192.0.2.1")));
}

// --- What is wrong. The exact words are what an administrator reads.

struct Wrong {
  const char* text;
  const char* error;
};

class WrongConfigTest : public testing::TestWithParam<Wrong> {};

TEST_P(WrongConfigTest, IsToldWithItsPlaceAndARemedy) {
  const Files files = {{"bad.txt", "ok.example\n\n  10.1.2.3/8\n"},
                       {"names.txt", "# names\n a.example\n"}};
  EXPECT_EQ(ErrorOf(GetParam().text, files), GetParam().error);
}

// Each on one line: an input, and its message.
// clang-format off
constexpr Wrong kWrong[] = {
    // TOML itself
    {"[socks\n", R"(sluice.toml:1:7: expected TOML, found a mistake (expected ']', saw '\\n'); correct it here; texts stand in double quotes, lists in [ ])"},
    {"[socks]\nport = 1\nport = 2\n", "sluice.toml:3:8: expected each key and each table once, found another integer 'port'; keep one of them"},
    {"a = [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]\n", "sluice.toml:1:21: expected values at most 16 lists deep, found one more; write flat lists"},
    {"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a = 1\n", "sluice.toml:1:32: expected a key with at most 16 parts, found one more; shorten the key"},
    {"[.a]\n", "sluice.toml:1:2: expected TOML, found a mistake (expected bare key starting character or string delimiter, saw '.'); correct it here; texts stand in double quotes, lists in [ ]"},
    {"[socks]\n§ = 1\n", "sluice.toml:2:1: expected ASCII outside texts and comments, found another letter; put texts in double quotes"},
    {"a = \"\"\"b\\\n  §\"\"\"\n", "sluice.toml:2:3: expected ASCII first behind a line that ends in a backslash, found another letter; join the two lines"},
    // Keys
    {"[sock]\n", R"(sluice.toml:1:2: expected a key of this file, found "sock"; did you mean "socks"?)"},
    {"[socks]\nlisen = [\"any\"]\n", R"(sluice.toml:2:1: expected a key of [socks], found "lisen"; did you mean "listen"?)"},
    {"[timeouts]\nquux = 1\n", R"(sluice.toml:2:1: expected a key of [timeouts], found "quux"; use one of handshake, authentication, connect, idle, half_closed, bind, udp_idle, ident, stalled, unacknowledged, keepalive, keepalive_interval, …)"},
    {"[sets.a]\nadresses = []\n", R"(sluice.toml:2:1: expected a key of [sets.a], found "adresses"; did you mean "addresses"?)"},
    {"[[rule]]\ndestinaton = []\n", R"(sluice.toml:2:1: expected a key of [[rule]], found "destinaton"; did you mean "destination"?)"},
    {"socks = 1\n", "sluice.toml:1:9: expected a table [socks], found 1; write it as a table, with its keys below"},
    {"[rule]\nname = \"a\"\n", "sluice.toml:1:1: expected tables [[rule]], found a table; write [[rule]], with two brackets, above each rule"},
    // [socks]
    {"[socks]\nenabled = \"yes\"\n", R"(sluice.toml:2:11: expected true or false, found "yes"; write true or false, without quotes)"},
    {"[socks]\nport = 70000\n", "sluice.toml:2:8: expected a number from 0 to 65535, found 70000; write a whole number in these bounds, without quotes"},
    {"[socks]\nport = \"1080\"\n", R"(sluice.toml:2:8: expected a number from 0 to 65535, found "1080"; write a whole number in these bounds, without quotes)"},
    {"[socks]\nbacklog = 0\n", "sluice.toml:2:11: expected a number from 1 to 65535, found 0; write a whole number in these bounds, without quotes"},
    {"[socks]\nlisten = []\n", "sluice.toml:2:10: expected a list of addresses to listen on, found an empty list; write at least one entry"},
    {"[socks]\nlisten = \"any\"\n", R"(sluice.toml:2:10: expected a list of addresses to listen on, found "any"; write it as a list: ["…", "…"])"},
    {"[socks]\nlisten = [\"localhost\"]\n", R"(sluice.toml:2:11: expected an address of this host, or "any", found "localhost"; write an IPv4 or IPv6 address without port, prefix or name)"},
    {"[socks]\nlisten = [\"127.1\"]\n", R"(sluice.toml:2:11: expected an address of this host, or "any", found "127.1"; write "127.0.0.1")"},
    {"[socks]\nlisten = [\"224.0.0.1\"]\n", R"(sluice.toml:2:11: expected an address of this host, or "any", found "224.0.0.1"; multicast and broadcast have no listeners)"},
    {"[socks]\nlisten = [\"any\", \"::\"]\n", R"(sluice.toml:2:18: expected each address once, found another "::"; keep one of them)"},
    // [timeouts]
    {"[timeouts]\nkeepalive = \"500ms\"\n", R"(sluice.toml:2:13: expected whole seconds from 1s to 9h, found "500ms"; write for instance "30s" or "5m", or "0s" for no probes)"},
    {"[timeouts]\nkeepalive = \"10h\"\n", R"(sluice.toml:2:13: expected whole seconds from 1s to 9h, found "10h"; write for instance "30s" or "5m", or "0s" for no probes)"},
    {"[timeouts]\nkeepalive_interval = \"0s\"\n", R"(sluice.toml:2:22: expected whole seconds from 1s to 9h, found "0s"; write for instance "30s" or "5m")"},
    {"[timeouts]\nkeepalive_probes = 0\n", R"(sluice.toml:2:20: expected a number from 1 to 127, found 0; write a whole number in these bounds, without quotes)"},
    {"[timeouts]\nidle = 3600\n", R"(sluice.toml:2:8: expected a duration such as "10s", found 3600; write it as text in double quotes)"},
    {"[timeouts]\nidle = \"10\"\n", R"(sluice.toml:2:8: expected a duration from 1ms to 720h, found "10"; write for instance "250ms", "10s", "5m" or "1h30m")"},
    {"[timeouts]\nidle = \"0s\"\n", R"(sluice.toml:2:8: expected a duration from 1ms to 720h, found "0s"; write for instance "250ms", "10s", "5m" or "1h30m")"},
    {"[timeouts]\nidle = \"inf\"\n", R"(sluice.toml:2:8: expected a duration from 1ms to 720h, found "inf"; write for instance "250ms", "10s", "5m" or "1h30m")"},
    // [limits]
    {"[limits]\nsessions = -1\n", "sluice.toml:2:12: expected a number from 0 to 16000000, found -1; write a whole number in these bounds, without quotes"},
    {"[limits]\nname = 1\n", R"(sluice.toml:2:1: expected a key of [limits], found "name"; did you mean "names"?)"},
    // Sets
    {"sets = 1\n", "sluice.toml:1:8: expected tables such as [sets.office], found 1; give each set a table of its own"},
    {"[sets.\"a b\"]\n", R"(sluice.toml:1:7: expected a set's name of letters, digits, "-" and "_", at most 63, found "a b"; rename the set)"},
    {"[sets.a]\nhosts = [\"10.0.0.1\"]\n", R"(sluice.toml:2:10: expected a host name, found the address "10.0.0.1"; addresses can stand in a set's addresses and in a rule's source and destination)"},
    {"[sets.a]\naddresses = [\"a.example\"]\n", R"(sluice.toml:2:14: expected an address, a range or a CIDR, found the name "a.example"; names can stand in a set's hosts and in a rule's destination)"},
    {"[sets.a]\nhosts = [\"@b\"]\n", R"(sluice.toml:2:10: expected a host name, found "@b"; this can stand only in a rule; name the entries here)"},
    {"[sets.a]\naddresses = [7]\n", "sluice.toml:2:14: expected an entry, found 7; write it as text in double quotes"},
    // Entries
    {"[[rule]]\ndestination = [\"10.1.2.3/8\"]\n", R"(sluice.toml:2:16: expected a CIDR without host bits, found "10.1.2.3/8"; write "10.0.0.0/8" for the network or "10.1.2.3" for the one address)"},
    {"[[rule]]\ndestination = [\"2001:db8::1/32\"]\n", R"(sluice.toml:2:16: expected a CIDR without host bits, found "2001:db8::1/32"; write "2001:db8::/32" for the network or "2001:db8::1" for the one address)"},
    {"[[rule]]\ndestination = [\"10.0.0.0/33\"]\n", R"(sluice.toml:2:16: expected a prefix length from 0 to 32, found "10.0.0.0/33"; correct the number after the slash)"},
    {"[[rule]]\ndestination = [\"::ffff:10.0.0.0/8\"]\n", R"(sluice.toml:2:16: expected a prefix length from 96 to 128, found "::ffff:10.0.0.0/8"; correct the number after the slash)"},
    {"[[rule]]\ndestination = [\"10/8\"]\n", R"(sluice.toml:2:16: expected a CIDR such as 10.0.0.0/8 or 2001:db8::/32, found "10/8"; write the network's full address before the slash)"},
    {"[[rule]]\ndestination = [\"10.0.0.9-10.0.0.1\"]\n", R"(sluice.toml:2:16: expected a range from low to high, found "10.0.0.9-10.0.0.1"; write "10.0.0.1-10.0.0.9")"},
    {"[[rule]]\ndestination = [\"10.0.0.9-15\"]\n", R"(sluice.toml:2:16: expected a range such as 192.168.1.10-192.168.1.20, found "10.0.0.9-15"; write a full address on both sides of the dash)"},
    {"[[rule]]\ndestination = [\"10.0.0.1-::1\"]\n", R"(sluice.toml:2:16: expected a range within one family, found "10.0.0.1-::1"; write one range for IPv4 and one for IPv6)"},
    {"[[rule]]\ndestination = [\"0x7f.1\"]\n", R"(sluice.toml:2:16: expected an address in its usual form, found "0x7f.1"; write "127.0.0.1")"},
    {"[[rule]]\ndestination = [\"300.1.2.3\"]\n", R"(sluice.toml:2:16: expected an address, a range, a CIDR or a host name, found "300.1.2.3"; names have labels of letters, digits, "-" and "_", 1 to 63 long, 253 in all)"},
    {"[[rule]]\ndestination = [\"host:80\"]\n", R"(sluice.toml:2:16: expected an address, a range, a CIDR or a host name, found "host:80"; correct the address; ports have keys of their own)"},
    {"[[rule]]\ndestination = [\"https://example.com/\"]\n", R"(sluice.toml:2:16: expected a host name or an address, found "https://example.com/"; write only the host, without scheme and path)"},
    {"[[rule]]\ndestination = [\"münchen.example\"]\n", R"(sluice.toml:2:16: expected a host name in ASCII, found "münchen.example"; write an international name in its ASCII form, whose labels start with "xn--")"},
    {"[[rule]]\ndestination = [\"a.*.example\"]\n", R"(sluice.toml:2:16: expected "*." only at the start of a name, found "a.*.example"; write "*.example.com" for every name below example.com)"},
    {"[[rule]]\ndestination = [\".example\"]\n", R"(sluice.toml:2:16: expected an address, a range, a CIDR or a host name, found ".example"; write "*.example" for every name below it)"},
    {"[[rule]]\ndestination = [\"a..b\"]\n", R"(sluice.toml:2:16: expected an address, a range, a CIDR or a host name, found "a..b"; names have labels of letters, digits, "-" and "_", 1 to 63 long, 253 in all)"},
    {"[[rule]]\ndestination = [\"\"]\n", R"(sluice.toml:2:16: expected an address, a range, a CIDR or a host name, found ""; names have labels of letters, digits, "-" and "_", 1 to 63 long, 253 in all)"},
    // Rules
    {"[[rule]]\nname = \"\"\n", R"(sluice.toml:2:8: expected a name of 1 to 63 bytes without control characters, found ""; rename the rule; a comment may be longer)"},
    {"[[rule]]\nname = \"a\\nb\"\n", R"(sluice.toml:2:8: expected a name of 1 to 63 bytes without control characters, found "a\x0ab"; rename the rule; a comment may be longer)"},
    {"[[rule]]\nname = \"a\"\n[[rule]]\nname = \"a\"\n", R"(sluice.toml:4:8: expected a name that no other rule has, found "a", which the rule of line 2 has; rename one of the two)"},
    {"[[rule]]\nsource = [\"special-use\"]\n", R"(sluice.toml:2:11: expected an address, a range, a CIDR or a set, found "special-use"; special-use stands only in a destination; name the addresses here)"},
    {"[[rule]]\nsource = [\"a.example\"]\n", R"(sluice.toml:2:11: expected an address, a range or a CIDR, found the name "a.example"; names can stand in a set's hosts and in a rule's destination)"},
    {"[[rule]]\nsource = []\n", "sluice.toml:2:10: expected a list of sources, found an empty list; write at least one entry"},
    {"[[rule]]\nsource = [\"@office\"]\n", R"(sluice.toml:2:11: expected the name of a set, found "@office"; write a table [sets.office])"},
    {"[sets.office]\n[[rule]]\nsource = [\"@offce\"]\n", R"(sluice.toml:3:11: expected the name of a set, found "@offce"; did you mean "@office"?)"},
    {"[sets.a]\nhosts = [\"a.example\"]\n[[rule]]\nsource = [\"@a\"]\n", R"(sluice.toml:4:11: expected a set with addresses, found "@a", which has only hosts; a source is an address: give the set addresses)"},
    {"[[rule]]\nsource_ports = [\"0\"]\n", R"(sluice.toml:2:17: expected a port or a range of ports within 1-65535, found "0"; write for instance "443" or "8000-8999")"},
    {"[[rule]]\nsource_ports = [\"20-10\"]\n", R"(sluice.toml:2:17: expected a range from low to high, found "20-10"; write "10-20")"},
    {"[[rule]]\ndestination_ports = [\"http\"]\n", R"(sluice.toml:2:22: expected a port or a range of ports within 1-65535, found "http"; write for instance "443" or "8000-8999")"},
    {"[[rule]]\ncommands = [\"conect\"]\n", R"(sluice.toml:2:13: expected a command, found "conect"; did you mean "connect"?)"},
    {"[[rule]]\nverdict = \"drop\"\n", R"(sluice.toml:2:11: expected "allow" or "deny", found "drop"; use one of allow, deny)"},
    {"[[rule]]\nexpires = \"2030-01-01\"\n", R"(sluice.toml:2:11: expected a date, or a date with time and offset, found "2030-01-01"; write for instance 2030-12-31 or 2030-12-31T18:00:00Z, without quotes)"},
    {"[[rule]]\nexpires = 2030-01-01T00:00:00\n", "sluice.toml:2:11: expected a date, or a date with time and offset, found a value of another type; write for instance 2030-12-31 or 2030-12-31T18:00:00Z, without quotes"},
    // List files
    {"[[rule]]\ndestination = [\"file:\"]\n", R"(sluice.toml:2:16: expected the path of a list file, found "file:"; write for instance "file:lists/partners.txt")"},
    {"[[rule]]\ndestination = [\"file:a\\nb\"]\n", R"(sluice.toml:2:16: expected the path of a list file, found "file:a\x0ab"; write for instance "file:lists/partners.txt")"},
    {"[[rule]]\ndestination = [\"file:none.txt\"]\n", R"(sluice.toml:2:16: expected a readable list file, found "none.txt" (no such file); a path is relative to the folder of this file)"},
    {"[[rule]]\ndestination = [\"file:bad.txt\"]\n", R"(bad.txt:3:3: expected a CIDR without host bits, found "10.1.2.3/8"; write "10.0.0.0/8" for the network or "10.1.2.3" for the one address)"},
    {"[[rule]]\nsource = [\"file:names.txt\"]\n", R"(names.txt:2:2: expected an address, a range or a CIDR, found the name "a.example"; names can stand in a set's hosts and in a rule's destination)"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Golden, WrongConfigTest, testing::ValuesIn(kWrong));

TEST(ConfigTest, AllErrorsAreToldInTheOrderOfTheText) {
  EXPECT_EQ(
      ErrorOf("[socks]\nsocks4 = 1\nport = -1\n[[rule]]\nverdict = true\n"),
      "sluice.toml:2:10: expected true or false, found 1; write true or false, without quotes\n"
      "sluice.toml:3:8: expected a number from 0 to 65535, found -1; write a whole number in these "
      "bounds, without quotes\n"
      "sluice.toml:5:11: expected \"allow\" or \"deny\", found true; write it as text in double "
      "quotes");
}

TEST(ConfigTest, ErrorsBeyondTheBoundAreCounted) {
  std::string list;
  for (int i = 0; i < 1000; ++i) list += "a..b\n";
  const std::vector<std::string> lines =
      absl::StrSplit(ErrorOf("[[rule]]\ndestination = [\"file:list\"]\n", {{"list", list}}), '\n');
  ASSERT_EQ(lines.size(), kConfigErrorsMax + 1);
  EXPECT_EQ(lines.back(), "sluice.toml: and 980 more errors");
}

TEST(ConfigTest, AListFileThatIsNamedTwiceComplainsOnce) {
  const std::string error =
      ErrorOf("[[rule]]\ndestination = [\"file:list\"]\n[[rule]]\ndestination = [\"file:list\"]\n",
              {{"list", "a..b"}});
  EXPECT_EQ(error.find('\n'), error.npos) << error;
}

TEST(ConfigTest, ARuleNameMayHaveAllTheBytesThatSessionsKeep) {
  const std::string name(limits::kRuleNameBytesMax, 'x');
  EXPECT_EQ(MustParse("[[rule]]\nname = \"" + name + "\"\n").rules[0].name, name);
  EXPECT_THAT(ErrorOf("[[rule]]\nname = \"" + name + "x\"\n"),
              testing::StartsWith("sluice.toml:2:8: expected a name of 1 to 63 bytes"));
}

TEST(ConfigTest, TextBeyondTheBoundIsRefusedUnread) {
  EXPECT_EQ(ErrorOf(std::string(limits::kConfigBytesMax + 1, ' ')),
            "sluice.toml:1:1: expected at most 64 MB, found 67108865 bytes; move long lists into "
            "list files");
}

TEST(ConfigTest, NestingOfAnyDepthIsRefusedWithoutOverflowingTheStack) {
  const size_t depth = 1'000'000;
  std::string dotted = "a";
  for (size_t i = 0; i < depth; ++i) dotted += ".a";
  for (const std::string& text :
       {dotted + " = 1", "[" + dotted + "]", "[[" + dotted + "]]", "\"x\"." + dotted + " = 1",
        "a = " + std::string(depth, '['), "a = {" + dotted + " = 1}",
        "# \"\"\"\na = '''\n''''' # \n" + dotted + " = 1"}) {
    EXPECT_THAT(ErrorOf(text), testing::HasSubstr("expected")) << text.substr(0, 40);
  }
}

TEST(ConfigTest, TextsAndCommentsMayHaveAnyLetters) {
  const Config config = MustParse(
      "\xef\xbb\xbf# grüße § \xe2\x80\x80\n[[rule]]\nname = \"§ö\\u00e9\"\ncomment = "
      "'''ü\\\nä'''\n");
  EXPECT_EQ(config.rules[0].name, "§öé");
  EXPECT_EQ(config.rules[0].comment, "ü\\\nä");
}

TEST(ConfigTest, DotsInTextsAndCommentsAreNoNesting) {
  MustParse(
      "# a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a\n"
      "[[rule]]\ncomment = \"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a\\\".a.a.a.a.a\"\n"
      "[[rule]]\ncomment = '''a.a.a.a.a.a.a.a.a.a.a.a.a'a.a.a.a.a.a.a\n.a.a.a.a.a.a.a.a.a.a'''''\n"
      "destination = [\"1.2.3.4\", \"1.2.3.4\", \"1.2.3.4\", \"1.2.3.4\", \"1.2.3.4\", "
      "\"1.2.3.4\"]\n");
}

}  // namespace
}  // namespace sluice
