// Every requirement that shows on the wire, and every row of the table of malformed input, has a
// transcript.

#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/transcripts/transcript.h"

namespace sluice {
namespace {

// Not among them, because this gateway has nothing to say there yet or ever: 71 (another
// server's error).
constexpr int kRequirements[] = {
    1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 75, 20, 21,
    22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
    44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65,
    66, 67, 68, 69, 70, 72, 73, 74, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89};

constexpr const char* kRows[] = {
    "all in one write (greet+req+payload)",
    "byte-at-a-time",
    "NMETHODS 0",
    "only 80 / FF / 01",
    "ver 00/06, HTTP, TLS",
    "truncated greeting + FIN",
    "request VER 04",
    "RSV 7F",
    "CMD 00/04/FF",
    "ATYP 00/02/05/FF",
    "name len 0",
    "name 255×'a'",
    "NUL inside name",
    "CR LF % in name",
    "refused / net-unreach",
    "port 0 / dst 0.0.0.0",
    "unsolicited 01-auth after 00",
    "half-close then wait for reply",
    "v4 ok/empty user/bytewise/pipelined",
    "v4a name",
    "v4a empty name / v4 0.0.0.0 / CD 3",
    "v4 userid 64 kB no NUL; 4a name 64 kB",
    "UDP assoc 0 / v6 zero / name \"x\"",
    "BIND",
};

class CoverageTest : public testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::vector<Transcript>> read = ReadTranscripts("tests/transcripts");
    ASSERT_TRUE(read.ok()) << read.status();
    transcripts_ = *std::move(read);
  }

  std::vector<Transcript> transcripts_;
};

TEST_F(CoverageTest, EveryRequirementHasATranscript) {
  std::set<int> covered;
  for (const Transcript& transcript : transcripts_) {
    covered.insert(transcript.covers.begin(), transcript.covers.end());
  }
  EXPECT_EQ(covered, std::set<int>(std::begin(kRequirements), std::end(kRequirements)));
}

TEST_F(CoverageTest, EveryRowHasATranscript) {
  std::set<std::string> covered;
  for (const Transcript& transcript : transcripts_) {
    covered.insert(transcript.rows.begin(), transcript.rows.end());
  }
  EXPECT_EQ(covered, std::set<std::string>(std::begin(kRows), std::end(kRows)));
}

TEST_F(CoverageTest, EveryFileIsNamedForWhatItCovers) {
  for (const Transcript& transcript : transcripts_) {
    if (transcript.file.starts_with("row_")) {
      EXPECT_FALSE(transcript.rows.empty()) << transcript.file;
      continue;
    }
    ASSERT_TRUE(transcript.file.starts_with("req_")) << transcript.file;
    const int number = std::stoi(transcript.file.substr(4, 3));
    const std::set<int> covers(transcript.covers.begin(), transcript.covers.end());
    EXPECT_TRUE(covers.contains(number)) << transcript.file;
  }
}

TEST_F(CoverageTest, NoTwoTranscriptsHaveOneTitle) {
  std::set<std::string> titles;
  for (const Transcript& transcript : transcripts_) {
    EXPECT_TRUE(titles.insert(transcript.title).second) << transcript.title;
  }
}

}  // namespace
}  // namespace sluice
