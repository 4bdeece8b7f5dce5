#ifndef SLUICE_RELAY_AUTH_CHECK_LINE_H_
#define SLUICE_RELAY_AUTH_CHECK_LINE_H_

// CheckLine: who waits for its credentials to be checked, and whose turn it is. Sources take turns:
// the second question of a source stands in the round after the first, however many others wait, so
// that who guesses a thousand times stands in a line of its own. Three ranks share the checks: who
// was right lately has half of them, and what one rank does not take the next one may. Where the
// round that is being served has waited too long for all of it to be served in time, the newest
// goes first: the oldest are those whose clients give up next.
//
// It knows no credentials and no clock. Fixed memory; allocates nothing after its start. One
// thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "core/intrusive_list.h"
#include "core/limits.h"

namespace sluice {

class CheckLine {
 public:
  enum class Rank : uint8_t {
    kGood,    // the source or the credentials were right lately
    kNew,     // nothing is known of it
    kFailed,  // the source has failed, and is not forgotten
  };
  static constexpr size_t kRanks = 3;

  // Leaves the line when it is destroyed or unlinked.
  class Place : public ListNode {
   private:
    friend class CheckLine;
    absl::Time since_;
  };

  CheckLine();
  CheckLine(const CheckLine&) = delete;
  CheckLine& operator=(const CheckLine&) = delete;

  // `source`: see SourceOf in source.h.
  void Join(Place& place, Rank rank, uint64_t source, absl::Time now);
  // Whose turn it is; it has left the line. Null where nobody waits.
  Place* Next(absl::Time now);

 private:
  // The rounds of one rank, from the one that is being served on, in a ring.
  class Rounds {
   public:
    Rounds() : sources_(limits::kCheckLineSources) {}
    void Join(Place& place, uint64_t source);
    Place* Next(absl::Time now);

   private:
    // In which round the last question of a source stands. Where too many wait the one furthest
    // back is forgotten, which gains a round.
    struct Source {
      uint64_t source = 0;
      uint64_t round = 0;
    };
    static constexpr size_t kWays = 4;
    Source& Remembered(uint64_t source);

    uint64_t round_ = 1;
    std::array<IntrusiveList<Place>, limits::kCheckLineRounds> rounds_;
    std::vector<Source> sources_;  // sets of kWays
  };

  std::array<Rounds, kRanks> ranks_;
  size_t turn_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_AUTH_CHECK_LINE_H_
