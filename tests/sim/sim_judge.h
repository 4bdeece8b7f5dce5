#ifndef SLUICE_TESTS_SIM_SIM_JUDGE_H_
#define SLUICE_TESTS_SIM_SIM_JUDGE_H_

// SimJudge: what was found to be wrong. The simulated kernel, network and peers accuse; the test
// asks at the end, so that one run can show more than its first fault.

#include <string>
#include <utility>
#include <vector>

namespace sluice {

class SimJudge {
 public:
  void Accuse(std::string fault) {
    if (accusations_.size() < kKept) accusations_.push_back(std::move(fault));
  }
  bool condemned() const { return !accusations_.empty(); }
  const std::vector<std::string>& accusations() const { return accusations_; }

 private:
  static constexpr size_t kKept = 50;
  std::vector<std::string> accusations_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_JUDGE_H_
