#include "relay/gss/gss_pipe.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relay/pipe_workbench.h"
#include "relay/tunnel.h"
#include "tests/sim/sim_gss.h"

namespace sluice {
namespace {

constexpr GssapiLevel kIntegrity[] = {GssapiLevel::kIntegrity};

std::string Frame(int type, const std::string& token) {
  const auto size = static_cast<uint16_t>(token.size());
  return std::string{1, static_cast<char>(type), static_cast<char>(size >> 8),
                     static_cast<char>(size)} +
         token;
}
std::string Wrapped(int number, const std::string& message) {
  return std::string{1, static_cast<char>(number), static_cast<char>(message.size())} + message;
}
std::string Message(int number, const std::string& message) {
  return Frame(3, Wrapped(number, message));
}
absl::Span<const uint8_t> Span(std::string_view text) {
  return absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

// A tunnel under GSSAPI in a simulated world, its client and its target scripted, the client's next
// message being number 1.
class GssPipeTest : public PipeWorkbench, public TunnelOwner {
 protected:
  GssPipeTest() : layer_(std::make_unique<SimGssConversation>(), kIntegrity) {
    layer_.Append(Span(Frame(1, "alice@SIM")));
    EXPECT_EQ(layer_.Next(), GssLayer::Step::kAccept);
    std::unique_ptr<GssConversation> conversation = layer_.LendConversation();
    const GssAccepted accepted = conversation->Accept(layer_.token());
    layer_.OnAccepted(std::move(conversation), accepted, "");
    layer_.Append(Span(Frame(2, Wrapped(0, "\1"))));
    EXPECT_EQ(layer_.Next(), GssLayer::Step::kMore);
    layer_.TakeOutput();
    client_fd_ = Connect(&client_);
    target_fd_ = Connect(&target_);
    tunnel_ =
        std::make_unique<TunnelOf<GssPipe>>(plumbing_, static_cast<TunnelOwner&>(*this), layer_);
  }
  ~GssPipeTest() override {
    tunnel_->Stop();
    Pass(absl::Seconds(1));
    EXPECT_TRUE(tunnel_->quiet());
    tunnel_.reset();
    kernel_.Close(client_fd_);
    kernel_.Close(target_fd_);
  }

  void Open() {
    tunnel_->OpenDown(client_fd_, target_fd_);
    tunnel_->OpenUp(client_fd_, target_fd_);
  }
  // All that a side can read.
  std::string Hear(SimSocket& socket) {
    Pass(absl::Milliseconds(10));
    std::string heard;
    uint8_t bytes[4096];
    for (int64_t got; (got = socket.Read(bytes, sizeof bytes)) > 0;)
      heard.append(reinterpret_cast<char*>(bytes), got);
    return heard;
  }
  bool HearsFin(SimSocket& socket) {
    Pass(absl::Milliseconds(10));
    uint8_t byte;
    return socket.Read(&byte, 1) == 0;
  }
  void Say(SimSocket& socket, const std::string& text) {
    ASSERT_EQ(socket.Write(reinterpret_cast<const uint8_t*>(text.data()), text.size()),
              static_cast<int64_t>(text.size()));
  }

  void OnTunnelHalfClosed(EndedBy by) override { half_closed_by_ = by; }
  void OnTunnelClosed(EndedBy) override { closed_ = true; }
  void OnTunnelBroken(EndedBy by, int error) override {
    broken_by_ = by;
    broken_error_ = error;
    tunnel_->Stop();
  }
  void OnTunnelQuiet() override {}

  GssLayer layer_;
  int client_fd_ = -1;
  int target_fd_ = -1;
  SimSocket* client_ = nullptr;
  SimSocket* target_ = nullptr;
  std::unique_ptr<TunnelOf<GssPipe>> tunnel_;
  EndedBy half_closed_by_ = EndedBy::kNobody;
  bool closed_ = false;
  EndedBy broken_by_ = EndedBy::kNobody;
  int broken_error_ = 0;
};

TEST_F(GssPipeTest, TheClientsMessagesReachTheTargetAsBytes) {
  Open();
  Say(*client_, Message(1, "hello, ") + Message(2, "target"));
  EXPECT_EQ(Hear(*target_), "hello, target");
  EXPECT_EQ(tunnel_->bytes_up(), 13u);
}

TEST_F(GssPipeTest, TheTargetsBytesReachTheClientAsMessages) {
  Open();
  Say(*target_, "hello, client");
  EXPECT_EQ(Hear(*client_), Message(1, "hello, client"));
  Say(*target_, "again");
  EXPECT_EQ(Hear(*client_), Message(2, "again"));
  EXPECT_EQ(tunnel_->bytes_down(), 18u);
}

TEST_F(GssPipeTest, WhatTheLayerHoldsComesFirst) {
  layer_.Append(Span(Message(1, "request, early") + Message(2, ", and earlier") +
                     Message(3, " than late").substr(0, 9)));
  ASSERT_EQ(layer_.Next(), GssLayer::Step::kMessage);
  layer_.ConsumeMessage(9);
  Open();
  EXPECT_EQ(Hear(*target_), "early, and earlier");
  Say(*client_, Message(3, " than late").substr(9));
  EXPECT_EQ(Hear(*target_), " than late");
}

TEST_F(GssPipeTest, FinIsPassedOnAfterTheLastByte) {
  Open();
  Say(*client_, Message(1, "that is all"));
  client_->ShutdownWrite();
  EXPECT_EQ(Hear(*target_), "that is all");
  EXPECT_TRUE(HearsFin(*target_));
  EXPECT_EQ(half_closed_by_, EndedBy::kClient);
  Say(*target_, "thank you");
  target_->ShutdownWrite();
  EXPECT_EQ(Hear(*client_), Message(1, "thank you"));
  EXPECT_TRUE(HearsFin(*client_));
  EXPECT_TRUE(closed_);
}

// Requirement 89.
TEST_F(GssPipeTest, AFinWithinAMessageBreaksTheTunnel) {
  Open();
  Say(*client_, Message(1, "whole") + Message(2, "not whole").substr(0, 10));
  client_->ShutdownWrite();
  EXPECT_EQ(Hear(*target_), "whole");
  EXPECT_EQ(broken_by_, EndedBy::kClient);
  EXPECT_EQ(broken_error_, EBADMSG);
  EXPECT_FALSE(HearsFin(*target_));
}

TEST_F(GssPipeTest, AMessageThatIsNotTheClientsBreaksTheTunnel) {
  Open();
  Say(*client_, Message(1, "good"));
  EXPECT_EQ(Hear(*target_), "good");
  Say(*client_, Message(7, "not in turn"));
  EXPECT_EQ(Hear(*target_), "");
  EXPECT_EQ(broken_by_, EndedBy::kClient);
  EXPECT_EQ(broken_error_, EBADMSG);
}

TEST_F(GssPipeTest, AHeldMessageThatIsNotTheClientsBreaksTheTunnelInATurnOfItsOwn) {
  layer_.Append(Span("\5\1\0"));
  Open();
  EXPECT_EQ(broken_error_, 0);
  Pass(absl::Milliseconds(10));
  EXPECT_EQ(broken_error_, EBADMSG);
}

TEST_F(GssPipeTest, ManySmallMessagesArriveWhole) {
  Open();
  std::string said;
  std::string expected;
  for (int i = 1; i <= 400; ++i) {
    const std::string word = std::to_string(i) + " ";
    said += Message(i, word);
    expected += word;
  }
  Say(*client_, said);
  EXPECT_EQ(Hear(*target_), expected);
}

TEST_F(GssPipeTest, AMegabyteEachWayArrivesWholeAndHoldsAtMostABufferEach) {
  Open();
  std::string up_expected, up_said, up, down, down_said;
  for (int i = 1; up_expected.size() < 1'000'000; ++i) {
    const std::string message(1 + i * 7919 % 60'000, static_cast<char>('a' + i % 26));
    up_said += Message(i, message);
    up_expected += message;
  }
  down_said = up_expected;
  size_t up_at = 0, down_at = 0;
  const auto pour = [](SimSocket& socket, const std::string& from, size_t* at) {
    const int64_t put =
        socket.Write(reinterpret_cast<const uint8_t*>(from.data()) + *at, from.size() - *at);
    if (put > 0) *at += static_cast<size_t>(put);
  };
  std::string down_plain;
  size_t down_read = 0;
  for (int turn = 0;
       turn < 2000 && (up.size() < up_expected.size() || down_plain.size() < down_said.size());
       ++turn) {
    pour(*client_, up_said, &up_at);
    pour(*target_, down_said, &down_at);
    Pass(absl::Microseconds(500));
    ASSERT_LE(kernel_.buffers_taken(), 2);
    up += Hear(*target_);
    down += Hear(*client_);
    while (down.size() - down_read >= 4) {
      const size_t size = static_cast<uint8_t>(down[down_read + 2]) << 8 |
                          static_cast<uint8_t>(down[down_read + 3]);
      if (down.size() - down_read < 4 + size) break;
      down_plain += down.substr(down_read + 4 + 3, size - 3);
      down_read += 4 + size;
    }
  }
  EXPECT_EQ(up, up_expected);
  EXPECT_EQ(down_plain, down_said);
}

TEST_F(GssPipeTest, AReaderThatDoesNotReadStopsTheWriter) {
  Open();
  for (int i = 1; i < 200; ++i) {
    const std::string message = Message(i, std::string(10'000, 'x'));
    if (client_->room() < message.size()) break;
    Say(*client_, message);
    Pass(absl::Milliseconds(5));
    ASSERT_LE(kernel_.buffers_taken(), 1);
  }
  EXPECT_LT(client_->room(), 10'007u);
  EXPECT_LE(layer_.held(), kGssapiTokenBytesMax + kernel_.buffer_size());
}

TEST_F(GssPipeTest, AClientThatIsResetWhileTheTargetDoesNotReadIsNoticed) {
  Open();
  for (int i = 1; client_->room() >= 10'007 && i < 200; ++i) {
    Say(*client_, Message(i, std::string(10'000, 'x')));
    Pass(absl::Milliseconds(5));
  }
  client_->CloseWithReset();
  Pass(absl::Seconds(10));
  EXPECT_EQ(broken_by_, EndedBy::kClient);
  EXPECT_EQ(broken_error_, ECONNRESET);
}

TEST_F(GssPipeTest, AReaderThatReadsAgainAfterLongGetsEverything) {
  Open();
  std::string expected;
  for (int i = 1; client_->room() >= 10'007 && i < 200; ++i) {
    expected += std::string(10'000, static_cast<char>('a' + i % 26));
    Say(*client_, Message(i, expected.substr(expected.size() - 10'000)));
    Pass(absl::Milliseconds(5));
  }
  Pass(absl::Seconds(10));
  std::string heard;
  for (int turn = 0; turn < 1000 && heard.size() < expected.size(); ++turn) heard += Hear(*target_);
  EXPECT_EQ(heard, expected);
  EXPECT_EQ(broken_error_, 0);
}

TEST_F(GssPipeTest, AResetOfTheTargetIsToldAsTheTargets) {
  Open();
  Pass(absl::Milliseconds(5));
  target_->CloseWithReset();
  Pass(absl::Milliseconds(10));
  EXPECT_EQ(broken_by_, EndedBy::kTarget);
  EXPECT_EQ(broken_error_, ECONNRESET);
}

}  // namespace
}  // namespace sluice
