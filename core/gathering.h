#ifndef SLUICE_CORE_GATHERING_H_
#define SLUICE_CORE_GATHERING_H_

// Gathering: how long the next turn waits for more than the first completion, by what the last one
// brought (Kernel::GatherStream and GatherDatagrams). Pure; decision 0016.

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "core/gather_trials.h"

namespace sluice {

class Gathering {
 public:
  static constexpr int kLongWaits = 3;

  // Zero: never waits for more.
  explicit Gathering(absl::Duration wait = absl::ZeroDuration()) : wait_(wait) {}

  // Each of these once per completion that brought some.
  void Stream(uint64_t bytes);
  void Datagrams(size_t count);

  // The wait of the turn that begins, after one that brought so many completions at `now`, the
  // turn's time. What was asked is forgotten.
  absl::Duration Take(unsigned brought, absl::Time now);

 private:
  // What waits do to bytes, or to datagrams.
  class Kind {
   public:
    void Add(uint64_t amount) { amount_ += amount; }
    void Learn(absl::Time now);
    int level() const { return trials_.level(); }

   private:
    GatherTrials trials_;
    uint64_t amount_ = 0;  // of the last turn
    absl::Time at_ = absl::InfinitePast();
  };

  absl::Duration WaitAt(int level) const;

  absl::Duration wait_;
  Kind streams_;
  Kind datagrams_;
  // Of the last turn:
  bool stream_ = false;
  bool in_numbers_ = false;        // datagrams, in one socket
  unsigned in_great_numbers_ = 0;  // sockets with so many
};

}  // namespace sluice

#endif  // SLUICE_CORE_GATHERING_H_
