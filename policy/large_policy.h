#ifndef SLUICE_POLICY_LARGE_POLICY_H_
#define SLUICE_POLICY_LARGE_POLICY_H_

// The policies that benchmarks measure with: as many rules, CIDRs and names as asked, all
// different, and requests that hit and miss them. Benchmarks only.

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/prng.h"
#include "policy/config.h"
#include "policy/decision.h"

namespace sluice {

struct LargePolicy {
  size_t rules = 10'000;
  size_t addresses = 1'000'000;  // CIDRs of the list that one rule names; one in four is IPv6
  size_t names = 1'000'000;      // of the list that another rule names; one in eight is a suffix
  size_t users = 0;              // of a group that every fourth rule is for, beside one of its own

  static Address RandomV4(Prng& prng) {
    const uint64_t bits = prng.Next();
    // Unicast and not special-use.
    return Address::FromV4({static_cast<uint8_t>(1 + bits % 100), static_cast<uint8_t>(bits >> 8),
                            static_cast<uint8_t>(bits >> 16), static_cast<uint8_t>(bits >> 24)});
  }
  static Address RandomV6(Prng& prng) {
    std::array<uint8_t, 16> bytes{0x2a};
    for (size_t i = 1; i < 8; ++i) bytes[i] = static_cast<uint8_t>(prng.Next());
    return Address::FromV6(bytes);
  }
  // The network of `prefix` bits of the 128 around `address`.
  static AddressRange Network(const Address& address, size_t prefix) {
    std::array<uint8_t, 16> first = address.bytes(), last = first;
    for (size_t bit = prefix; bit < 128; ++bit) {
      first[bit / 8] &= static_cast<uint8_t>(~(0x80u >> (bit % 8)));
      last[bit / 8] |= static_cast<uint8_t>(0x80u >> (bit % 8));
    }
    return {Address::FromV6(first), Address::FromV6(last)};
  }
  static std::string Name(uint64_t number) {
    return absl::StrCat("host", number % 1000, ".domain", number / 7,
                        number % 3 == 0 ? ".example.org" : ".com");
  }

  AddressRange RandomCidr(Prng& prng) const {
    return prng.OneIn(4) ? Network(RandomV6(prng), 32 + prng.Below(33))
                         : Network(RandomV4(prng), 96 + 16 + prng.Below(17));
  }

  // Every rule has a source network, a target network, a target suffix and a port of its own; two
  // in the middle name the long lists; the last allows everything.
  Config Make() const {
    Prng prng(1);
    Config config;
    EntryList addresses, hosts;
    for (size_t i = 0; i < this->addresses; ++i) addresses.addresses.push_back(RandomCidr(prng));
    for (size_t i = 0; i < names; ++i) hosts.names.Add(Name(i), i % 8 == 0);
    config.lists = {std::move(addresses), std::move(hosts)};
    if (users > 0) config.groups.resize(1);
    for (size_t i = 0; i < users; ++i) config.groups[0].members.push_back(absl::StrCat("user", i));
    for (size_t i = 0; i < rules; ++i) {
      Rule rule;
      rule.name = absl::StrCat("rule ", i);
      rule.verdict = i % 2 == 0 || i + 1 == rules ? Verdict::kAllow : Verdict::kDeny;
      rule.source.any = rule.destination.any = i + 1 == rules;
      rule.source_ports = rule.destination_ports = {PortRange{}};
      if (i + 1 != rules) MakeNarrow(i, prng, &config, &rule);
      config.rules.push_back(std::move(rule));
    }
    return config;
  }

  void MakeNarrow(size_t i, Prng& prng, Config* config, Rule* rule) const {
    if (users > 0 && i % 4 == 0) rule->users = {false, {absl::StrCat("user", i)}, {0}};
    rule->source.any = i % 2 == 0;
    if (!rule->source.any) {
      rule->source.lists = {static_cast<uint32_t>(config->lists.size())};
      config->lists.emplace_back().addresses = {Network(RandomV4(prng), 96 + 8 + prng.Below(17))};
    }
    if (i == rules / 2 || i == rules / 2 + 1) {
      rule->destination.lists = {static_cast<uint32_t>(i - rules / 2)};
      return;
    }
    if (i % 4 == 0)
      rule->destination_ports = {{static_cast<uint16_t>(i), static_cast<uint16_t>(i + 100)}};
    rule->destination.lists = {static_cast<uint32_t>(config->lists.size())};
    EntryList& own = config->lists.emplace_back();
    own.addresses = {RandomCidr(prng)};
    own.names.Add(absl::StrCat("zone", i, ".example.net"), true);
  }

  // A third ask for a name, a third for its address, a third for an address alone.
  // They point into `config` and `names_kept`.
  std::vector<PolicyRequest> MakeRequests(size_t count, const Config& config,
                                          std::vector<std::string>* names_kept) const {
    Prng prng(2);
    names_kept->resize(count);
    std::vector<PolicyRequest> requests(count);
    for (size_t i = 0; i < count; ++i) {
      PolicyRequest& request = requests[i];
      request.client = {RandomV4(prng), static_cast<uint16_t>(1024 + prng.Below(60'000))};
      request.port = prng.OneIn(2) ? 443 : static_cast<uint16_t>(1 + prng.Below(65'535));
      request.address_known = i % 3 != 0;
      if (request.address_known) request.address = prng.OneIn(4) ? RandomV6(prng) : RandomV4(prng);
      if (users > 0) {
        request.user = config.groups[0].members[prng.Below(users)];
        request.proof = UserProof::kAuthenticated;
      }
      if (i % 3 != 2) {
        (*names_kept)[i] = Name(prng.Below(2 * std::max<size_t>(names, 1)));
        request.name = (*names_kept)[i];
      }
    }
    return requests;
  }
};

}  // namespace sluice

#endif  // SLUICE_POLICY_LARGE_POLICY_H_
