#ifndef SLUICE_TESTS_SIM_SIM_TRACE_H_
#define SLUICE_TESTS_SIM_SIM_TRACE_H_

// SimTrace: everything that happened, as one number that two runs of a seed must agree on, and the
// last of it as text for who looks into a failure. One thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace sluice {

class SimTrace {
 public:
  // `what` is a literal.
  void Add(absl::Time now, std::string_view what, int64_t subject, int64_t detail = 0);

  // Prints every event to standard error as it happens.
  void set_verbose(bool verbose) { verbose_ = verbose; }
  uint64_t hash() const { return hash_; }
  uint64_t count() const { return count_; }
  // One line per event, oldest first.
  std::string Last(size_t lines) const;

 private:
  static constexpr size_t kKept = 512;
  struct Entry {
    absl::Time when;
    std::string_view what;
    int64_t subject;
    int64_t detail;
  };
  static std::string Line(const Entry& entry);

  std::array<Entry, kKept> last_;
  uint64_t count_ = 0;
  uint64_t hash_ = 0x9e3779b97f4a7c15;
  bool verbose_ = false;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_TRACE_H_
