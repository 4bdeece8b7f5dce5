#include "tests/sim/sim_trace.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sluice {
namespace {

uint64_t Mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0xff51afd7ed558ccd;
  return hash ^ (hash >> 32);
}

// The words stand for themselves: their addresses differ from run to run.
uint64_t MixText(uint64_t hash, std::string_view text) {
  while (!text.empty()) {
    uint64_t word = 0;
    const size_t taken = std::min(text.size(), sizeof word);
    std::memcpy(&word, text.data(), taken);
    hash = Mix(hash, word);
    text.remove_prefix(taken);
  }
  return hash;
}

}  // namespace

void SimTrace::Add(absl::Time now, std::string_view what, int64_t subject, int64_t detail) {
  Entry& entry = last_[count_ % kKept];
  entry = Entry{now, what, subject, detail};
  ++count_;
  hash_ = MixText(hash_, what);
  hash_ = Mix(hash_, static_cast<uint64_t>(absl::ToUnixNanos(now)));
  hash_ = Mix(hash_, static_cast<uint64_t>(subject));
  hash_ = Mix(hash_, static_cast<uint64_t>(detail));
  if (verbose_) std::fputs(Line(entry).c_str(), stderr);
}

std::string SimTrace::Last(size_t lines) const {
  std::string text;
  const uint64_t kept = std::min<uint64_t>({count_, kKept, lines});
  for (uint64_t i = count_ - kept; i < count_; ++i) absl::StrAppend(&text, Line(last_[i % kKept]));
  return text;
}

std::string SimTrace::Line(const Entry& entry) {
  const int64_t micros = absl::ToUnixMicros(entry.when) - 1'000'000'000'000;
  return absl::StrFormat("%14.6f  %-28s %6d %8d\n", static_cast<double>(micros) * 1e-6, entry.what,
                         entry.subject, entry.detail);
}

}  // namespace sluice
