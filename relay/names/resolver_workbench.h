#ifndef SLUICE_RELAY_NAMES_RESOLVER_WORKBENCH_H_
#define SLUICE_RELAY_NAMES_RESOLVER_WORKBENCH_H_

// What the tests of Resolver stand on: name servers that a test moves by hand, and who waits.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "gtest/gtest.h"
#include "relay/names/resolver.h"
#include "tests/sim/sim_kernel.h"

namespace sluice {

using Family = AddressFamily;

inline const Address kFirst = Address::FromV4({192, 0, 2, 1});
inline const Address kSecond = Address::FromV4({192, 0, 2, 2});
inline const Address kSix = *Address::Parse("2001:db8::1");

inline FamilyAnswer Found(const Address& address, absl::Duration ttl = absl::Minutes(1)) {
  return {FamilyAnswer::Status::kFound, {address}, ttl};
}
inline FamilyAnswer Nothing() { return {.status = FamilyAnswer::Status::kNotFound}; }

inline NameSources SourcesOf(std::string_view resolv_conf, std::string_view hosts = "") {
  return {std::make_shared<const NameServers>(ResolvConf::Parse(resolv_conf)),
          std::make_shared<const HostsTable>(*HostsTable::Parse(hosts))};
}

// Remembers what it was asked; answers when the test says so.
class FakeLookup : public NameLookup {
 public:
  struct Asked {
    size_t server;
    std::string name;
    Family family;
    uint64_t ticket;
  };
  void Ask(size_t server, std::string_view name, Family family, uint64_t ticket,
           Receiver& receiver) override {
    asked.push_back({server, std::string(name), family, ticket});
    receiver_ = &receiver;
    if (answer_at_once != nullptr)
      receiver.OnAsked(ticket, server, family == Family::kV4 ? *answer_at_once : Nothing());
  }
  std::optional<NameSources> TakeSources() override { return std::exchange(sources, {}); }

  // What was asked last of that name and family.
  void Answer(std::string_view name, Family family, const FamilyAnswer& answer) {
    for (size_t i = asked.size(); i-- > 0;) {
      if (asked[i].name != name || asked[i].family != family) continue;
      return receiver_->OnAsked(asked[i].ticket, asked[i].server, answer);
    }
    ADD_FAILURE() << name << " was not asked";
  }
  // A name that has IPv4 only.
  void Answer(std::string_view name, const FamilyAnswer& answer) {
    Answer(name, Family::kV6, answer.status == FamilyAnswer::Status::kFound ? Nothing() : answer);
    Answer(name, Family::kV4, answer);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const Asked& one : asked) {
      if (one.family == Family::kV4) names.push_back(one.name);
    }
    return names;
  }
  std::vector<size_t> servers(Family family) const {
    std::vector<size_t> servers;
    for (const Asked& one : asked) {
      if (one.family == family) servers.push_back(one.server);
    }
    return servers;
  }

  std::vector<Asked> asked;
  std::optional<NameSources> sources = SourcesOf("nameserver 192.0.2.53\noptions attempts:1\n");
  const FamilyAnswer* answer_at_once = nullptr;  // of IPv4

 private:
  Receiver* receiver_ = nullptr;
};

struct FakeWaiter final : public Resolver::Waiter {
  void OnResolved(const NameAnswer& answer) override {
    told.push_back(answer);
    if (then) then();
  }
  std::vector<NameAnswer> told;
  std::function<void()> then;
};

class ResolverTest : public ::testing::Test {
 protected:
  const NameAnswer* Resolve(std::string_view name, FakeWaiter& waiter) {
    return resolver_.Resolve(name, NameAccount{}, waiter);
  }
  // Asks and expects that the answer is known already.
  NameAnswer Cached(std::string_view name) {
    FakeWaiter waiter;
    const NameAnswer* answer = Resolve(name, waiter);
    EXPECT_NE(answer, nullptr) << name;
    return answer != nullptr ? *answer : NameAnswer();
  }
  // Asks for a name that is not known, and has it answered.
  void Learn(std::string_view name, const FamilyAnswer& answer) {
    FakeWaiter waiter;
    const size_t asked = lookup_.asked.size();
    EXPECT_EQ(Resolve(name, waiter), nullptr) << name;
    ASSERT_GT(lookup_.asked.size(), asked) << name;
    lookup_.Answer(lookup_.asked.back().name, answer);
    EXPECT_EQ(waiter.told.size(), 1u);
  }
  bool IsKnown(std::string_view name) {
    FakeWaiter waiter;
    return Resolve(name, waiter) != nullptr;
  }
  void Pass(absl::Duration time) {
    for (const absl::Time until = loop_.now() + time; loop_.now() < until;) loop_.Turn(until);
  }

  SimNetwork network_{1};
  SimHost& host_{
      network_.AddHost({Address::FromV4({10, 0, 0, 1}), *Address::Parse("2001:db8::2")})};
  SimProcess process_{network_, host_};
  SimKernel kernel_{process_, SimKernel::Options()};
  Loop loop_{kernel_};
  Counters counters_;
  FakeLookup lookup_;
  Sources holdings_{Sources::Key()};
  Resolver resolver_{loop_, lookup_, holdings_, counters_};
};

}  // namespace sluice

#endif  // SLUICE_RELAY_NAMES_RESOLVER_WORKBENCH_H_
