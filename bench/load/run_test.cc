// Runs of parts that only count how often they are asked to work.

#include "bench/load/run.h"

#include <sys/resource.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "bench/load/clock.h"
#include "gtest/gtest.h"

namespace sluice::load {
namespace {

// Each work is a piece, of which it is finished with so many.
class Pieces : public Part {
 public:
  // `counted`: the run is to wait for them. `left_over`: pieces that are still under way at the
  // end. `apart_ns`: when the next one is due.
  Pieces(Stage& stage, int pieces, bool counted, int left_over = 0, int64_t apart_ns = 0)
      : Part(stage.options, *stage.MakeWay(stage.options, Service::kEcho)),
        pieces_(pieces),
        counted_(counted),
        left_over_(left_over),
        apart_ns_(apart_ns) {}

  void Prepare() override { Say("prepare"); }
  void Start(const Times& times) override {
    Say("start");
    times_ = times;
  }
  int64_t Work(int64_t now) override {
    if (ended_ && left_over_ > 0) --left_over_;
    if (!ended_ && !finished()) ++done_;
    return now + apart_ns_;
  }
  void BeginMeasuring() override { Say("measure"); }
  void EndMeasuring(int64_t) override {
    Say("end");
    ended_ = true;
  }
  bool draining(int64_t) const override { return left_over_ > 0; }
  void Finish() override { Say("finish"); }
  bool counted() const override { return counted_; }
  bool finished() const override { return done_ >= pieces_; }
  std::string Progress() const override { return ""; }
  void AddCounts(Report& report, double) const override { report["pieces"] = done_; }
  Cost cost() const override { return {static_cast<double>(done_), 1, "s_per_piece"}; }

  int done() const { return done_; }
  int left_over() const { return left_over_; }
  const Times& times() const { return times_; }
  const std::string& story() const { return story_; }

 private:
  void Say(const char* what) { story_ += story_.empty() ? what : std::string(" ") + what; }

  const int pieces_;
  const bool counted_;
  int left_over_;
  const int64_t apart_ns_;
  int done_ = 0;
  bool ended_ = false;
  Times times_;
  std::string story_;
};

std::unique_ptr<Stage> MakeStage(bool spin = false) {
  Options options;
  options.spin = spin;
  options.backend_thread = false;
  options.warmup_ns = 1;
  options.seconds_ns = 1;
  return *Stage::Make(options, {});
}

std::unique_ptr<Run> RunAll(Stage& stage, const std::vector<Part*>& parts) {
  auto run = std::make_unique<Run>(stage, parts);
  EXPECT_TRUE(run->Open().ok());
  EXPECT_TRUE(run->Measure().ok());
  run->Finish();
  return run;
}

int Threads() {
  int threads = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/task"))
    ++threads;
  return threads;
}

TEST(StageTest, BackEndHasAThreadOfItsOwnOnlyWhereItIsToHaveOne) {
  const int before = Threads();
  for (const bool own : {false, true}) {
    Options options;
    options.backend_thread = own;
    const auto stage = Stage::Make(options, {});
    ASSERT_TRUE(stage.ok()) << stage.status();
    EXPECT_EQ(Threads(), before + own);
  }
}

TEST(RunTest, TakesEachPartThroughItsWholeStory) {
  const auto stage = MakeStage();
  Pieces one(*stage, 1, true);
  Pieces other(*stage, 1, true);
  RunAll(*stage, {&one, &other});
  EXPECT_EQ(one.story(), "prepare start measure end finish");
  EXPECT_EQ(other.story(), one.story());
}

TEST(RunTest, EndsWhenEveryCountedPartHasDoneItsPart) {
  const auto stage = MakeStage();
  Pieces few(*stage, 3, true);
  Pieces many(*stage, 50, true);
  RunAll(*stage, {&few, &many});
  EXPECT_EQ(few.done(), 3);
  EXPECT_EQ(many.done(), 50);
}

TEST(RunTest, WhatIsNotCountedGoesOnUntilThen) {
  const auto stage = MakeStage();
  Pieces counted(*stage, 20, true);
  Pieces endless(*stage, 1'000'000'000, false);
  RunAll(*stage, {&counted, &endless});
  EXPECT_EQ(counted.done(), 20);
  EXPECT_GE(endless.done(), 20);
  EXPECT_EQ(endless.times().ends, INT64_MAX);
}

TEST(RunTest, WhatIsFinishedBeforeTheTimeEndsTheRunOnlyWhereAllIs) {
  const auto stage = MakeStage();
  Pieces soon(*stage, 1, false);
  Pieces endless(*stage, 1'000'000'000, false);
  RunAll(*stage, {&soon, &endless});
  EXPECT_GE(NowNanos(), endless.times().ends);
  EXPECT_EQ(endless.times().measured_from, endless.times().began + 1);
}

TEST(RunTest, WaitsForWhatIsUnderWay) {
  const auto stage = MakeStage();
  Pieces pieces(*stage, 1, true, 10);
  RunAll(*stage, {&pieces});
  EXPECT_EQ(pieces.left_over(), 0);
}

// How often the calling thread has given up its CPU to wait for something.
long Sleeps() {
  rusage usage;
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

TEST(RunTest, SleepsUntilTheNextPieceIsDueUnlessItIsToSpin) {
  constexpr int kPieces = 50;
  for (const bool spin : {false, true}) {
    const auto stage = MakeStage(spin);
    Pieces pieces(*stage, kPieces, true, 0, kSecond / 1000);
    const long before = Sleeps();
    RunAll(*stage, {&pieces});
    EXPECT_EQ(Sleeps() - before > kPieces / 2, !spin);
  }
}

TEST(RunTest, EveryMeasuredTurnIsRecorded) {
  const auto stage = MakeStage();
  Pieces pieces(*stage, 20, true);
  const auto run = RunAll(*stage, {&pieces});
  EXPECT_EQ(run->turns().count(), 19);  // after the last piece there is nothing to wait for
}

}  // namespace
}  // namespace sluice::load
