#include "policy/publisher.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

std::shared_ptr<const Snapshot> MakeSnapshot(uint64_t generation) {
  Config config;
  config.rules.resize(1);
  config.rules[0].name = "rule of generation " + std::to_string(generation);
  return *CompileSnapshot(config, absl::UnixEpoch(), generation);
}

TEST(PublisherTest, AReaderGetsTheCurrentSnapshot) {
  Publisher publisher(MakeSnapshot(1));
  Publisher::Reader& reader = publisher.AddReader();
  EXPECT_EQ(reader.Enter().generation(), 1u);
  reader.Leave();
  publisher.Publish(MakeSnapshot(2));
  EXPECT_EQ(publisher.current().generation(), 2u);
  EXPECT_EQ(reader.Enter().generation(), 2u);
  reader.Leave();
}

TEST(PublisherTest, WithoutReadersInsideTheOldSnapshotIsFreedAtOnce) {
  Publisher publisher(MakeSnapshot(1));
  publisher.AddReader();
  publisher.AddReader();
  publisher.Publish(MakeSnapshot(2));
  EXPECT_EQ(publisher.Collect(), 0u);
}

TEST(PublisherTest, AReaderInsideKeepsWhatItHolds) {
  Publisher publisher(MakeSnapshot(1));
  Publisher::Reader& reader = publisher.AddReader();
  const Snapshot& held = reader.Enter();
  publisher.Publish(MakeSnapshot(2));
  EXPECT_EQ(publisher.Collect(), 1u);
  EXPECT_EQ(held.generation(), 1u);  // and no sanitizer complains
  reader.Leave();
  EXPECT_EQ(publisher.Collect(), 0u);
}

TEST(PublisherTest, EnteringAgainPassesTheOldSnapshot) {
  Publisher publisher(MakeSnapshot(1));
  Publisher::Reader& reader = publisher.AddReader();
  reader.Enter();
  publisher.Publish(MakeSnapshot(2));
  EXPECT_EQ(reader.Enter().generation(), 2u);
  EXPECT_EQ(publisher.Collect(), 0u);
  reader.Leave();
}

TEST(PublisherTest, TheSlowestReaderDecides) {
  Publisher publisher(MakeSnapshot(1));
  Publisher::Reader& slow = publisher.AddReader();
  Publisher::Reader& fast = publisher.AddReader();
  slow.Enter();
  for (uint64_t generation = 2; generation < 6; ++generation) {
    fast.Enter();
    publisher.Publish(MakeSnapshot(generation));
    fast.Leave();
  }
  EXPECT_EQ(publisher.Collect(), 4u);
  EXPECT_EQ(slow.Enter().generation(), 5u);
  EXPECT_EQ(publisher.Collect(), 0u);
  slow.Leave();
}

TEST(PublisherTest, AReaderThatEnteredLaterDoesNotHoldBackEarlierSnapshots) {
  Publisher publisher(MakeSnapshot(1));
  Publisher::Reader& first = publisher.AddReader();
  Publisher::Reader& second = publisher.AddReader();
  first.Enter();
  publisher.Publish(MakeSnapshot(2));
  second.Enter();
  publisher.Publish(MakeSnapshot(3));
  EXPECT_EQ(publisher.Collect(), 2u);
  first.Leave();
  EXPECT_EQ(publisher.Collect(), 1u);
  second.Leave();
  EXPECT_EQ(publisher.Collect(), 0u);
}

TEST(PublisherTest, SnapshotsStillHeldBackAreFreedWithThePublisher) {
  Publisher publisher(MakeSnapshot(1));
  Publisher::Reader& reader = publisher.AddReader();
  reader.Enter();
  publisher.Publish(MakeSnapshot(2));
  reader.Leave();
}

TEST(PublisherTest, WhatIsHeldComesBackWithoutBeingMadeAnew) {
  Publisher publisher(MakeSnapshot(1));
  Publisher::Reader& reader = publisher.AddReader();
  const std::shared_ptr<const Snapshot> before = publisher.in_force();
  publisher.Publish(MakeSnapshot(2));
  EXPECT_EQ(publisher.Collect(), 0u);
  publisher.Publish(before);
  EXPECT_EQ(&reader.Enter(), before.get());
  EXPECT_EQ(publisher.current().generation(), 1u);
  reader.Leave();
}

TEST(PublisherTest, WhatCameBackIsFreedOnceNobodyHoldsItAndNotBefore) {
  Publisher publisher(MakeSnapshot(1));
  Publisher::Reader& slow = publisher.AddReader();
  std::shared_ptr<const Snapshot> before = publisher.in_force();
  const std::weak_ptr<const Snapshot> watched = before;
  const Snapshot& held = slow.Enter();  // from its first reign
  publisher.Publish(MakeSnapshot(2));
  publisher.Publish(std::move(before));
  publisher.Publish(MakeSnapshot(3));
  publisher.Collect();
  EXPECT_EQ(held.generation(), 1u);  // and no sanitizer complains
  EXPECT_FALSE(watched.expired());
  slow.Leave();
  EXPECT_EQ(publisher.Collect(), 0u);
  EXPECT_TRUE(watched.expired());
}

// Two policies in turns, as changes that are rolled back: each reader sees one or the other, whole.
TEST(PublisherTest, ReadersOnThreadsSeeWhatComesBackWhole) {
  Publisher publisher(MakeSnapshot(1));
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::atomic<int> started = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&, reader = &publisher.AddReader()] {
      for (uint64_t turns = 0; !stop.load(std::memory_order_relaxed); ++turns) {
        const Snapshot& snapshot = reader->Enter();
        if (turns == 0) ++started;
        if (snapshot.RuleName(0) != "rule of generation " + std::to_string(snapshot.generation()))
          ++wrong;
        if (turns % 3 != 0) reader->Leave();
      }
      reader->Leave();
    });
  }
  while (started.load() < 2) std::this_thread::yield();
  for (uint64_t generation = 2; generation < 1000; ++generation) {
    std::shared_ptr<const Snapshot> before = publisher.in_force();
    publisher.Publish(MakeSnapshot(generation));
    publisher.Publish(std::move(before));
    if (generation % 10 == 0) publisher.Publish(MakeSnapshot(generation));
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(publisher.Collect(), 0u);
}

// For the address and thread sanitizers: a snapshot freed too early is read after its end.
TEST(PublisherTest, ReadersOnThreadsNeverSeeAFreedSnapshotNorAnOlderOneThanBefore) {
  constexpr int kReaders = 3;
  constexpr uint64_t kGenerations = 3000;
  Publisher publisher(MakeSnapshot(1));
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::atomic<int> started = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kReaders; ++i) {
    threads.emplace_back([&, reader = &publisher.AddReader()] {
      uint64_t newest = 0;
      uint64_t turns = 0;
      while (!stop.load(std::memory_order_relaxed)) {
        const Snapshot& snapshot = reader->Enter();
        if (turns == 0) ++started;
        const uint64_t generation = snapshot.generation();
        const bool whole =
            snapshot.RuleName(0) == "rule of generation " + std::to_string(generation);
        if (generation < newest || !whole || snapshot.generation() != generation) ++wrong;
        newest = generation;
        // Some turns follow each other without a pause between them.
        if (++turns % 3 != 0) reader->Leave();
      }
      reader->Leave();
    });
  }
  while (started.load() < kReaders) std::this_thread::yield();
  size_t held_most = 0;
  for (uint64_t generation = 2; generation <= kGenerations; ++generation) {
    publisher.Publish(MakeSnapshot(generation));
    held_most = std::max(held_most, publisher.Collect());
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(publisher.Collect(), 0u);
  EXPECT_LT(held_most, kGenerations - 1) << "nothing was freed while readers ran";
}

}  // namespace
}  // namespace sluice
