#ifndef SLUICE_BENCH_LOAD_FAILURES_H_
#define SLUICE_BENCH_LOAD_FAILURES_H_

// Failures: what went wrong with the tunnels of a run, counted by kind, the first one in words. One
// thread.

#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace sluice::load {

enum class Failure : uint8_t {
  kConnect,  // no connection to the proxy (or, direct, to the back end)
  kRefused,  // the proxy's reply was a failure
  kEnded,    // closed or reset before its time
  kWrong,    // bytes came back that were not sent
  kTimeout,  // nothing came in time
};

class Failures {
 public:
  void Add(Failure kind, std::string_view why) {
    ++counts_[static_cast<int>(kind)];
    if (first_.empty())
      first_ = absl::StrCat(kNames[static_cast<int>(kind)], ": ", std::string(why));
  }
  int64_t total() const {
    int64_t total = 0;
    for (int64_t count : counts_) total += count;
    return total;
  }
  int64_t count(Failure kind) const { return counts_[static_cast<int>(kind)]; }
  const std::string& first() const { return first_; }

 private:
  static constexpr const char* kNames[] = {"connect", "refused", "ended", "wrong bytes", "timeout"};

  int64_t counts_[std::size(kNames)] = {};
  std::string first_;
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_FAILURES_H_
