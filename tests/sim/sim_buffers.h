#ifndef SLUICE_TESTS_SIM_SIM_BUFFERS_H_
#define SLUICE_TESTS_SIM_SIM_BUFFERS_H_

// SimBuffers: the pool of receive buffers of one simulated kernel. A buffer that was given back is
// painted over, and the paint is looked at when it is taken again, so that reading or writing it in
// between is noticed. One thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "tests/sim/sim_judge.h"

namespace sluice {

class SimBuffers {
 public:
  // At most `hot` of them can be taken between two calls of Restock.
  SimBuffers(SimJudge& judge, size_t bytes_each, int count, int hot);

  // Those given back can be taken again.
  void Restock();
  // -1 where there is none.
  int32_t Take();
  void Return(int32_t buffer);
  // Puts back what Take gave last, as if nothing had happened.
  void Untake(int32_t buffer);

  uint8_t* Bytes(int32_t buffer);
  size_t bytes_each() const { return bytes_each_; }
  bool can_take() const { return hot_left_ > 0; }
  // With those that Restock will bring.
  int free() const { return static_cast<int>(free_.size() + returned_.size()); }
  int taken() const { return count_ - free(); }

 private:
  uint8_t* At(int32_t buffer) { return memory_.get() + static_cast<size_t>(buffer) * bytes_each_; }
  bool IsTaken(int32_t buffer) const;

  SimJudge& judge_;
  const size_t bytes_each_;
  const int count_;
  const int hot_;
  int hot_left_ = 0;
  std::unique_ptr<uint8_t[]> memory_;
  std::vector<bool> is_taken_;
  std::vector<bool> is_painted_;
  std::vector<int32_t> free_;      // the last is taken first
  std::vector<int32_t> returned_;  // since the last Restock
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_BUFFERS_H_
