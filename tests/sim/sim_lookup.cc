#include "tests/sim/sim_lookup.h"

#include <memory>
#include <utility>

namespace sluice {
namespace {

// Of a name that is not in the zone, and of a server that is broken.
constexpr absl::Duration kAnsweredAfter = absl::Milliseconds(20);

FamilyAnswer AnswerOf(const SimName& name, AddressFamily family) {
  using Status = FamilyAnswer::Status;
  FamilyAnswer answer;
  answer.ttl = name.ttl;
  for (const Address& address : name.addresses) {
    if (address.is_v4() == (family == AddressFamily::kV4)) answer.addresses.push_back(address);
  }
  answer.status = name.status == NameAnswer::Status::kFailed ? Status::kRefused
                  : name.status == NameAnswer::Status::kFound && !answer.addresses.empty()
                      ? Status::kFound
                      : Status::kNotFound;
  if (answer.status != Status::kFound) answer.addresses.clear();
  return answer;
}

}  // namespace

void SimNameServers::Name(const std::vector<Address>& servers) {
  ResolvConf conf;
  for (const Address& server : servers) conf.servers.push_back(Endpoint{server, 53});
  sources_.servers = std::make_shared<const NameServers>(std::move(conf));
}

void SimNameServers::SetHosts(std::string_view text) {
  sources_.hosts = std::make_shared<const HostsTable>(*HostsTable::Parse(text));
}

void SimLookup::Ask(size_t server, std::string_view name, AddressFamily family, uint64_t ticket,
                    Receiver& receiver) {
  const Address at = taken_.servers->conf().servers[server].address;
  const SimNameServers::Mood mood = servers_.MoodOf(at);
  network_.Trace("lookup", static_cast<int64_t>(name.size()),
                 static_cast<int64_t>(family) * 10 + static_cast<int64_t>(mood));
  FamilyAnswer answer{.status = FamilyAnswer::Status::kNotFound};
  absl::Duration after = kAnsweredAfter;
  if (const auto found = zone_.find(name); found != zone_.end()) {
    answer = AnswerOf(found->second, family);
    after = found->second.answered_after + found->second.later(family == AddressFamily::kV4);
  }
  if (mood == SimNameServers::Mood::kBroken) {
    answer = FamilyAnswer{.status = FamilyAnswer::Status::kRefused};
    after = kAnsweredAfter;
  }
  if (mood == SimNameServers::Mood::kSilent || after == absl::InfiniteDuration()) return;
  if (after == absl::ZeroDuration()) return receiver.OnAsked(ticket, server, answer);
  network_.clock().After(after, [this, ticket, server, answer, &receiver, asked = taken_.servers] {
    kernel_.CallInTurn([this, ticket, server, answer, &receiver, asked] {
      if (asked == taken_.servers) receiver.OnAsked(ticket, server, answer);
    });
  });
}

std::optional<NameSources> SimLookup::TakeSources() {
  const NameSources& now = servers_.sources();
  if (now.servers == taken_.servers && now.hosts == taken_.hosts) return std::nullopt;
  taken_ = now;
  return taken_;
}

}  // namespace sluice
