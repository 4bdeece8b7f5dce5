#include "relay/gss/gss_workers.h"

#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "core/uring_kernel.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/sim_gss.h"

namespace sluice {
namespace {

// Accepts when it is let, and says on which thread it was.
class SlowConversation final : public GssConversation {
 public:
  SlowConversation(std::counting_semaphore<>& gate, std::thread::id* thread)
      : gate_(gate), thread_(thread) {}
  GssAccepted Accept(absl::Span<const uint8_t> token) override {
    gate_.acquire();
    *thread_ = std::this_thread::get_id();
    GssAccepted accepted;
    accepted.answer.assign(token.begin(), token.end());
    accepted.progress = GssAccepted::Progress::kContinue;
    return accepted;
  }
  std::string_view principal() const override { return ""; }
  bool offers_integrity() const override { return true; }
  bool offers_confidentiality() const override { return true; }
  bool Wrap(absl::Span<const uint8_t>, bool, std::vector<uint8_t>*) override { return false; }
  GssUnwrapped Unwrap(absl::Span<uint8_t>) override { return {}; }

 private:
  std::counting_semaphore<>& gate_;
  std::thread::id* thread_;
};

struct Answers final : public GssAcceptor::Receiver {
  void OnAccepted(std::unique_ptr<GssConversation> given, const GssAccepted& accepted) override {
    conversation = std::move(given);
    answers.emplace_back(accepted.answer.begin(), accepted.answer.end());
  }
  std::unique_ptr<GssConversation> conversation;
  std::vector<std::string> answers;
};

class GssWorkersTest : public ::testing::Test {
 protected:
  std::unique_ptr<GssConversation> NewConversation() {
    return std::make_unique<SlowConversation>(gate_, &thread_);
  }
  static absl::Span<const uint8_t> Span(std::string_view text) {
    return absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  }

  // Turns, and delivers, until `done`.
  template <typename Done>
  void DeliverUntil(GssAcceptor& desk, Done done) {
    while (!done()) {
      if (kernel_->Turn(absl::InfiniteFuture())) desk.Deliver();
    }
  }

  std::unique_ptr<UringKernel> kernel_ = *UringKernel::Create(
      {.submission_entries = 8, .completion_entries = 16, .buffers_hot = 1, .buffers_max = 1});
  SimGssMechanism mechanism_;
  std::counting_semaphore<> gate_{0};
  std::thread::id thread_;
};

TEST_F(GssWorkersTest, ATokenIsAcceptedOnAnotherThreadAndAnsweredOnTheShards) {
  GssWorkers workers(mechanism_, {});
  GssAcceptor& desk = workers.OpenDesk(*kernel_);
  Answers answers;
  ASSERT_TRUE(desk.Accept(NewConversation(), Span("token"), answers));
  desk.Deliver();
  EXPECT_TRUE(answers.answers.empty());
  gate_.release();
  EXPECT_TRUE(kernel_->Turn(absl::InfiniteFuture()));
  EXPECT_TRUE(answers.answers.empty()) << "not before Deliver";
  desk.Deliver();
  EXPECT_EQ(answers.answers, std::vector<std::string>{"token"});
  EXPECT_NE(answers.conversation, nullptr);
  EXPECT_NE(thread_, std::this_thread::get_id());
}

TEST_F(GssWorkersTest, AFullLineTakesNoMore) {
  GssWorkers workers(mechanism_, {.threads = 1, .queue_max = 2});
  GssAcceptor& desk = workers.OpenDesk(*kernel_);
  std::vector<std::unique_ptr<Answers>> answers;
  int taken = 0;
  // One may be in the thread's hands, two in line.
  for (int i = 0; i < 4; ++i) {
    answers.push_back(std::make_unique<Answers>());
    if (desk.Accept(NewConversation(), Span("token"), *answers.back())) ++taken;
  }
  EXPECT_GE(taken, 2);
  EXPECT_LE(taken, 3);
  gate_.release(4);
  const auto answered = [&] {
    int count = 0;
    for (const auto& one : answers) count += static_cast<int>(one->answers.size());
    return count;
  };
  DeliverUntil(desk, [&] { return answered() == taken; });
}

TEST_F(GssWorkersTest, WhoForgetsIsNotAnswered) {
  GssWorkers workers(mechanism_, {});
  GssAcceptor& desk = workers.OpenDesk(*kernel_);
  Answers stays;
  {
    Answers leaves;
    ASSERT_TRUE(desk.Accept(NewConversation(), Span("one"), leaves));
    ASSERT_TRUE(desk.Accept(NewConversation(), Span("two"), stays));
    desk.Forget(leaves);
  }
  gate_.release(2);
  DeliverUntil(desk, [&] { return !stays.answers.empty(); });
  EXPECT_EQ(stays.answers, std::vector<std::string>{"two"});
}

TEST_F(GssWorkersTest, WhatWaitsInLineAtTheEndIsDropped) {
  Answers answers[3];
  GssWorkers workers(mechanism_, {.threads = 1});
  GssAcceptor& desk = workers.OpenDesk(*kernel_);
  for (Answers& one : answers) ASSERT_TRUE(desk.Accept(NewConversation(), Span("token"), one));
  gate_.release();
  DeliverUntil(desk, [&] { return !answers[0].answers.empty(); });
  gate_.release(2);
}

}  // namespace
}  // namespace sluice
