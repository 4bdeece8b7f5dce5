#ifndef SLUICE_BENCH_LOAD_PROGRESS_H_
#define SLUICE_BENCH_LOAD_PROGRESS_H_

// Progress: one line on standard error, rewritten every second while a run goes on and gone when it
// ends. One thread.

#include <cstdint>
#include <cstdio>
#include <string>

#include "bench/load/clock.h"

namespace sluice::load {

class Progress {
 public:
  explicit Progress(bool on) : on_(on) {}
  ~Progress() {
    if (shown_) std::fputs("\r\033[K", stderr);
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // At most once a second: `line` is asked for a text only then.
  template <typename Line>
  void Show(int64_t now, const Line& line) {
    if (!on_ || now < due_) return;
    due_ = now + kSecond;
    shown_ = true;
    std::fprintf(stderr, "\r\033[K%s", std::string(line()).c_str());
    std::fflush(stderr);
  }

 private:
  bool on_;
  bool shown_ = false;
  int64_t due_ = 0;
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_PROGRESS_H_
