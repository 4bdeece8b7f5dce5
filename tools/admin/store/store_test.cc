// One contract for both stores, and what only the one on disk has to stand: the end of a process,
// a damaged file, a full disk.

#include "tools/admin/store/store.h"

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
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/admin/store/database.h"
#include "tools/admin/store/disk_store.h"
#include "tools/admin/store/memory_store.h"
#include "tools/admin/store/state_folder.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kNow = absl::FromUnixMillis(1'700'000'000'123);

class Folder {
 public:
  Folder() : path_(absl::StrCat(testing::TempDir(), "/store-XXXXXX")) {
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::unique_ptr<DiskStore> OpenDisk(
    const Folder& folder, const DiskStore::Options& options = DiskStore::DefaultOptions()) {
  absl::StatusOr<std::unique_ptr<DiskStore>> store = DiskStore::Open(folder.path(), options);
  EXPECT_EQ(store.status(), absl::OkStatus());
  return *std::move(store);
}

Revision RevisionOf(const std::string& text) {
  return {.at = kNow,
          .author = "alice",
          .from = "unix",
          .message = "why \"not\"",
          .text = text,
          .sha256 = "aa",
          .base_sha256 = "bb",
          .tests = "{\"passed\": 3}",
          .impact = "{}"};
}

AuditRecord Did(const std::string& action) {
  return {.at = kNow,
          .who = "alice",
          .role = "operator",
          .door = "unix",
          .from = "uid 1000",
          .action = action,
          .object = "1-755",
          .outcome = "200",
          .detail = std::string("a\0b", 3)};
}

AccessRecord Ended(uint64_t session, absl::Time at) {
  AccessRecord record;
  record.session = session;
  record.shard = 1;
  record.started = at - absl::Seconds(2);
  record.duration = absl::Seconds(2);
  record.version = Version::kSocks5;
  record.requested = true;
  record.command = Command::kUdpAssociate;
  record.client = *Endpoint::Parse("[2001:db8::7]:50112");
  record.auth = SessionAuth::kPassword;
  record.user.Set("alice");
  record.name.Set("www.example.com");
  record.requested_address.port = 443;
  record.dialled = true;
  record.target = *Endpoint::Parse("203.0.113.9:443");
  record.rule.Set("office");
  record.reply = Rep::kNotAllowed;
  record.replied = true;
  record.bytes_up = 5;
  record.bytes_down = uint64_t{1} << 60;
  record.ended_by = EndedBy::kPolicy;
  record.state = SessionState::kResolution;
  record.why = "the rules refuse it";
  return record;
}

std::vector<uint64_t> SessionsOf(Store& store, const LogRange& range = {}) {
  std::vector<uint64_t> sessions;
  EXPECT_EQ(store.ForEachRequest(range,
                                 [&](const LoggedRequest& request) {
                                   sessions.push_back(request.record.session);
                                   return true;
                                 }),
            absl::OkStatus());
  return sessions;
}

void Log(Store& store, const std::vector<AccessRecord>& records) {
  store.request_reader()->Read(records);
  store.Flush();
}

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

  Folder folder_;
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

// --- What the one on disk stands

TEST(DiskStore, RemembersEverythingOverARestart) {
  const Folder folder;
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
  const Folder folder;
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
    const Folder folder;
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
  const Folder folder;
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
    const Folder folder;
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
  const Folder folder;
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
  const Folder folder;
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
  const Folder folder;
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
  const Folder folder;
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
  const Folder folder;
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

TEST(StateFolder, BelongsToOneProcess) {
  const Folder above;
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
  const Folder above;
  std::ofstream(above.path() + "/file") << "x";
  const auto folder = StateFolder::Open(above.path() + "/file");
  EXPECT_THAT(std::string(folder.status().message()), HasSubstr("expected"));
}

}  // namespace
}  // namespace sluice
