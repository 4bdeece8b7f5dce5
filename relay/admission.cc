#include "relay/admission.h"

#include <algorithm>

#include "core/limits.h"

namespace sluice {
namespace {

// More than one client a listener waits only where accepts were in flight many at a time.
constexpr size_t kWaitingMax = limits::kAcceptBurst + limits::kListenersMax;

}  // namespace

Admission::Admission(Owner& owner, const Shares& shares, Kernel& kernel, Counters& counters)
    : owner_(owner),
      places_(shares.places),
      sources_(shares.sources),
      counters_(counters),
      kernel_(kernel),
      number_(places_.Join(kernel)),
      crowds_(sources_, static_cast<size_t>(places_.most())) {
  waiting_.reserve(kWaitingMax);
}

void Admission::Admit(int fd, const Endpoint& at, const SourceLimits& limits) {
  const Client client{fd, at, sources_.Enter(at.address)};
  if (const std::string_view why = Bar(client.source, limits); !why.empty()) {
    sources_.Leave(*client.source);
    return TurnAway(client, why);
  }
  if (waiting_.empty() && TakePlace()) return owner_.OnAdmitted(client);
  if (waiting_.size() == kWaitingMax) {
    GiveBack(client);
    return TurnAway(client, "too many wait for a place");
  }
  counters_.places_awaited.Add(1);
  waiting_.push_back(client);
  // Who has as many itself does not get another's place.
  const int own = client.source != nullptr ? client.source->held(Holding::kHandshakes) : 0;
  if (!MakeRoom(std::max(limits::kCrowdMin, own + 1))) owner_.OnNoRoomHere();
}

// Empty where the source may have one more, which it then has.
std::string_view Admission::Bar(Source* source, const SourceLimits& limits) {
  if (source == nullptr) return {};
  if (!source->TakeWithPlace(Holding::kSessions, limits.sessions, places_.free()))
    return "its source has as many sessions as it may";
  if (source->Take(Holding::kHandshakes, limits.handshakes)) return {};
  source->Give(Holding::kSessions);
  return "its source has as many unfinished handshakes as it may";
}

// Whoever finds none says that it waits before it looks again: one may have come meanwhile.
bool Admission::TakePlace() {
  if (places_.Take()) return true;
  places_.Await(number_);
  return places_.Take();
}

// Shards that may each accept many at a time share what is left.
int Admission::Room() const {
  return waiting_.empty() ? std::max(1, places_.free() / static_cast<int>(places_.shards())) : 0;
}

void Admission::OnWoken() {
  if (waiting_.empty()) return places_.PassOn();
  if (places_.awaits(number_)) return;  // it was for something else
  size_t served = 0;
  for (; served < waiting_.size() && TakePlace(); ++served) owner_.OnAdmitted(waiting_[served]);
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(served));
  // Somebody else was faster.
  if (served == 0 && !MakeRoom()) owner_.OnNoRoomHere();
}

bool Admission::MakeRoom(int at_least) {
  Crowds::Member* member = crowds_.Greediest(at_least);
  if (member == nullptr) return false;
  counters_.handshakes_crowded_out.Add(1);
  member->OnCrowdedOut();
  return true;
}

void Admission::Close() {
  for (const Client& client : waiting_) {
    GiveBack(client);
    kernel_.Close(client.fd);
  }
  waiting_.clear();
  places_.Withdraw(number_);
}

void Admission::TurnAway(const Client& client, std::string_view why) {
  counters_.sessions_turned_away.Add(1);
  owner_.OnTurnedAway(client, why);
}

void Admission::GiveBack(const Client& client) {
  if (client.source == nullptr) return;
  client.source->Give(Holding::kHandshakes);
  client.source->Give(Holding::kSessions);
  sources_.Leave(*client.source);
}

}  // namespace sluice
