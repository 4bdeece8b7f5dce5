// Plays every transcript on the real daemon, in a network and with a hosts file of its own: as it
// is written, and with the client writing byte by byte. See tests/transcripts/README.md for what a
// player does.

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "glog/logging.h"
#include "gtest/gtest.h"
#include "tests/e2e/daemon_process.h"
#include "tests/e2e/datagram_socket.h"
#include "tests/e2e/played_target.h"
#include "tests/e2e/private_host.h"
#include "tests/e2e/stream.h"
#include "tests/transcripts/transcript.h"

namespace sluice {
namespace {

// Byte by byte, a megabyte would be a million system calls that show nothing new.
constexpr size_t kByteByByteMax = 2048;
constexpr int kPatienceMs = 120'000;  // for a datagram that must come
constexpr int kAgainMs = 20;          // until one that may come is asked for again
const Endpoint kLoopback{Address::FromV4({127, 0, 0, 1}), 0};

struct Scene {
  explicit Scene(const Transcript& transcript) {
    int index = 0;
    for (const TranscriptTarget& target : transcript.targets) {
      targets.push_back(std::make_unique<PlayedTarget>(target, ++index));
      stage[target.name] = targets.back()->placement();
    }
  }
  std::vector<std::unique_ptr<PlayedTarget>> targets;
  Stage stage;
};

class TranscriptPlayer {
 public:
  TranscriptPlayer(const Transcript& transcript, Scene& scene, const Endpoint& gateway,
                   bool byte_by_byte)
      : transcript_(transcript),
        scene_(scene),
        stage_(scene.stage),
        client_(Stream::ConnectTo(gateway)),
        byte_by_byte_(byte_by_byte) {
    scene.stage[kClientOnStage] =
        Placement{client_.local().address, Address(), client_.local().port};
    scene.stage[kServiceOnStage] = Placement{gateway.address, Address(), gateway.port};
    for (auto& target : scene.targets) target->SetStage(scene.stage);
  }

  void Play() {
    for (const TranscriptStep& step : transcript_.steps) {
      Take(step);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }

 private:
  void Take(const TranscriptStep& step) {
    SCOPED_TRACE(transcript_.file + ".transcript:" + std::to_string(step.line));
    switch (step.kind) {
      case TranscriptStep::Kind::kClientSends: return Send(step.bytes.Expand(stage_).bytes);
      case TranscriptStep::Kind::kClientFin: return client_.ShutDownWrite();
      case TranscriptStep::Kind::kClientReset: return client_.Reset();
      case TranscriptStep::Kind::kServerSends: return Expect(step.bytes.Expand(stage_));
      case TranscriptStep::Kind::kServerFin: return ExpectEnd(Stream::End::kFin);
      case TranscriptStep::Kind::kServerReset: return ExpectEnd(Stream::End::kReset);
      case TranscriptStep::Kind::kOpen:
        ASSERT_FALSE(client_.HasMore()) << HexOf(client_.heard());
        return;
      case TranscriptStep::Kind::kClientDatagram:
        return own_.Send(BoundIn(said_), step.bytes.Expand(stage_).bytes);
      case TranscriptStep::Kind::kOtherDatagram:
        return other_.Send(BoundIn(said_), step.bytes.Expand(stage_).bytes);
      case TranscriptStep::Kind::kClientDatagramAgain:
        return SendAgain(step.bytes.Expand(stage_).bytes);
      case TranscriptStep::Kind::kServerDatagram: return ExpectDatagram(step.bytes.Expand(stage_));
      case TranscriptStep::Kind::kPeerConnects:
      case TranscriptStep::Kind::kPeerRefused: return CallPeer(step);
    }
  }

  void SendAgain(const std::string& bytes) {
    for (int tries = 0; tries < kPatienceMs / kAgainMs; ++tries) {
      own_.Send(BoundIn(said_), bytes);
      if (own_.Receive(&early_, &early_from_, kAgainMs)) return;
    }
  }

  void ExpectDatagram(const WirePattern& pattern) {
    std::string bytes = std::exchange(early_, std::string());
    Endpoint from = early_from_;
    if (bytes.empty()) {
      ASSERT_TRUE(own_.Receive(&bytes, &from, kPatienceMs))
          << "no datagram; expected " << pattern.ToString();
    }
    EXPECT_EQ(from, BoundIn(said_));
    ASSERT_TRUE(pattern.Matches(bytes))
        << "expected " << pattern.ToString() << ", found " << HexOf(bytes);
  }

  // A server that has refused may have closed before everything is written; what it said is judged
  // all the same.
  void Send(std::string_view bytes) {
    if (!byte_by_byte_ || bytes.size() > kByteByByteMax) {
      client_.Write(bytes);
      return;
    }
    for (const char& byte : bytes) client_.Write(std::string_view(&byte, 1));
  }

  void CallPeer(const TranscriptStep& step) {
    ASSERT_TRUE(listening_.has_value()) << "no reply says where to connect to";
    for (size_t i = 0; i < transcript_.targets.size(); ++i) {
      if (transcript_.targets[i].name != step.peer) continue;
      ASSERT_EQ(scene_.targets[i]->Connect(*listening_),
                step.kind == TranscriptStep::Kind::kPeerConnects);
    }
  }

  void Expect(const WirePattern& pattern) {
    ASSERT_TRUE(client_.ReadAtLeast(pattern.size()))
        << "expected " << pattern.ToString() << ", found " << HexOf(client_.heard());
    const std::string seen = client_.heard().substr(0, pattern.size());
    ASSERT_TRUE(pattern.Matches(seen))
        << "expected " << pattern.ToString() << ", found " << HexOf(seen);
    said_ += seen;
    if (!listening_.has_value()) listening_ = ListeningAt(seen);
    client_.heard().erase(0, pattern.size());
  }

  void ExpectEnd(Stream::End end) {
    ASSERT_TRUE(client_.ReadToEnd()) << "the connection stays open";
    ASSERT_EQ(client_.heard(), "") << HexOf(client_.heard());
    ASSERT_EQ(client_.end(), end);
  }

  const Transcript& transcript_;
  Scene& scene_;
  std::optional<Endpoint> listening_;  // by the first success reply
  const Stage& stage_;
  Stream client_;
  const bool byte_by_byte_;
  std::string said_;  // by the server, so far
  DatagramSocket own_{kLoopback};
  DatagramSocket other_{kLoopback};
  std::string early_;  // heard while it was asked for again
  Endpoint early_from_;
};

void JudgeAftermath(const Transcript& transcript, Scene& scene) {
  for (const TranscriptAftermath& aftermath : transcript.aftermath) {
    SCOPED_TRACE(transcript.file + ".transcript:" + std::to_string(aftermath.line));
    for (size_t i = 0; i < transcript.targets.size(); ++i) {
      if (transcript.targets[i].name != aftermath.target) continue;
      PlayedTarget& target = *scene.targets[i];
      target.Finish();
      if (aftermath.of_datagrams) {
        std::vector<std::string> expected;
        for (const TranscriptBytes& bytes : aftermath.datagrams)
          expected.push_back(bytes.Expand(scene.stage).bytes);
        EXPECT_EQ(target.datagrams(), expected);
        continue;
      }
      ASSERT_EQ(target.connections(), aftermath.untouched ? 0 : 1);
      if (aftermath.untouched) continue;
      EXPECT_EQ(HexOf(target.heard()), HexOf(aftermath.received.Expand(scene.stage).bytes));
      if (aftermath.end == TranscriptAftermath::End::kAny) continue;
      const bool reset = aftermath.end == TranscriptAftermath::End::kReset;
      EXPECT_EQ(target.end(), reset ? Stream::End::kReset : Stream::End::kFin);
    }
  }
}

// Where the transcript has names of its own, only those: for the c-ares of Debian 13 (1.34) two
// lines of a hosts file with one address are one host, and both names lead only to the addresses of
// the first.
std::vector<std::pair<std::string, std::vector<Address>>> NamesInHosts(const Transcript& transcript,
                                                                       const Stage& stage) {
  auto names = NamesOn(transcript, stage);
  if (!transcript.names.empty())
    names.erase(names.begin(), names.begin() + static_cast<ptrdiff_t>(transcript.targets.size()));
  return names;
}

class OnTheDaemon : public ::testing::TestWithParam<Transcript> {};

TEST_P(OnTheDaemon, GoesAsWritten) {
  const Transcript& transcript = GetParam();
  SCOPED_TRACE(transcript.title);
  for (const bool byte_by_byte : {false, true}) {
    SCOPED_TRACE(byte_by_byte ? "byte by byte" : "as written");
    Scene scene(transcript);
    PrivateHost::SetNames(NamesInHosts(transcript, scene.stage));
    DaemonProcess daemon(std::getenv("SLUICED"),
                         ConfigOn(transcript, scene.stage, {Address::FromV4({127, 0, 0, 1})}, 0));
    {
      TranscriptPlayer player(transcript, scene, daemon.listening(), byte_by_byte);
      player.Play();
    }
    if (!HasFatalFailure()) JudgeAftermath(transcript, scene);
    EXPECT_EQ(daemon.Stop(), 0);
    if (HasFailure()) return;
  }
}

std::vector<Transcript> AllTranscripts() {
  absl::StatusOr<std::vector<Transcript>> transcripts = ReadTranscripts("tests/transcripts");
  CHECK(transcripts.ok()) << transcripts.status();
  std::erase_if(*transcripts, [](const Transcript& transcript) { return !transcript.on_daemon; });
  return *std::move(transcripts);
}

INSTANTIATE_TEST_SUITE_P(Transcripts, OnTheDaemon, ::testing::ValuesIn(AllTranscripts()),
                         [](const auto& info) { return info.param.file; });

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  CHECK(argc > 1) << "expected the path of sluiced";
  setenv("SLUICED", argv[1], 1);
  const absl::Status entered = sluice::PrivateHost::Enter();
  CHECK(entered.ok()) << entered;
  return RUN_ALL_TESTS();
}
