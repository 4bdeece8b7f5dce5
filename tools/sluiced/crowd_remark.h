#ifndef SLUICE_TOOLS_SLUICED_CROWD_REMARK_H_
#define SLUICE_TOOLS_SLUICED_CROWD_REMARK_H_

// CrowdRemark: what the process's log says of clients that had to wait for a place, or that had as
// many as they may: one line for all that came since the last one, at most once a minute. It looks
// at the counters, so that no shard has to say anything. Pure; one thread.

#include <string>

#include "absl/time/time.h"
#include "core/counters.h"

namespace sluice {

class CrowdRemark {
 public:
  // Empty where there is nothing new to say, or it is too soon. `now` is of a clock that runs.
  std::string Next(const Counters::Totals& totals, absl::Time now);

 private:
  Counters::Totals told_;
  absl::Time told_at_ = absl::InfinitePast();
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_CROWD_REMARK_H_
