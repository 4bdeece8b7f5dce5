#include "relay/names/name_places.h"

namespace sluice {

std::optional<NamePlaces::Place> NamePlaces::Take(const NameAccount& account) {
  if (taken_ >= limits::kResolverQueriesMax) return std::nullopt;
  if (account.source != nullptr) {
    if (!account.source->Take(Holding::kNames, account.names_max)) return std::nullopt;
    sources_.EnterAgain(*account.source);
  }
  ++taken_;
  return Place(*this, account.source);
}

void NamePlaces::Give(Source* source) {
  --taken_;
  if (source == nullptr) return;
  source->Give(Holding::kNames);
  sources_.Leave(*source);
}

}  // namespace sluice
