#ifndef SLUICE_RELAY_NAMES_NAME_PLACES_H_
#define SLUICE_RELAY_NAMES_NAME_PLACES_H_

// NamePlaces: how many names a shard asks at a time, and on whose account, so that one source whose
// names nobody answers takes its own places only. What a source has is counted for all shards
// together (relay/limits/sources.h). One thread.

#include <cstddef>
#include <optional>
#include <utility>

#include "core/limits.h"
#include "relay/limits/sources.h"

namespace sluice {

// On whose account a name is asked.
struct NameAccount {
  Source* source = nullptr;              // entered; null: not counted
  int names_max = limits::kSourceNames;  // of the source; 0: no bound
};

class NamePlaces {
 public:
  // Held as long as it lives; the NamePlaces outlives it, who entered the source need not.
  class Place {
   public:
    Place(Place&& other) noexcept
        : places_(std::exchange(other.places_, nullptr)), source_(other.source_) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (places_ != nullptr) places_->Give(source_);
    }

   private:
    friend class NamePlaces;
    Place(NamePlaces& places, Source* source) : places_(&places), source_(source) {}
    NamePlaces* places_;
    Source* source_;
  };

  explicit NamePlaces(Sources& sources) : sources_(sources) {}

  // Nothing where its source, or the shard, asks as many as may be.
  std::optional<Place> Take(const NameAccount& account);
  size_t taken() const { return taken_; }

 private:
  void Give(Source* source);

  Sources& sources_;
  size_t taken_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_NAMES_NAME_PLACES_H_
