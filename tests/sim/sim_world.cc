#include "tests/sim/sim_world.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr int kClientHosts = 4;
constexpr int kTargetHosts = 5;
constexpr int kNames = 8;

Address At(const char* text) { return *Address::Parse(text); }

SimEntry Range(std::string text, const char* low, const char* high,
               bool names_special_use = false) {
  SimEntry entry;
  entry.kind = SimEntry::Kind::kAddresses;
  entry.text = std::move(text);
  entry.low = At(low);
  entry.high = At(high);
  entry.names_special_use = names_special_use;
  return entry;
}

SimEntry Word(SimEntry::Kind kind, std::string text) {
  SimEntry entry;
  entry.kind = kind;
  entry.text = std::move(text);
  return entry;
}

}  // namespace

SimWorld::SimWorld(SimNetwork& network)
    : dice_(network.dice()), wanderers_({At("10.0.0.77"), At("2001:db8::77")}) {
  gateway_ = &network.AddHost({At("10.0.0.1"), At("2001:db8::1")});
  for (int i = 0; i < kClientHosts; ++i) {
    clients_.push_back(&network.AddHost({At(absl::StrCat("192.168.0.", 10 + i).c_str()),
                                         At(absl::StrCat("2001:db8:c::", 10 + i).c_str())}));
  }
  for (int i = 0; i < kTargetHosts; ++i) {
    targets_.push_back(&network.AddHost({At(absl::StrCat("203.0.113.", 1 + i).c_str()),
                                         At(absl::StrCat("2001:db8:7::", 1 + i).c_str())}));
  }
  metadata_ = &network.AddHost({At("169.254.169.254"), At("fd00:ec2::254")});
  targets_.push_back(metadata_);
  targets_.push_back(gateway_);
  for (const char* family : {"198.51.100.", "2001:db8:66::"}) {
    for (int i = 1; i <= 3; ++i) nobody_.push_back(At(absl::StrCat(family, i).c_str()));
    network.SetRoute(nobody_.end()[-2], SimRoute::kNetworkUnreachable);
    network.SetRoute(nobody_.end()[-1], SimRoute::kSilent);
  }
  FillZone();
}

void SimWorld::FillZone() {
  for (int i = 0; i < kNames; ++i) {
    SimName name;
    for (uint64_t left = dice_.Between(1, 5); left > 0; --left) {
      name.addresses.push_back(PickDestination(/*v4=*/dice_.Chance(0.6)));
    }
    if (dice_.Chance(0.8))
      name.answered_after = absl::Milliseconds(static_cast<int64_t>(dice_.Skewed(1, 300)));
    name.ttl = absl::Seconds(static_cast<int64_t>(dice_.Skewed(0, 100)));
    if (dice_.Chance(0.4)) {
      absl::Duration& later = dice_.Chance(0.5) ? name.v4_later : name.v6_later;
      later = dice_.Chance(0.3) ? absl::InfiniteDuration()
                                : absl::Milliseconds(static_cast<int64_t>(dice_.Skewed(1, 300)));
    }
    names_.push_back(absl::StrCat("n", i, ".test"));
    zone_[names_.back()] = name;
  }
  zone_["broken.test"] =
      SimName{NameAnswer::Status::kFailed, {}, absl::Milliseconds(100), absl::ZeroDuration()};
  zone_["slow.test"] = zone_["n0.test"];
  zone_["slow.test"].answered_after = absl::Minutes(1);
  for (const char* name : {"missing.test", "broken.test", "slow.test"}) names_.push_back(name);
}

void SimWorld::Wander(const Address& address) {
  gateway_->Has(address) ? gateway_->RemoveAddress(address) : gateway_->AddAddress(address);
}

SimFate SimWorld::FateOf(const Address& address) const {
  const auto found = std::find(nobody_.begin(), nobody_.end(), address);
  if (found == nobody_.end()) return SimFate::kHost;
  static constexpr SimFate kFates[] = {SimFate::kHostUnreachable, SimFate::kNetworkUnreachable,
                                       SimFate::kSilent};
  return kFates[(found - nobody_.begin()) % 3];
}

SimHost* SimWorld::HostAt(const Address& address) {
  if (address.is_unspecified() || ClassifySpecialUse(address) == SpecialUse::kLoopback)
    return gateway_;
  for (SimHost* host : targets_) {
    if (host->Has(address)) return host;
  }
  return nullptr;
}

Address SimWorld::PickDestination(bool v4) {
  const uint64_t roll = dice_.Between(1, 100);
  if (roll <= 74) return targets_[dice_.Between(0, kTargetHosts - 1)]->addresses()[v4 ? 0 : 1];
  if (roll <= 88) return nobody_[(v4 ? 0 : 3) + dice_.Between(0, 2)];
  if (roll <= 93) return metadata_->addresses()[v4 ? 0 : 1];
  if (roll <= 98) return At(v4 ? "127.0.0.1" : "::1");
  return At(v4 ? "0.0.0.0" : "::");
}

std::string SimWorld::PickName() {
  std::string name = names_[dice_.Between(0, dice_.Chance(0.8) ? kNames - 1 : names_.size() - 1)];
  if (dice_.Chance(0.2)) {
    for (char& c : name) {
      if (dice_.Chance(0.5)) c = absl::ascii_toupper(static_cast<unsigned char>(c));
    }
  }
  if (dice_.Chance(0.1)) name += '.';
  return name;
}

std::string SimWorld::Canonical(std::string name) {
  if (!name.empty() && name.back() == '.') name.pop_back();
  absl::AsciiStrToLower(&name);
  return name;
}

SimEntry SimWorld::PickEntry(bool destination) {
  if (!destination) {
    switch (dice_.Between(0, 5)) {
      case 0: return Range("192.168.0.10", "192.168.0.10", "192.168.0.10");
      case 1: return Range("192.168.0.10-192.168.0.12", "192.168.0.10", "192.168.0.12");
      case 2:
        return Range("2001:db8:c::/48", "2001:db8:c::", "2001:db8:c:ffff:ffff:ffff:ffff:ffff");
      default: return Word(SimEntry::Kind::kAny, "any");
    }
  }
  switch (dice_.Between(0, 17)) {
    case 0: return Range("203.0.113.1", "203.0.113.1", "203.0.113.1");
    case 1: return Range("203.0.113.0/30", "203.0.113.0", "203.0.113.3");
    case 2: return Range("203.0.113.2-203.0.113.9", "203.0.113.2", "203.0.113.9");
    case 3: return Range("0.0.0.0/0", "0.0.0.0", "255.255.255.255");
    case 4: return Range("2001:db8:7::/48", "2001:db8:7::", "2001:db8:7:ffff:ffff:ffff:ffff:ffff");
    case 5: return Range("2001:db8:7::2", "2001:db8:7::2", "2001:db8:7::2");
    case 6: return Range("127.0.0.0/8", "127.0.0.0", "127.255.255.255", true);
    case 7: return Range("169.254.169.254", "169.254.169.254", "169.254.169.254", true);
    case 8: return Range("::1", "::1", "::1", true);
    case 9: return Word(SimEntry::Kind::kSpecialUse, "special-use");
    case 10:
    case 11:
      return Word(SimEntry::Kind::kName, absl::StrCat("n", dice_.Between(0, kNames - 1), ".test"));
    case 12: return Word(SimEntry::Kind::kNameSuffix, "*.test");
    default: return Word(SimEntry::Kind::kAny, "any");
  }
}

SimPolicy SimWorld::PickPolicy() {
  SimPolicy policy;
  for (uint64_t left = dice_.Between(0, 6); left > 0; --left) {
    SimRule rule;
    rule.allow = dice_.Chance(0.6);
    for (uint64_t entries = dice_.Between(1, 2); entries > 0; --entries)
      rule.source.push_back(PickEntry(false));
    for (uint64_t entries = dice_.Between(1, 3); entries > 0; --entries)
      rule.destination.push_back(PickEntry(true));
    if (dice_.Chance(0.3)) {
      rule.port_low = static_cast<uint16_t>(dice_.Between(7000, 7010));
      rule.port_high = static_cast<uint16_t>(dice_.Between(rule.port_low, 7030));
    }
    // A rule that denies everything would leave nothing to see, and most of these worlds are there
    // for their traffic.
    const auto denies_all = [](const SimEntry& entry) {
      return entry.kind == SimEntry::Kind::kAny;
    };
    if (!rule.allow && std::any_of(rule.destination.begin(), rule.destination.end(), denies_all) &&
        dice_.Chance(0.8)) {
      rule.allow = true;
    }
    policy.rules.push_back(std::move(rule));
  }
  if (dice_.Chance(0.75)) {
    SimRule everything;
    everything.allow = true;
    everything.source.push_back(Word(SimEntry::Kind::kAny, "any"));
    everything.destination.push_back(Word(SimEntry::Kind::kAny, "any"));
    policy.rules.push_back(everything);
  }
  policy.listen = {gateway_->addresses()[0], gateway_->addresses()[1]};
  policy.port = kServicePort;
  return policy;
}

}  // namespace sluice
