// What a player gives to the gateway as its configuration is one.

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "policy/config.h"
#include "tests/transcripts/handshake_player.h"
#include "tests/transcripts/transcript.h"

namespace sluice {
namespace {

TEST(TranscriptPolicyTest, EveryTranscriptHasAValidConfiguration) {
  const absl::StatusOr<std::vector<Transcript>> transcripts = ReadTranscripts("tests/transcripts");
  ASSERT_TRUE(transcripts.ok()) << transcripts.status();
  const FileReader no_files = [](std::string_view) { return absl::NotFoundError("no files"); };
  for (const Transcript& transcript : *transcripts) {
    const std::string text =
        ConfigOn(transcript, StageFor(transcript), {*Address::Parse("127.0.0.1")}, 0);
    const absl::StatusOr<Config> config = ParseConfig(text, transcript.file, no_files);
    ASSERT_TRUE(config.ok()) << config.status() << "\n" << text;
    EXPECT_EQ(config->service.socks4, transcript.socks4) << transcript.file;
    EXPECT_FALSE(config->rules.empty()) << transcript.file;
  }
}

}  // namespace
}  // namespace sluice
