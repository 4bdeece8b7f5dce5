// What the store on disk has to stand: the end of a process, a damaged file, a full disk, an edited
// audit, and more requests than it keeps.

#include "tools/admin/store/disk_store.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/admin/store/bounds.h"
#include "tools/admin/store/database.h"
#include "tools/admin/store/request_inbox.h"
#include "tools/admin/store/state_folder.h"
#include "tools/admin/store/store_samples.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(DiskStore, RemembersEverythingOverARestart) {
  const TestFolder folder;
  {
    const auto store = OpenDisk(folder);
    ASSERT_TRUE(store->AddRevision(RevisionOf("one")).ok());
    ASSERT_EQ(store->Audit(Did("one")), absl::OkStatus());
    store->SaveRuleCounts({{"office", {.hits = 5}}});
    const AccessRecord record = Ended(1, kNow);
    store->request_reader()->Read({&record, 1});  // and its end writes what waits
  }
  const auto store = OpenDisk(folder);
  EXPECT_EQ(store->GetRevision(1)->text, "one");
  ASSERT_EQ(store->Audit(Did("two")), absl::OkStatus());
  EXPECT_EQ(store->VerifyAudit()->records, 2);
  EXPECT_EQ(store->VerifyAudit()->broken_at, std::nullopt);
  EXPECT_EQ((*store->LoadRuleCounts())["office"].hits, 5);
  Log(*store, {Ended(2, kNow)});
  EXPECT_THAT(SessionsOf(*store), ElementsAre(2, 1));
  struct stat file {};
  ASSERT_EQ(stat((folder.path() + "/store.db").c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
}

TEST(DiskStore, WhatWasAnsweredOutlivesAKilledProcess) {
  const TestFolder folder;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    absl::StatusOr<std::unique_ptr<DiskStore>> store = DiskStore::Open(folder.path());
    for (int i = 1; store.ok(); ++i) {
      if (!(*store)->Audit(Did(absl::StrCat(i))).ok()) break;
      (void)!write(ends[1], &i, sizeof(i));
    }
    _exit(1);
  }
  int last = 0;
  while (last < 50) ASSERT_EQ(read(ends[0], &last, sizeof(last)), ssize_t{sizeof(last)});
  kill(child, SIGKILL);
  close(ends[1]);
  int answered = 0;
  while (read(ends[0], &answered, sizeof(answered)) > 0) last = answered;
  close(ends[0]);
  waitpid(child, nullptr, 0);
  const auto store = OpenDisk(folder);
  EXPECT_THAT(store->state().set_aside, IsEmpty());
  const AuditVerdict verdict = *store->VerifyAudit();
  EXPECT_GE(verdict.records, last);
  EXPECT_EQ(verdict.broken_at, std::nullopt);
}

TEST(DiskStore, AnAuditThatSomebodyEditsIsBrokenThere) {
  for (const char* edit :
       {"UPDATE audit SET who='bob' WHERE number=3", "DELETE FROM audit WHERE number=3",
        "UPDATE audit SET hash='00' WHERE number=3", "UPDATE audit SET at=at+1 WHERE number=3"}) {
    const TestFolder folder;
    const auto store = OpenDisk(folder);
    for (int i = 0; i < 5; ++i) ASSERT_EQ(store->Audit(Did("x")), absl::OkStatus());
    {
      auto other = Database::Open(folder.path() + "/store.db", Database::Access::kWrites,
                                  Database::Care::kDurable);
      ASSERT_TRUE(other.ok());
      ASSERT_EQ((*other)->Run(edit), absl::OkStatus());
    }
    EXPECT_EQ(store->VerifyAudit()->broken_at, 3) << edit;
  }
}

TEST(DiskStore, AnAuditThatHasForgottenItsOldestIsStillAChain) {
  const TestFolder folder;
  DiskStore::Options options = DiskStore::DefaultOptions();
  options.audit_records_max = 3;
  const auto store = OpenDisk(folder, options);
  for (int i = 0; i < 7; ++i) ASSERT_EQ(store->Audit(Did("x")), absl::OkStatus());
  const std::vector<AuditRecord> records = *store->ListAudit(0, 10);
  ASSERT_THAT(records, SizeIs(3));
  EXPECT_EQ(records[2].number, 5);
  EXPECT_EQ(store->VerifyAudit()->records, 3);
  EXPECT_EQ(store->VerifyAudit()->broken_at, std::nullopt);
}

TEST(DiskStore, ADamagedFileIsSetAsideAndANewOneBegun) {
  for (const std::string name : {"store.db", "log.db"}) {
    const TestFolder folder;
    std::ofstream(folder.path() + "/" + name) << std::string(8192, 'x');
    const auto store = OpenDisk(folder);
    const StoreState state = store->state();
    ASSERT_THAT(state.set_aside, SizeIs(1)) << name;
    EXPECT_THAT(state.set_aside[0], HasSubstr(name + ".damaged-"));
    EXPECT_EQ(std::filesystem::file_size(state.set_aside[0]), 8192);
    EXPECT_EQ(store->Audit(Did("x")), absl::OkStatus());
    Log(*store, {Ended(1, kNow)});
    EXPECT_THAT(SessionsOf(*store), ElementsAre(1));
  }
}

// Behind the first page, so that it is opened well.
void Damage(const std::string& path) {
  const auto size = std::filesystem::file_size(path);
  ASSERT_GT(size, 4096);
  std::fstream file(path, std::ios::in | std::ios::out);
  file.seekp(4096);
  file << std::string(size - 4096, 'x');
}

TEST(DiskStore, DamageThatAReaderFindsSetsTheFileAside) {
  const TestFolder folder;
  {
    const auto store = OpenDisk(folder);
    for (int i = 0; i < 200; ++i) ASSERT_EQ(store->Audit(Did("x")), absl::OkStatus());
  }
  const auto store = OpenDisk(folder);
  Damage(folder.path() + "/store.db");
  EXPECT_EQ(store->ListAudit(0, 10).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(store->Audit(Did("after")), absl::OkStatus());
  EXPECT_THAT(store->state().set_aside, SizeIs(1));
  EXPECT_EQ(store->ListAudit(0, 10)->front().action, "after");
  EXPECT_EQ(store->VerifyAudit()->broken_at, std::nullopt);
}

TEST(DiskStore, DamageThatTheWriterFindsSetsTheFileAsideAndLosesNothingNew) {
  const TestFolder folder;
  {
    const auto store = OpenDisk(folder);
    Log(*store, std::vector<AccessRecord>(200, Ended(1, kNow)));
  }
  Damage(folder.path() + "/log.db");
  const auto store = OpenDisk(folder);
  EXPECT_THAT(store->state().set_aside, IsEmpty());
  Log(*store, {Ended(2, kNow)});
  EXPECT_THAT(store->state().set_aside, SizeIs(1));
  EXPECT_EQ(store->state().requests_lost, 0);
  EXPECT_THAT(SessionsOf(*store), ElementsAre(2));
}

TEST(DiskStore, AFileOfALaterReleaseIsLeftAlone) {
  const TestFolder folder;
  OpenDisk(folder).reset();
  {
    auto file = Database::Open(folder.path() + "/store.db", Database::Access::kWrites,
                               Database::Care::kDurable);
    ASSERT_EQ((*file)->Run("PRAGMA user_version=99"), absl::OkStatus());
  }
  const auto store = DiskStore::Open(folder.path());
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("later release"));
}

// As a full disk is: the file cannot grow.
TEST(DiskStore, AFullDiskIsAnErrorAndPassesAgain) {
  const TestFolder folder;
  std::signal(SIGXFSZ, SIG_IGN);
  const auto store = OpenDisk(folder);
  ASSERT_EQ(store->Audit(Did("before")), absl::OkStatus());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit full{64 * 1024, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &full), 0);
  absl::Status status;
  uint64_t failed = 0;
  for (int i = 0; i < 100; ++i) {
    status = store->Audit(Did(std::string(4000, 'x')));
    failed += status.ok() ? 0 : 1;
  }
  std::vector<AccessRecord> many(2000, Ended(7, kNow));
  Log(*store, many);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(store->state().fault, HasSubstr(".db"));
  EXPECT_EQ(store->state().records_lost, failed);
  EXPECT_EQ(store->state().requests_lost, many.size());
  EXPECT_EQ(store->Audit(Did("after")), absl::OkStatus());
  Log(*store, {Ended(1, kNow)});
  EXPECT_EQ(store->state().fault, "");
  EXPECT_THAT(store->state().set_aside, IsEmpty());
  EXPECT_THAT(SessionsOf(*store), ElementsAre(1));
  EXPECT_EQ(store->VerifyAudit()->broken_at, std::nullopt);
}

TEST(DiskStore, TheLogOfRequestsKeepsItsBound) {
  const TestFolder folder;
  DiskStore::Options options = DiskStore::DefaultOptions();
  options.log = {.bytes_max = 1 << 20, .table_rows_max = 200};
  const auto store = OpenDisk(folder, options);
  const std::vector<AccessRecord> some(100, Ended(1, kNow));
  for (int i = 0; i < 200; ++i) Log(*store, some);
  const uint64_t kept = *store->CountRequests({});
  EXPECT_GT(kept, 1000);
  EXPECT_LT(kept, 10'000);
  EXPECT_LT(std::filesystem::file_size(folder.path() + "/log.db"), 2u << 20);
  EXPECT_THAT(SessionsOf(*store), SizeIs(kept));
}

// --- The inbox that the access log's thread fills

TEST(RequestInbox, BeyondARateEveryNthIsKeptAndStandsForTheOthers) {
  RequestInbox inbox([] {});
  const std::vector<AccessRecord> some(500, Ended(1, kNow));
  const auto second = [&](int number, int records) {
    uint64_t stands_for = 0;
    for (int i = 0; i < records; i += 500) {
      inbox.Read(some, absl::UnixEpoch() + absl::Seconds(number));
      const RequestInbox::Batch batch = inbox.Take();
      stands_for += batch.records.size() * batch.weight;
    }
    return stands_for;
  };
  EXPECT_EQ(second(1, 60'000), 60'000);  // nobody knew
  EXPECT_EQ(inbox.sampled_out(), 0);
  EXPECT_NEAR(static_cast<double>(second(2, 60'000)), 60'000, 3);
  EXPECT_EQ(inbox.sampled_out(), 40'000);
  EXPECT_NEAR(static_cast<double>(second(3, 1'000)), 1'000, 3);
  EXPECT_EQ(second(4, 1'000), 1'000);
  EXPECT_EQ(second(9, 1'000), 1'000);
  EXPECT_EQ(inbox.lost(), 0);
}

TEST(RequestInbox, WhatNobodyTakesIsBoundedAndCounted) {
  int woken = 0;
  RequestInbox inbox([&woken] { ++woken; });
  const std::vector<AccessRecord> some(500, Ended(1, kNow));
  for (size_t i = 0; i < store_bounds::kRequestsWaitingMax / 500 + 2; ++i)
    inbox.Read(some, absl::UnixEpoch());
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(inbox.lost(), 1000);
  EXPECT_EQ(inbox.Take().records.size(), store_bounds::kRequestsWaitingMax);
  inbox.Read(some, absl::UnixEpoch());
  EXPECT_EQ(woken, 2);
  inbox.Close();
  inbox.Take();
  inbox.Read(some, absl::UnixEpoch());
  EXPECT_EQ(inbox.Take().records.size(), 0);
  EXPECT_EQ(woken, 2);
}

TEST(StateFolder, BelongsToOneProcess) {
  const TestFolder above;
  const std::string path = above.path() + "/state/sluice";
  auto folder = StateFolder::Open(path);
  ASSERT_EQ(folder.status(), absl::OkStatus());
  struct stat made {};
  ASSERT_EQ(stat(path.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0700u);
  const auto second = StateFolder::Open(path);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("--state_folder="));
  folder->reset();
  EXPECT_EQ(StateFolder::Open(path).status(), absl::OkStatus());
}

TEST(StateFolder, WhereItCannotBeIsSaid) {
  const TestFolder above;
  std::ofstream(above.path() + "/file") << "x";
  const auto folder = StateFolder::Open(above.path() + "/file");
  EXPECT_THAT(std::string(folder.status().message()), HasSubstr("expected"));
}

}  // namespace
}  // namespace sluice
