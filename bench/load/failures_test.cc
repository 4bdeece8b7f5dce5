#include "bench/load/failures.h"

#include <map>
#include <string>

#include "gtest/gtest.h"

namespace sluice::load {
namespace {

std::map<std::string, int64_t> Counts(const Failures& failures) {
  std::map<std::string, int64_t> counts;
  failures.ForEachKind([&](const char* kind, int64_t count) { counts[kind] = count; });
  return counts;
}

TEST(FailuresTest, AreCountedByKindAndTheFirstIsKept) {
  Failures failures;
  failures.Add(Failure::kRefused, "reply code 2");
  failures.Add(Failure::kTimeout, "no answer");
  failures.Add(Failure::kRefused, "reply code 5");
  EXPECT_EQ(failures.total(), 3);
  EXPECT_EQ(failures.first(), "refused: reply code 2");
  EXPECT_EQ(Counts(failures)["refused"], 2);
  EXPECT_EQ(Counts(failures)["timeout"], 1);
  EXPECT_EQ(Counts(failures)["ended"], 0);
}

TEST(FailuresTest, AddUpToThoseOfAll) {
  Failures one, other, all;
  one.Add(Failure::kEnded, "closed");
  other.Add(Failure::kEnded, "reset");
  other.Add(Failure::kWrong, "not what was sent");
  for (const Failures& failures : {Failures(), one, other}) all.Add(failures);
  EXPECT_EQ(all.total(), 3);
  EXPECT_EQ(all.first(), "ended: closed");
  EXPECT_EQ(Counts(all)["ended"], 2);
  EXPECT_EQ(Counts(all)["wrong bytes"], 1);
}

}  // namespace
}  // namespace sluice::load
