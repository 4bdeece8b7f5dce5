#ifndef SLUICE_BENCH_LOAD_FAILURES_H_
#define SLUICE_BENCH_LOAD_FAILURES_H_

// Failures: what went wrong with the tunnels of a run, counted by kind, the first one in words. One
// thread.

#include <cstddef>
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
  void Add(const Failures& others) {
    for (size_t i = 0; i < std::size(counts_); ++i) counts_[i] += others.counts_[i];
    if (first_.empty()) first_ = others.first_;
  }
  int64_t total() const {
    int64_t total = 0;
    for (int64_t count : counts_) total += count;
    return total;
  }
  // Calls `take` with the name of each kind, and how many there were.
  template <typename Take>
  void ForEachKind(const Take& take) const {
    for (size_t i = 0; i < std::size(counts_); ++i) take(kNames[i], counts_[i]);
  }
  const std::string& first() const { return first_; }

 private:
  static constexpr const char* kNames[] = {"connect", "refused", "ended", "wrong bytes", "timeout"};

  int64_t counts_[std::size(kNames)] = {};
  std::string first_;
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_FAILURES_H_
