#include "relay/trace.h"

#include <algorithm>

namespace sluice {

bool TraceDesk::Begin(uint64_t session, const Endpoint& client, absl::Time now) {
  if (trap_->left.load(std::memory_order_relaxed) <= 0) return false;
  if (!trap_->filter.MayMatchClient(client)) return false;
  Place* place = FreePlace();
  if (place == nullptr) {
    trap_->missed.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  place->taken = true;
  place->session = {.session = session, .client = client, .started = now};
  return true;
}

bool TraceDesk::BeginLive(uint64_t session, const Endpoint& client, absl::Time started) {
  Place* place = PlaceOf(session);
  if (place == nullptr) place = FreePlace();
  if (place == nullptr) return false;
  if (!place->taken) place->session = {.session = session, .client = client, .started = started};
  place->taken = true;
  place->session.kept = true;
  return true;
}

bool TraceDesk::Add(uint64_t session, absl::Time now, const TraceStep& step) {
  Place* place = PlaceOf(session);
  if (place == nullptr) return false;
  TracedSession& traced = place->session;
  // The last place is the end's.
  const size_t room = kTraceSteps - (step.kind == TraceStep::Kind::kEnd ? 0 : 1);
  if (traced.count >= room) {
    ++traced.dropped;
    return true;
  }
  TraceStep& added = place->steps[traced.count++];
  added = step;
  added.since = now - traced.started;
  return true;
}

bool TraceDesk::Keep(const AccessRecord& session) {
  Place* place = PlaceOf(session.session);
  if (place == nullptr) return false;
  if (place->session.kept) return true;
  // Of several shards that find one at once, as many take it as are left.
  place->session.kept =
      trap_->filter.Matches(session) && trap_->left.fetch_sub(1, std::memory_order_relaxed) > 0;
  if (!place->session.kept) place->taken = false;
  return place->session.kept;
}

void TraceDesk::End(uint64_t session) {
  if (Place* place = PlaceOf(session)) place->session.ended = true;
}

const TracedSession* TraceDesk::Find(uint64_t session) const {
  const Place* place = PlaceOf(session);
  return place == nullptr ? nullptr : &place->session;
}

const TraceStep* TraceDesk::StepsOf(uint64_t session) const {
  const Place* place = PlaceOf(session);
  return place == nullptr ? nullptr : place->steps.data();
}

TraceDesk::Place* TraceDesk::FreePlace() {
  const auto free =
      std::find_if(places_.begin(), places_.end(), [](const Place& place) { return !place.taken; });
  return free == places_.end() ? nullptr : &*free;
}

const TraceDesk::Place* TraceDesk::PlaceOf(uint64_t session) const {
  const auto found = std::find_if(places_.begin(), places_.end(), [&](const Place& place) {
    return place.taken && place.session.session == session;
  });
  return found == places_.end() ? nullptr : &*found;
}

TraceDesk::Place* TraceDesk::PlaceOf(uint64_t session) {
  return const_cast<Place*>(std::as_const(*this).PlaceOf(session));
}

}  // namespace sluice
