// What a connection's other end has taken of what was sent, and whether it is still there.

#include <cerrno>
#include <string>

#include "core/kernel_contract.h"

namespace sluice {
namespace {

TEST_P(KernelContract, WhatTheOtherEndHasTakenIsAcknowledged) {
  const Pair pair = Connect();
  EXPECT_FALSE(kernel().UptakeOf(pair.client).waiting);
  const uint32_t before = kernel().UptakeOf(pair.client).acknowledged;
  SendAll(pair.client, "twelve bytes");
  EXPECT_TRUE(TurnUntil([&] { return !kernel().UptakeOf(pair.client).waiting; }));
  EXPECT_EQ(kernel().UptakeOf(pair.client).acknowledged - before, 12u);
}

TEST_P(KernelContract, WhatItHasNoRoomForWaitsAndThatIsNoSilence) {
  const Pair pair = Connect();
  const size_t sent = Fill(pair.client);
  Settle();
  const Uptake full = kernel().UptakeOf(pair.client);
  EXPECT_TRUE(full.waiting);
  EXPECT_LT(full.unanswered, absl::Seconds(10));
  ReceiveBytes(pair.server, sent);
  EXPECT_TRUE(TurnUntil([&] { return !kernel().UptakeOf(pair.client).waiting; }));
  EXPECT_NE(kernel().UptakeOf(pair.client).acknowledged, full.acknowledged);
  EXPECT_EQ(kernel().UptakeOf(pair.client).unanswered, absl::ZeroDuration());
}

TEST_P(KernelContract, NoMoreWaitsThanIsAllowedTo) {
  const Pair pair = Connect();
  // Both ends, since either way the same is promised of accepted ones and others.
  const size_t as_opened = Fill(pair.client);
  const size_t as_accepted = Fill(pair.server);
  constexpr size_t kLess = 16 * 1024;
  const Pair other = Connect();
  for (const int fd : {other.client, other.server}) kernel().SetUnsentMax(fd, kLess);
  EXPECT_LT(Fill(other.client), as_opened);
  EXPECT_LT(Fill(other.server), as_accepted);
}

TEST_P(KernelContract, ConnectionWithAKeepaliveGoesOn) {
  const Pair pair = Connect();
  for (const int fd : {pair.client, pair.server}) {
    EXPECT_EQ(kernel().SetKeepalive(
                  fd, {.after = absl::Seconds(60), .interval = absl::Seconds(10), .probes = 3}),
              0);
  }
  SendAll(pair.client, "still");
  EXPECT_EQ(ReceiveBytes(pair.server, 5), "still");
  EXPECT_EQ(kernel().SetKeepalive(pair.client, Keepalive()), 0);
  SendAll(pair.server, "here");
  EXPECT_EQ(ReceiveBytes(pair.client, 4), "here");
}

TEST_P(KernelContract, ErrorThatAPollHasShownIsToldOnce) {
  const Pair pair = Connect();
  EXPECT_EQ(kernel().TakeError(pair.server), 0);
  Asked& poll = AskPoll(pair.server, 0);
  CloseWithReset(pair.client);
  EXPECT_TRUE((static_cast<uint32_t>(Next(poll).result) & kPollError) != 0);
  EXPECT_EQ(kernel().TakeError(pair.server), ECONNRESET);
  EXPECT_EQ(kernel().TakeError(pair.server), 0);
}

}  // namespace
}  // namespace sluice
