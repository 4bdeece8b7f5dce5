// Every transcript that needs no relay, played on the handshake alone: step by step, whole, cut in
// two at every byte, and byte by byte. All must lead to the same words and the same end.

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/transcripts/handshake_player.h"
#include "tests/transcripts/transcript.h"

namespace sluice {
namespace {

using Kind = TranscriptStep::Kind;

const absl::StatusOr<std::vector<Transcript>>& All() {
  static const auto* all =
      new absl::StatusOr<std::vector<Transcript>>(ReadTranscripts("tests/transcripts"));
  return *all;
}

std::vector<Transcript> OnHandshake() {
  std::vector<Transcript> transcripts;
  if (!All().ok()) return transcripts;
  for (const Transcript& transcript : *All()) {
    if (transcript.on_handshake) transcripts.push_back(transcript);
  }
  return transcripts;
}

TEST(TranscriptsTest, EveryFileIsATranscript) { ASSERT_TRUE(All().ok()) << All().status(); }

class HandshakeTranscriptTest : public testing::TestWithParam<Transcript> {
 protected:
  const Transcript& transcript() const { return GetParam(); }

  bool Has(Kind kind) const {
    for (const TranscriptStep& step : transcript().steps) {
      if (step.kind == kind) return true;
    }
    return false;
  }
  static std::string ClientStreamOn(const Transcript& transcript, const Stage& stage) {
    std::string stream;
    for (const TranscriptStep& step : transcript.steps) {
      if (step.kind == Kind::kClientSends) stream += step.bytes.Expand(stage).bytes;
    }
    return stream;
  }
  // Plays the client's bytes in pieces that end at `cuts`, and judges the end.
  void PlayCut(const std::vector<size_t>& cuts) {
    const std::string_view stream = client_stream_;
    HandshakePlayer player(transcript(), stage_);
    size_t from = 0;
    for (const size_t cut : cuts) {
      player.Send(stream.substr(from, cut - from));
      from = cut;
    }
    player.Send(stream.substr(from));
    if (Has(Kind::kClientFin)) player.SendFin();
    ASSERT_TRUE(server_stream_.Matches(player.said()))
        << "said " << HexOf(player.said()) << "\nexpected " << server_stream_.ToString();
    ASSERT_EQ(player.closed(), !Has(Kind::kOpen)) << "closed";
    ASSERT_EQ(player.JudgeAftermath(), "");
  }

  const Stage stage_ = StageFor(GetParam());
  const std::string client_stream_ = ClientStreamOn(GetParam(), stage_);
  const WirePattern server_stream_ = ServerStreamOn(GetParam(), stage_);
};

TEST_P(HandshakeTranscriptTest, EachStepIsAnsweredBeforeTheNext) {
  HandshakePlayer player(transcript(), stage_);
  WirePattern expected;
  for (const TranscriptStep& step : transcript().steps) {
    const bool client = step.kind == Kind::kClientSends || step.kind == Kind::kClientFin;
    if (client) {
      ASSERT_TRUE(expected.Matches(player.said()))
          << transcript().file << ":" << step.line << ": before it the server had said "
          << HexOf(player.said()) << "\nexpected " << expected.ToString();
    }
    switch (step.kind) {
      case Kind::kClientSends: player.Send(step.bytes.Expand(stage_).bytes); break;
      case Kind::kClientFin: player.SendFin(); break;
      case Kind::kServerSends: expected.Append(step.bytes.Expand(stage_)); break;
      case Kind::kServerFin: ASSERT_TRUE(player.closed()) << step.line; break;
      case Kind::kOpen: ASSERT_FALSE(player.closed()) << step.line; break;
      case Kind::kClientDatagram:
      case Kind::kOtherDatagram:
      case Kind::kClientDatagramAgain:
      case Kind::kServerDatagram:
      case Kind::kPeerConnects:
      case Kind::kPeerRefused:
      case Kind::kClientReset:
      case Kind::kServerReset:
        FAIL() << "a reset, a peer or a datagram needs a relay; add `players: gateway`";
    }
  }
  ASSERT_TRUE(expected.Matches(player.said()))
      << "said " << HexOf(player.said()) << "\nexpected " << expected.ToString();
  ASSERT_EQ(player.JudgeAftermath(), "");
}

TEST_P(HandshakeTranscriptTest, WholeItEndsTheSame) { PlayCut({}); }

TEST_P(HandshakeTranscriptTest, CutInTwoAtEveryByteItEndsTheSame) {
  for (size_t cut = 1; cut < client_stream_.size(); ++cut) {
    SCOPED_TRACE(cut);
    PlayCut({cut});
    if (HasFatalFailure()) return;
  }
}

TEST_P(HandshakeTranscriptTest, ByteByByteItEndsTheSame) {
  std::vector<size_t> cuts;
  for (size_t cut = 1; cut < client_stream_.size(); ++cut) cuts.push_back(cut);
  PlayCut(cuts);
}

INSTANTIATE_TEST_SUITE_P(All, HandshakeTranscriptTest, testing::ValuesIn(OnHandshake()),
                         [](const auto& info) { return info.param.file; });

}  // namespace

// For gtest, which would print the bytes of the object.
void PrintTo(const Transcript& transcript, std::ostream* out) { *out << transcript.title; }

}  // namespace sluice
