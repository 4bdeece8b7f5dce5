#include "tools/admin/shard_clocks.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <system_error>
#include <utility>

namespace sluice {
namespace {

constexpr std::string_view kPrefix = "shard-";

// What pthread_getcpuclockid(3) makes of a thread's number: its bits inverted, three places to the
// left, and there the kernel's marks for a thread and for its time on the CPU.
clockid_t ClockOf(int thread) {
  return static_cast<clockid_t>(~static_cast<unsigned>(thread) << 3 | 6);
}

}  // namespace

void ShardClocks::Find() {
  found_ = true;
  std::map<int, clockid_t> by_shard;
  std::error_code error;
  for (std::filesystem::directory_iterator at("/proc/self/task", error), end; !error && at != end;
       at.increment(error)) {
    std::string name;
    std::getline(std::ifstream(at->path() / "comm"), name);
    if (!name.starts_with(kPrefix)) continue;
    const std::string thread = at->path().filename().string();
    int shard = 0, number = 0;
    std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), shard);
    std::from_chars(thread.data(), thread.data() + thread.size(), number);
    by_shard[shard] = ClockOf(number);
  }
  for (const auto& [shard, clock] : by_shard) clocks_.push_back({clock, absl::ZeroDuration()});
}

std::vector<double> ShardClocks::Busy(absl::Duration passed) {
  if (!found_) Find();
  std::vector<double> shares;
  for (Clock& clock : clocks_) {
    timespec time{};
    clock_gettime(clock.clock, &time);
    const absl::Duration read = absl::DurationFromTimespec(time);
    const absl::Duration worked = read - std::exchange(clock.read, read);
    shares.push_back(std::clamp(absl::FDivDuration(worked, passed), 0.0, 1.0));
  }
  return shares;
}

}  // namespace sluice
