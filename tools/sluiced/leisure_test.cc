#include "tools/sluiced/leisure.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "core/give_way.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr Leisure kForEver{absl::Hours(1), absl::Hours(2)};

class RunAtLeisureTest : public ::testing::Test {
 protected:
  std::atomic<bool> cpu_wanted_ = false;
};

// Whether this process may take a thread back from SCHED_IDLE, found out by doing it.
bool Privileged() {
  bool may = false;
  std::thread([&may] {
    const sched_param none{};
    may = sched_setscheduler(0, SCHED_IDLE, &none) == 0 &&
          sched_setscheduler(0, SCHED_OTHER, &none) == 0;
  }).join();
  return may;
}

TEST_F(RunAtLeisureTest, WorkIsDoneOnceBeforeItReturns) {
  int times = 0;
  RunAtLeisure(kForEver, cpu_wanted_, [&times] { ++times; });
  EXPECT_EQ(times, 1);
}

TEST_F(RunAtLeisureTest, WorkRunsOnlyWhereTheCpuIsIdle) {
  if (!Privileged()) GTEST_SKIP() << "needs CAP_SYS_NICE";
  int policy = SCHED_OTHER;
  RunAtLeisure(kForEver, cpu_wanted_, [&policy] { policy = sched_getscheduler(0); });
  EXPECT_EQ(policy, SCHED_IDLE);
  EXPECT_EQ(sched_getscheduler(0), SCHED_OTHER);
}

TEST_F(RunAtLeisureTest, WorkGivesWayWhereItAllocatesAndWhereItFrees) {
  if (!Privileged()) GTEST_SKIP() << "needs CAP_SYS_NICE";
  RunAtLeisure(kForEver, cpu_wanted_, [] {
    EXPECT_GT(GivesWay::yields(), 0u);
    std::vector<std::unique_ptr<int>> many(1'000'000);
    const uint64_t before = GivesWay::yields();
    for (std::unique_ptr<int>& one : many) one = std::make_unique<int>();
    const uint64_t between = GivesWay::yields();
    many.clear();
    EXPECT_GT(between, before);
    EXPECT_GT(GivesWay::yields(), between);
  });
  EXPECT_EQ(GivesWay::yields(), 0u);
}

TEST_F(RunAtLeisureTest, WorkThatTakesTooLongGoesOnAsTheCaller) {
  if (!Privileged()) GTEST_SKIP() << "needs CAP_SYS_NICE";
  int nice = 0;
  RunAtLeisure(Leisure{absl::ZeroDuration(), absl::Milliseconds(1)}, cpu_wanted_, [&nice] {
    while (sched_getscheduler(0) != SCHED_OTHER) sched_yield();
    nice = getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
    const uint64_t before = GivesWay::yields();
    std::vector<std::unique_ptr<int>> many(1'000'000);
    for (std::unique_ptr<int>& one : many) one = std::make_unique<int>();
    EXPECT_EQ(GivesWay::yields(), before);
  });
  EXPECT_EQ(nice, getpriority(PRIO_PROCESS, 0));
}

TEST_F(RunAtLeisureTest, WorkThatIsStillHungryHasMoreCpuWantedUntilItIsDone) {
  if (!Privileged()) GTEST_SKIP() << "needs CAP_SYS_NICE";
  RunAtLeisure(Leisure{absl::Milliseconds(1), absl::Hours(1)}, cpu_wanted_, [this] {
    while (!cpu_wanted_) sched_yield();
  });
  EXPECT_FALSE(cpu_wanted_);
}

TEST_F(RunAtLeisureTest, WorkThatIsSoonDoneWantsNoMoreCpu) {
  bool wanted = false;
  RunAtLeisure(kForEver, cpu_wanted_, [&] { wanted = cpu_wanted_; });
  EXPECT_FALSE(wanted);
  EXPECT_FALSE(cpu_wanted_);
}

TEST_F(RunAtLeisureTest, ThreadThatCouldNotBeTakenBackIsNotGivenAway) {
  if (Privileged()) GTEST_SKIP() << "is privileged";
  const pid_t caller = gettid();
  pid_t worker = 0;
  RunAtLeisure(kForEver, cpu_wanted_, [&worker] { worker = gettid(); });
  EXPECT_EQ(worker, caller);
}

}  // namespace
}  // namespace sluice
