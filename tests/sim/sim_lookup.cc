#include "tests/sim/sim_lookup.h"

namespace sluice {

void SimLookup::Start(std::string_view name, Receiver& receiver) {
  const auto found = zone_.find(name);
  SimName known;
  if (found == zone_.end()) {
    known.status = NameAnswer::Status::kNotFound;
    known.answered_after = absl::Milliseconds(20);
  } else {
    known = found->second;
  }
  const NameAnswer answer{known.status, known.addresses, known.ttl};
  network_.Trace("lookup", static_cast<int64_t>(name.size()),
                 static_cast<int64_t>(answer.addresses.size()));
  if (known.answered_after == absl::ZeroDuration()) return receiver.OnLookedUp(name, answer);
  network_.clock().After(known.answered_after, [this, name = std::string(name), answer, &receiver] {
    kernel_.CallInTurn([name, answer, &receiver] { receiver.OnLookedUp(name, answer); });
  });
}

}  // namespace sluice
