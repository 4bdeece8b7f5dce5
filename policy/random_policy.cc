#include "policy/random_policy.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr std::array<std::string_view, 20> kAddresses = {
    "10.0.0.0",  "10.0.0.1",       "10.0.0.2",        "10.0.1.0",      "10.255.255.255",
    "192.0.2.1", "127.0.0.1",      "169.254.169.254", "0.0.0.0",       "255.255.255.255",
    "224.0.0.1", "2001:db8::1",    "2001:db8::2",     "::1",           "::",
    "fe80::1",   "64:ff9b::a00:1", "64:ff9b::7f00:1", "2002:a00:1::1", "ff02::1",
};
constexpr std::array<std::string_view, 6> kUsers = {"",      "a",   "alice",
                                                    "Alice", "bob", "carol@EXAMPLE.ORG"};
constexpr uint16_t kListeningPort = 1080;

std::string RandomInterface(Prng& prng) { return prng.OneIn(2) ? "eth0" : "eth1"; }

uint8_t RandomByte(Prng& prng) { return static_cast<uint8_t>(prng.Next()); }

}  // namespace

Address RandomPolicy::RandomAddress(Prng& prng) {
  Address address = *Address::Parse(kAddresses[prng.Below(kAddresses.size())]);
  if (prng.OneIn(4)) {
    std::array<uint8_t, 16> bytes = address.bytes();
    bytes[12 + prng.Below(4)] = static_cast<uint8_t>(prng.Below(4) * 85);
    address = Address::FromV6(bytes);
  } else if (prng.OneIn(40)) {
    address =
        Address::FromV4({RandomByte(prng), RandomByte(prng), RandomByte(prng), RandomByte(prng)});
  }
  return address;
}

AddressRange RandomPolicy::RandomRange(Prng& prng) {
  const Address address = RandomAddress(prng);
  if (prng.OneIn(3)) return {address, address};
  if (prng.OneIn(4)) {
    const Address other = RandomAddress(prng);
    if (other.is_v4() == address.is_v4())
      return {std::min(address, other), std::max(address, other)};
  }
  // A CIDR.
  std::array<uint8_t, 16> first = address.bytes();
  std::array<uint8_t, 16> last = first;
  const size_t family = address.is_v4() ? 96 : 0;
  for (size_t bit = family + prng.Below(129 - family); bit < 128; ++bit) {
    const auto mask = static_cast<uint8_t>(0x80u >> (bit % 8));
    first[bit / 8] &= static_cast<uint8_t>(~mask);
    last[bit / 8] |= mask;
  }
  const AddressRange range{Address::FromV6(first), Address::FromV6(last)};
  // An IPv6 network could be cut down to the mapped addresses.
  return range.first.is_v4() == range.last.is_v4() ? range : AddressRange{address, address};
}

std::string RandomPolicy::RandomName(Prng& prng) {
  constexpr std::array<std::string_view, 5> kLabels = {"a", "b", "ab", "example", "com"};
  std::string name(kLabels[prng.Below(kLabels.size())]);
  for (uint64_t more = prng.Below(4); more > 0; --more)
    absl::StrAppend(&name, ".", std::string(kLabels[prng.Below(kLabels.size())]));
  return name;
}

void RandomPolicy::RandomUser(Prng& prng, PolicyRequest* request) {
  request->proof = static_cast<UserProof>(prng.Below(4));
  if (request->proof != UserProof::kNone) request->user = kUsers[prng.Below(kUsers.size())];
}

std::vector<std::string> RandomPolicy::RandomUsers() {
  std::vector<std::string> users;
  for (uint64_t i = prng_.Below(4); i > 0; --i)
    users.emplace_back(kUsers[prng_.Below(kUsers.size())]);
  return users;
}

RuleUsers RandomPolicy::RandomRuleUsers() {
  RuleUsers users;
  users.authenticated = prng_.OneIn(3);
  if (prng_.OneIn(2)) users.names = RandomUsers();
  for (uint64_t i = config_.groups.empty() ? 0 : prng_.Below(3); i > 0; --i)
    users.groups.push_back(static_cast<uint32_t>(prng_.Below(config_.groups.size())));
  return users;
}

EntryList RandomPolicy::RandomList() {
  EntryList list;
  const uint64_t kinds = prng_.Below(3);
  for (uint64_t i = prng_.Below(6); i > 0 && kinds != 0; --i)
    list.addresses.push_back(RandomRange(prng_));
  if (prng_.OneIn(4)) list.scoped.push_back({RandomRange(prng_), RandomInterface(prng_)});
  for (uint64_t i = prng_.Below(6); i > 0 && kinds != 1; --i)
    list.names.Add(RandomName(prng_), prng_.OneIn(2));
  return list;
}

RuleEnd RandomPolicy::RandomEnd(bool is_destination) {
  RuleEnd end;
  end.any = prng_.OneIn(5);
  end.special_use = is_destination && prng_.OneIn(10);
  if (config_.lists.empty()) return end;
  std::vector<uint32_t>& lists = end.lists;
  for (uint64_t i = prng_.Below(3); i > 0; --i)
    lists.push_back(static_cast<uint32_t>(prng_.Below(config_.lists.size())));
  std::sort(lists.begin(), lists.end());
  lists.erase(std::unique(lists.begin(), lists.end()), lists.end());
  return end;
}

uint16_t RandomPolicy::RandomPort() {
  constexpr std::array<uint16_t, 7> kPorts = {0, 1, 80, 443, kListeningPort, 65534, 65535};
  return prng_.OneIn(4) ? static_cast<uint16_t>(prng_.Next()) : kPorts[prng_.Below(kPorts.size())];
}

std::vector<PortRange> RandomPolicy::RandomPorts() {
  std::vector<PortRange> ports;
  for (uint64_t i = prng_.Below(3) + 1; i > 0; --i) {
    if (prng_.OneIn(2)) {
      ports.push_back({});
    } else {
      const auto [first, last] = std::minmax({RandomPort(), RandomPort()});
      ports.push_back({first, last});
    }
  }
  return ports;
}

RandomPolicy::RandomPolicy(uint64_t seed) : prng_(seed) {
  config_.service.port = kListeningPort;
  config_.service.listen = {{Address()}, {RandomAddress(prng_)}};
  for (uint64_t i = prng_.Below(30); i > 0; --i) config_.lists.push_back(RandomList());
  for (uint64_t i = prng_.Below(5); i > 0; --i) config_.groups.push_back({"", RandomUsers()});
  const bool with_users = prng_.OneIn(2);
  // Few rules, more than a word of 64, and more than a block of 4,096.
  const uint64_t rules =
      prng_.OneIn(50) ? 4000 + prng_.Below(5000) : prng_.Below(prng_.OneIn(3) ? 300 : 20);
  // With many rules most are too narrow to match, or nothing behind the first would ever be
  // reached.
  const bool narrow = rules > 50 && !prng_.OneIn(4);
  for (uint64_t i = 0; i < rules; ++i) {
    Rule rule;
    rule.name = absl::StrCat("rule ", i);
    rule.enabled = !prng_.OneIn(10);
    if (prng_.OneIn(5)) rule.expires = absl::UnixEpoch() + absl::Minutes(prng_.Below(120));
    rule.source = RandomEnd(/*is_destination=*/false);
    rule.source_ports = RandomPorts();
    if (with_users && prng_.OneIn(2)) rule.users = RandomRuleUsers();
    rule.grant.ident = prng_.OneIn(2);
    rule.grant.bind_any_peer = prng_.OneIn(2);
    rule.destination = RandomEnd(/*is_destination=*/true);
    rule.destination_ports = RandomPorts();
    if (narrow && !prng_.OneIn(rules)) {
      const auto port = static_cast<uint16_t>(prng_.Next());
      rule.source_ports = {{port, port}};
      rule.source.any = false;
    }
    rule.commands = static_cast<uint8_t>(prng_.Below(kAllPolicyCommands + 1));
    rule.verdict = prng_.OneIn(2) ? Verdict::kAllow : Verdict::kDeny;
    config_.rules.push_back(std::move(rule));
  }
}

PolicyRequest RandomPolicy::NextRequest(std::string* name) {
  PolicyRequest request;
  request.client = {RandomAddress(prng_), RandomPort()};
  if (prng_.OneIn(2)) request.client_interface = InterfaceName(RandomInterface(prng_));
  request.command = static_cast<PolicyCommand>(prng_.Below(kPolicyCommands));
  request.port = RandomPort();
  request.datagram = request.command == PolicyCommand::kUdpAssociate && prng_.OneIn(2);
  RandomUser(prng_, &request);
  request.address_known = !prng_.OneIn(3);
  if (request.address_known) request.address = RandomAddress(prng_);
  request.gateway_itself = request.address_known && prng_.OneIn(4);
  name->clear();
  if (!request.address_known || prng_.OneIn(2)) {
    *name = RandomName(prng_);
    if (prng_.OneIn(3)) name->append(".");
    if (prng_.OneIn(3)) (*name)[prng_.Below(name->size())] &= static_cast<char>(~0x20);
    if (prng_.OneIn(10)) name->insert(prng_.Below(name->size()), 1, prng_.OneIn(2) ? '.' : 'x');
  }
  request.name = *name;
  return request;
}

std::string Describe(const PolicyRequest& request) {
  return absl::StrCat("command ", static_cast<int>(request.command), " from ",
                      request.client.ToString(request.client_interface.view()), " to name \"",
                      std::string(request.name), "\" ",
                      request.address_known ? request.address.ToString() : "unknown", " port ",
                      request.port, request.datagram ? ", a datagram" : "",
                      request.gateway_itself ? ", the gateway itself" : "", " of user \"",
                      std::string(request.user), "\" with proof ", static_cast<int>(request.proof));
}

}  // namespace sluice
