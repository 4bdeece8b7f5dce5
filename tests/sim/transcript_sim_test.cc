// Every transcript, played on the simulated gateway: as it is written, with the client's bytes as
// early as may be, byte by byte, and in worlds in which Linux does all that it may.

#include <ostream>
#include <string>
#include <vector>

#include "glog/logging.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/transcript_player.h"
#include "tests/transcripts/transcript.h"

namespace sluice {

// For gtest, which would print the bytes of the object.
void PrintTo(const Transcript& transcript, std::ostream* out) { *out << transcript.title; }

namespace {

constexpr uint64_t kRestlessSeeds = 20;

std::vector<Transcript> All() {
  auto transcripts = ReadTranscripts("tests/transcripts");
  return transcripts.ok() ? *transcripts : std::vector<Transcript>();
}

TEST(TranscriptSimTest, ThereAreTranscripts) { EXPECT_FALSE(All().empty()); }

// What may happen to any connection and must not show on the wire.
SimFaults Restless() {
  SimFaults faults;
  faults.socket_buffer_min = 1024;
  faults.small_segment = 0.3;
  faults.short_receive = 0.3;
  faults.receive_without_hint = 0.3;
  faults.no_buffers = 0.2;
  faults.buffer_on_failure = 0.3;
  faults.operation_delay = 0.2;
  faults.completion_delay = 0.2;
  faults.completions_shuffled = 0.5;
  faults.completions_split = 0.5;
  faults.cancel_loses = 0.5;
  faults.accept_ends = 0.3;
  faults.receives_end = 0.3;
  faults.early_wake = 0.2;
  faults.send_partly = 0.3;
  faults.short_splice = 0.3;
  faults.pipe_refused = 0.3;
  return faults;
}

class TranscriptSimTest : public testing::TestWithParam<Transcript> {
 protected:
  // The world is meant to go wrong; the gateway's warnings about it would bury a failure.
  static void SetUpTestSuite() { FLAGS_minloglevel = google::GLOG_ERROR; }
  void Play(Delivery delivery, uint64_t seed, const SimFaults& faults) {
    EXPECT_THAT(TranscriptPlayer(GetParam(), delivery, seed, faults).Play(), testing::IsEmpty())
        << "seed " << seed;
  }
};

TEST_P(TranscriptSimTest, EachStepIsAnsweredBeforeTheNext) {
  Play(Delivery::kStepByStep, 1, SimFaults());
}

TEST_P(TranscriptSimTest, WholeItEndsTheSame) { Play(Delivery::kWhole, 1, SimFaults()); }

TEST_P(TranscriptSimTest, ByteByByteItEndsTheSame) { Play(Delivery::kByteByByte, 1, SimFaults()); }

TEST_P(TranscriptSimTest, InARestlessWorldItEndsTheSame) {
  // A reset may overtake what was said before it, unless that is waited for.
  const bool reset = GetParam().steps.back().kind == TranscriptStep::Kind::kServerReset;
  for (uint64_t seed = 1; seed <= kRestlessSeeds; ++seed) {
    Play(seed % 2 == 0 || reset ? Delivery::kStepByStep : Delivery::kWhole, seed, Restless());
  }
}

INSTANTIATE_TEST_SUITE_P(All, TranscriptSimTest, testing::ValuesIn(All()),
                         [](const auto& info) { return info.param.file; });

}  // namespace
}  // namespace sluice
