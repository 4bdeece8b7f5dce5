// One contract for both stores, the one on disk and the one in memory.

#include "tools/admin/store/store.h"

#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/admin/store/memory_store.h"
#include "tools/admin/store/store_samples.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// --- What both stand

struct Kind {
  const char* name;
  bool on_disk;
};

class StoreContract : public testing::TestWithParam<Kind> {
 protected:
  StoreContract() {
    if (GetParam().on_disk) {
      store_ = OpenDisk(folder_);
    } else {
      store_ = std::make_unique<MemoryStore>();
    }
  }
  Store& store() { return *store_; }

  TestFolder folder_;
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(Both, StoreContract,
                         testing::Values(Kind{"OnDisk", true}, Kind{"InMemory", false}),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(StoreContract, RevisionsAreNumberedAndComeBackAsTheyWere) {
  EXPECT_EQ(*store().AddRevision(RevisionOf("one")), 1);
  EXPECT_EQ(*store().AddRevision(RevisionOf("two")), 2);
  EXPECT_EQ(*store().AddRevision(RevisionOf("three")), 3);
  const Revision two = *store().GetRevision(2);
  EXPECT_EQ(two.number, 2);
  EXPECT_EQ(two.at, absl::FromUnixMicros(absl::ToUnixMicros(kNow)));
  EXPECT_EQ(two.text, "two");
  EXPECT_EQ(two.from, "unix");
  EXPECT_EQ(two.message, "why \"not\"");
  EXPECT_EQ(two.base_sha256, "bb");
  EXPECT_EQ(two.tests, "{\"passed\": 3}");
  const std::vector<Revision> newest = *store().ListRevisions(0, 2);
  ASSERT_THAT(newest, SizeIs(2));
  EXPECT_EQ(newest[0].number, 3);
  EXPECT_EQ(newest[0].text, "");
  EXPECT_THAT(*store().ListRevisions(newest[1].number, 10), SizeIs(1));
  EXPECT_EQ(store().GetRevision(4).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(StoreContract, TheAuditIsAChain) {
  for (const char* action : {"one", "two", "three"})
    ASSERT_EQ(store().Audit(Did(action)), absl::OkStatus());
  const std::vector<AuditRecord> records = *store().ListAudit(0, 10);
  ASSERT_THAT(records, SizeIs(3));
  EXPECT_EQ(records[0].number, 3);
  EXPECT_EQ(records[0].action, "three");
  EXPECT_EQ(records[2].detail, std::string("a\0b", 3));
  EXPECT_THAT(records[0].hash, SizeIs(64));
  EXPECT_NE(records[0].hash, records[1].hash);
  EXPECT_THAT(*store().ListAudit(2, 10), SizeIs(1));
  EXPECT_EQ(store().VerifyAudit()->records, 3);
  EXPECT_EQ(store().VerifyAudit()->broken_at, std::nullopt);
}

TEST_P(StoreContract, LocksAreReplacedAsAWhole) {
  ASSERT_EQ(store().SaveLocks(
                {{.id = "1", .user = "mallory", .reason = "left", .by = "alice", .at = kNow},
                 {.id = "2", .client = "10.0.0.0/8", .expires = kNow, .at = kNow}}),
            absl::OkStatus());
  const std::vector<Lock> locks = *store().LoadLocks();
  ASSERT_THAT(locks, SizeIs(2));
  EXPECT_EQ(locks[0].user, "mallory");
  EXPECT_EQ(locks[0].expires, absl::InfiniteFuture());
  EXPECT_EQ(locks[1].client, "10.0.0.0/8");
  EXPECT_EQ(absl::ToUnixMillis(locks[1].expires), absl::ToUnixMillis(kNow));
  ASSERT_EQ(store().SaveLocks({}), absl::OkStatus());
  EXPECT_THAT(*store().LoadLocks(), IsEmpty());
}

TEST_P(StoreContract, AccountsArePutReplacedAndDeleted) {
  ASSERT_EQ(store().PutAdministrator({"bob", "viewer", "$y$1", kNow, kNow}), absl::OkStatus());
  ASSERT_EQ(store().PutAdministrator({"bob", "operator", "$y$2", kNow, kNow}), absl::OkStatus());
  ASSERT_EQ(store().PutAdministrator({"al'ice", "viewer", "", kNow, kNow}), absl::OkStatus());
  EXPECT_EQ(store().GetAdministrator("bob")->role, "operator");
  EXPECT_EQ(store().GetAdministrator("bob")->password_hash, "$y$2");
  EXPECT_EQ(store().GetAdministrator("carol").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(*store().ListAdministrators(), SizeIs(2));
  EXPECT_EQ(store().DeleteAdministrator("bob"), absl::OkStatus());
  EXPECT_EQ(store().DeleteAdministrator("bob").code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(*store().ListAdministrators(), SizeIs(1));

  ASSERT_EQ(store().PutToken({.id = "t1",
                              .name = "backup",
                              .role = "viewer",
                              .hash = "h",
                              .by = "bob",
                              .created = kNow}),
            absl::OkStatus());
  EXPECT_EQ(store().GetToken("t1")->name, "backup");
  EXPECT_EQ(store().GetToken("t1")->expires, absl::InfiniteFuture());
  EXPECT_EQ(store().GetToken("t1")->last_used, absl::InfinitePast());
  EXPECT_THAT(*store().ListTokens(), SizeIs(1));
  EXPECT_EQ(store().DeleteToken("t1"), absl::OkStatus());
  EXPECT_EQ(store().GetToken("t1").status().code(), absl::StatusCode::kNotFound);
}

TEST_P(StoreContract, WhatRulesDidIsAddedToWhatTheyDo) {
  RuleCountsByName live;
  live["office"] = {.hits = 2, .sessions = 1, .bytes_up = 20, .first = kNow, .last = kNow};
  store().SaveRuleCounts({{"office",
                           {.hits = 5,
                            .bytes_up = 50,
                            .first = kNow - absl::Hours(1),
                            .last = kNow - absl::Minutes(1)}}});
  store().Flush();
  ASSERT_EQ(store().rules().Begin([&] { return live; }), absl::OkStatus());
  EXPECT_EQ(store().rules().Count()["office"].hits, 7);
  EXPECT_EQ(store().rules().Count()["office"].sessions, 1);
  EXPECT_EQ(absl::ToUnixMillis(store().rules().Count()["office"].last), absl::ToUnixMillis(kNow));
  store().RenameRule("office", "staff");
  EXPECT_EQ(store().rules().Count()["staff"].hits, 7);
  EXPECT_EQ(store().rules().Count()["office"].hits, 0);
  EXPECT_EQ(store().rules().Count()["office"].sessions, 1);  // it was let in by that name
  live["staff"] = {.hits = 1, .first = kNow, .last = kNow};
  live["office"].hits += 3;  // another rule of the old name
  EXPECT_EQ(store().rules().Count()["staff"].hits, 8);
  EXPECT_EQ(store().rules().Count()["office"].hits, 3);
  store().rules().End();
  store().Flush();
  EXPECT_EQ((*store().LoadRuleCounts())["staff"].hits, 8);
  EXPECT_EQ((*store().LoadRuleCounts())["staff"].sessions, 0);
}

TEST_P(StoreContract, RequestsComeBackAsTheyWereNewestFirst) {
  AccessRecord plain;
  plain.started = kNow;
  plain.session = 2;
  Log(store(), {Ended(1, kNow), plain});
  ASSERT_TRUE(store().AddRevision(RevisionOf("one")).ok());
  Log(store(), {Ended(3, kNow + absl::Seconds(1))});
  EXPECT_THAT(SessionsOf(store()), ElementsAre(3, 2, 1));
  std::vector<LoggedRequest> found;
  std::vector<std::string> whys;
  ASSERT_EQ(store().ForEachRequest({},
                                   [&](const LoggedRequest& request) {
                                     found.push_back(request);
                                     whys.emplace_back(request.record.why);
                                     return true;
                                   }),
            absl::OkStatus());
  EXPECT_EQ(found[0].revision, 1);
  EXPECT_EQ(found[2].revision, 0);
  EXPECT_EQ(found[2].weight, 1);
  EXPECT_EQ(absl::ToUnixMicros(found[2].at), absl::ToUnixMicros(kNow));
  const AccessRecord wanted = Ended(1, kNow);
  const AccessRecord& got = found[2].record;
  EXPECT_EQ(got.session, wanted.session);
  EXPECT_EQ(got.shard, wanted.shard);
  EXPECT_EQ(got.duration, wanted.duration);
  EXPECT_EQ(got.version, wanted.version);
  EXPECT_TRUE(got.requested);
  EXPECT_EQ(got.command, wanted.command);
  EXPECT_EQ(got.client, wanted.client);
  EXPECT_EQ(got.auth, wanted.auth);
  EXPECT_EQ(got.user.view(), "alice");
  EXPECT_EQ(got.name.view(), "www.example.com");
  EXPECT_EQ(got.requested_address, wanted.requested_address);
  EXPECT_TRUE(got.dialled);
  EXPECT_EQ(got.target, wanted.target);
  EXPECT_EQ(got.rule.view(), "office");
  EXPECT_TRUE(got.replied);
  EXPECT_EQ(got.reply, wanted.reply);
  EXPECT_EQ(got.bytes_down, wanted.bytes_down);
  EXPECT_EQ(got.ended_by, wanted.ended_by);
  EXPECT_EQ(got.state, wanted.state);
  EXPECT_EQ(whys[2], "the rules refuse it");
  EXPECT_FALSE(found[1].record.requested);
  EXPECT_FALSE(found[1].record.dialled);
  EXPECT_FALSE(found[1].record.replied);
}

TEST_P(StoreContract, RequestsAreFoundByTimeAndInPages) {
  for (int i = 1; i <= 5; ++i)
    Log(store(), {Ended(static_cast<uint64_t>(i), kNow + absl::Minutes(50 * i))});
  EXPECT_THAT(
      SessionsOf(store(), {.from = kNow + absl::Minutes(100), .to = kNow + absl::Minutes(200)}),
      ElementsAre(3, 2));
  std::vector<int64_t> numbers;
  ASSERT_EQ(store().ForEachRequest({},
                                   [&](const LoggedRequest& request) {
                                     numbers.push_back(request.number);
                                     return numbers.size() < 2;
                                   }),
            absl::OkStatus());
  EXPECT_THAT(SessionsOf(store(), {.below = numbers[1]}), ElementsAre(3, 2, 1));
  EXPECT_EQ(*store().CountRequests({}), 5);
  EXPECT_EQ(*store().CountRequests({.below = numbers[1]}), 3);
}

TEST_P(StoreContract, WhoeverLeavesRequestsMayOutliveIt) {
  const std::shared_ptr<RecordReader> reader = store().request_reader();
  store_.reset();
  const AccessRecord late = Ended(1, kNow);
  reader->Read({&late, 1});
}

}  // namespace
}  // namespace sluice
