#include "relay/log/access_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace sluice {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A CONNECT by name that went well.
AccessRecord GoodRecord() {
  AccessRecord record;
  record.started = absl::FromUnixMillis(1'700'000'000'123);
  record.duration = absl::Milliseconds(1500);
  record.session = 42;
  record.shard = 3;
  record.version = Version::kSocks5;
  record.requested = true;
  record.client = *Endpoint::Parse("192.0.2.7:50000");
  record.name.Set("www.example.com");
  record.requested_address.port = 443;
  record.dialled = true;
  record.target = *Endpoint::Parse("[2001:db8::1]:443");
  record.egress = *Endpoint::Parse("[2001:db8::99]:40000");
  record.rule.Set("office");
  record.replied = true;
  record.bytes_up = 100;
  record.bytes_down = 5'000'000'000;
  record.ended_by = EndedBy::kTarget;
  record.state = SessionState::kHalfClosed;
  record.why = "closed";
  return record;
}

nlohmann::json Parsed(const AccessRecord& record) {
  return nlohmann::json::parse(FormatAccessRecord(record));
}

// docs/OPERATING.md shows this line.
TEST(FormatAccessRecordTest, LineHasEveryFieldInAFixedOrder) {
  EXPECT_EQ(
      FormatAccessRecord(GoodRecord()),
      R"({"time":"2023-11-14T22:13:20.123Z","session":"3-42","client":"192.0.2.7:50000","version":"5",)"
      R"("command":"connect","destination":"www.example.com","port":443,"target":"[2001:db8::1]:443",)"
      R"("egress":"[2001:db8::99]:40000","rule":"office","reply":0,"bytes_up":100,"bytes_down":5000000000,)"
      R"("duration_ms":1500,"ended_by":"target","state":"half_closed","why":"closed"})"
      "\n");
}

TEST(FormatAccessRecordTest, WhatWasMissingHereIsNamed) {
  AccessRecord record = GoodRecord();
  record.why = "the rule's egress names an interface that is not there";
  record.missing.Set("wg0");
  EXPECT_EQ(Parsed(record)["why"], "the rule's egress names an interface that is not there: wg0");
  record.egress.port = 0;
  EXPECT_EQ(Parsed(record)["egress"], "2001:db8::99");
}

TEST(FormatAccessRecordTest, WhatIsNotKnownIsLeftOut) {
  AccessRecord record;
  record.client = *Endpoint::Parse("192.0.2.7:50000");
  const nlohmann::json line = Parsed(record);
  for (const char* field : {"user", "auth", "auth_failed", "command", "destination", "port",
                            "target", "egress", "rule", "reply", "error"}) {
    EXPECT_FALSE(line.contains(field)) << field;
  }
  for (const char* field : {"time", "session", "client", "version", "bytes_up", "bytes_down",
                            "duration_ms", "ended_by", "state"}) {
    EXPECT_TRUE(line.contains(field)) << field;
  }
}

TEST(FormatAccessRecordTest, RequestedAddressIsTheDestinationWhereNoNameWasAsked) {
  AccessRecord record = GoodRecord();
  record.name.Set("");
  record.requested_address = *Endpoint::Parse("198.51.100.9:25");
  const nlohmann::json line = Parsed(record);
  EXPECT_EQ(line["destination"], "198.51.100.9");
  EXPECT_EQ(line["port"], 25);
}

TEST(FormatAccessRecordTest, WhoTheClientIsAndHowThatWasProved) {
  AccessRecord record = GoodRecord();
  record.user.Set("alice");
  record.auth = SessionAuth::kPassword;
  EXPECT_EQ(Parsed(record)["user"], "alice");
  EXPECT_EQ(Parsed(record)["auth"], "password");
  EXPECT_FALSE(Parsed(record).contains("auth_failed"));
  const std::pair<AuthVerdict, const char*> failures[] = {{AuthVerdict::kRejected, "credentials"},
                                                          {AuthVerdict::kThrottled, "throttled"},
                                                          {AuthVerdict::kBusy, "busy"},
                                                          {AuthVerdict::kBroken, "backend"}};
  for (const auto& [verdict, word] : failures) {
    record.auth_verdict = verdict;
    EXPECT_EQ(Parsed(record)["auth_failed"], word);
  }
  const std::pair<SessionAuth, const char*> methods[] = {{SessionAuth::kNone, "none"},
                                                         {SessionAuth::kGssapi, "gssapi"},
                                                         {SessionAuth::kIdent, "ident"}};
  for (const auto& [auth, word] : methods) {
    record.auth = auth;
    EXPECT_EQ(Parsed(record)["auth"], word);
  }
}

TEST(FormatAccessRecordTest, VersionsAndCommandsHaveTheirWords) {
  AccessRecord record = GoodRecord();
  record.version = Version::kSocks4a;
  record.command = Command::kUdpAssociate;
  EXPECT_EQ(Parsed(record)["version"], "4a");
  EXPECT_EQ(Parsed(record)["command"], "udp_associate");
  record.version = Version::kSocks4;
  record.command = Command::kBind;
  EXPECT_EQ(Parsed(record)["version"], "4");
  EXPECT_EQ(Parsed(record)["command"], "bind");
}

TEST(FormatAccessRecordTest, ErrnoIsWrittenAsItsSentence) {
  AccessRecord record = GoodRecord();
  record.error = ECONNREFUSED;
  EXPECT_EQ(Parsed(record)["error"], "Connection refused");
}

// Linux has errno values that libc has no words for, such as ENOTSUPP.
TEST(FormatAccessRecordTest, ErrnoWithoutASentenceIsWrittenToo) {
  AccessRecord record = GoodRecord();
  record.error = 524;
  EXPECT_THAT(std::string(Parsed(record)["error"]), HasSubstr("524"));
}

TEST(FormatAccessRecordTest, BytesOfTheClientNeverBreakTheLine) {
  for (int byte = 0; byte < 256; ++byte) {
    AccessRecord record = GoodRecord();
    const std::string hostile = std::string("a\",\"rule\":\"") + static_cast<char>(byte) + "z";
    record.user.Set(hostile);
    record.name.Set(hostile);
    const std::string line = FormatAccessRecord(record);
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << byte;
    EXPECT_EQ(line.back(), '\n') << byte;
    EXPECT_TRUE(std::all_of(line.begin(), line.end() - 1, [](char c) {
      return c >= 0x20 && c < 0x7f;
    })) << line;
    const nlohmann::json parsed = nlohmann::json::parse(line);
    EXPECT_EQ(parsed["rule"], "office") << byte;
    if (byte < 0x80) {
      EXPECT_EQ(parsed["user"], hostile) << byte;
    }
  }
}

TEST(FormatAccessRecordTest, BytesThatAreNotUtf8AreShownAsReplacements) {
  AccessRecord record = GoodRecord();
  record.user.Set("\xff\xc3\xa9");
  EXPECT_THAT(FormatAccessRecord(record), HasSubstr(R"("user":"\ufffd\u00e9")"));
}

TEST(FormatAccessRecordTest, EveryLengthOfTheClientsTextIsWrittenWhole) {
  AccessRecord record = GoodRecord();
  record.user.Set(std::string(limits::kUserIdBytesMax, 'u'));
  record.name.Set(std::string(limits::kNameBytesMax, 'n'));
  EXPECT_EQ(std::string(Parsed(record)["user"]).size(), limits::kUserIdBytesMax);
  EXPECT_EQ(std::string(Parsed(record)["destination"]).size(), limits::kNameBytesMax);
}

// --- The log

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The sessions of the lines, in their order.
std::vector<std::string> SessionsIn(const std::string& text) {
  std::vector<std::string> sessions;
  for (const auto line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    sessions.push_back(nlohmann::json::parse(line)["session"]);
  }
  return sessions;
}

AccessRecord Record(uint16_t shard, uint64_t session) {
  AccessRecord record = GoodRecord();
  record.shard = shard;
  record.session = session;
  return record;
}

class AccessLogTest : public ::testing::Test {
 protected:
  AccessLogTest()
      : path_(::testing::TempDir() + "/access_" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::remove(path_.c_str());
  }
  ~AccessLogTest() override { std::remove(path_.c_str()); }

  std::unique_ptr<AccessLog> Open(int shards) {
    absl::StatusOr<std::unique_ptr<AccessLog>> log = AccessLog::Open(path_, shards);
    EXPECT_TRUE(log.ok()) << log.status();
    return *std::move(log);
  }
  // Until the writer's thread has written; without a limit, the test's own is one.
  void AwaitLines(const std::string& path, size_t lines) {
    while (SessionsIn(ReadAll(path)).size() < lines) std::this_thread::yield();
  }

  const std::string path_;
};

TEST_F(AccessLogTest, LinesOfAShardStandInTheOrderOfItsRecords) {
  constexpr uint64_t kRecords = 3000;
  {
    const std::unique_ptr<AccessLog> log = Open(2);
    for (uint64_t i = 0; i < kRecords; ++i) {
      EXPECT_TRUE(log->sink(0).Write(Record(0, i)));
      EXPECT_TRUE(log->sink(1).Write(Record(1, i)));
    }
  }
  const std::vector<std::string> sessions = SessionsIn(ReadAll(path_));
  EXPECT_EQ(sessions.size(), 2 * kRecords);
  uint64_t next[2] = {0, 0};
  for (const std::string& session : sessions) {
    const size_t shard = session[0] == '0' ? 0 : 1;
    EXPECT_EQ(session, std::to_string(shard) + "-" + std::to_string(next[shard]++));
  }
}

TEST_F(AccessLogTest, AReaderGetsEveryRecordThatIsWrittenInItsOrder) {
  class Reader : public RecordReader {
   public:
    void Read(absl::Span<const AccessRecord> records) override {
      for (const AccessRecord& record : records) sessions.push_back(record.session);
    }
    std::vector<uint64_t> sessions;  // of the access log's thread, until it has ended
  };
  // More than a ring has, so that it begins anew on the way.
  constexpr uint64_t kRecords = 2 * limits::kAccessLogRecords + 7;
  const auto reader = std::make_shared<Reader>();
  {
    const auto log = AccessLog::Open(path_, 1, reader);
    ASSERT_TRUE(log.ok());
    for (uint64_t i = 0; i < kRecords; ++i) {
      while (!(*log)->sink(0).Write(Record(0, i))) std::this_thread::yield();
    }
  }
  ASSERT_EQ(reader->sessions.size(), kRecords);
  for (uint64_t i = 0; i < kRecords; ++i) EXPECT_EQ(reader->sessions[i], i);
}

TEST_F(AccessLogTest, RecordIsWrittenAlthoughTheWriterSleepsAndNoOtherFollows) {
  const std::unique_ptr<AccessLog> log = Open(1);
  for (uint64_t i = 1; i <= 10; ++i) {
    // Gives the writer time to fall asleep; the test holds whether it does or not.
    const absl::Time until = absl::Now() + absl::Milliseconds(20);
    while (absl::Now() < until) std::this_thread::yield();
    log->sink(0).Write(Record(0, i));
    AwaitLines(path_, i);
  }
}

TEST_F(AccessLogTest, ShardsThatWriteAtTheSameTimeLoseNothing) {
  constexpr uint64_t kRecords = 2000;
  {
    const std::unique_ptr<AccessLog> log = Open(2);
    std::vector<std::thread> shards;
    for (uint16_t shard = 0; shard < 2; ++shard) {
      shards.emplace_back([&, shard] {
        for (uint64_t i = 0; i < kRecords; ++i)
          EXPECT_TRUE(log->sink(shard).Write(Record(shard, i)));
      });
    }
    for (std::thread& shard : shards) shard.join();
  }
  EXPECT_EQ(SessionsIn(ReadAll(path_)).size(), 2 * kRecords);
}

TEST_F(AccessLogTest, LinesAreAppendedToWhatIsThere) {
  { Open(1)->sink(0).Write(Record(0, 1)); }
  { Open(1)->sink(0).Write(Record(0, 2)); }
  EXPECT_EQ(SessionsIn(ReadAll(path_)), (std::vector<std::string>{"0-1", "0-2"}));
}

TEST_F(AccessLogTest, ReopenedLogGoesOnInANewFile) {
  const std::string rotated = path_ + ".1";
  {
    const std::unique_ptr<AccessLog> log = Open(1);
    log->sink(0).Write(Record(0, 1));
    AwaitLines(path_, 1);
    ASSERT_EQ(std::rename(path_.c_str(), rotated.c_str()), 0);
    log->Reopen();
    while (access(path_.c_str(), F_OK) != 0) std::this_thread::yield();
    log->sink(0).Write(Record(0, 2));
  }
  EXPECT_EQ(SessionsIn(ReadAll(rotated)), std::vector<std::string>{"0-1"});
  EXPECT_EQ(SessionsIn(ReadAll(path_)), std::vector<std::string>{"0-2"});
  std::remove(rotated.c_str());
}

TEST_F(AccessLogTest, LogThatCannotBeReopenedGoesOnInTheOldFile) {
  const std::string folder = path_ + ".d";
  ASSERT_EQ(mkdir(folder.c_str(), 0700), 0);
  {
    absl::StatusOr<std::unique_ptr<AccessLog>> log = AccessLog::Open(folder + "/log", 1);
    ASSERT_TRUE(log.ok());
    ASSERT_EQ(std::rename((folder + "/log").c_str(), path_.c_str()), 0);
    ASSERT_EQ(rmdir(folder.c_str()), 0);
    (*log)->Reopen();
    (*log)->sink(0).Write(Record(0, 1));
  }
  EXPECT_EQ(SessionsIn(ReadAll(path_)), std::vector<std::string>{"0-1"});
}

TEST_F(AccessLogTest, FullRingRefusesRecordsAndKeepsTheOrderOfTheRest) {
  // A pipe that nobody reads stands for a disk that has stopped.
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  const int reader = open(path_.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  uint64_t taken = 0;
  std::string text;
  {
    std::unique_ptr<AccessLog> log = Open(1);
    while (log->sink(0).Write(Record(0, taken))) ++taken;
    EXPECT_GE(taken, limits::kAccessLogRecords);
    EXPECT_FALSE(log->sink(0).Write(Record(0, taken)));
    // The disk is back: everything that was taken comes.
    std::thread closer([&] { log.reset(); });
    fcntl(reader, F_SETFL, 0);
    char bytes[65536];
    for (ssize_t got; (got = read(reader, bytes, sizeof bytes)) > 0;)
      text.append(bytes, static_cast<size_t>(got));
    closer.join();
  }
  close(reader);
  const std::vector<std::string> sessions = SessionsIn(text);
  ASSERT_EQ(sessions.size(), taken);
  for (uint64_t i = 0; i < taken; ++i) EXPECT_EQ(sessions[i], "0-" + std::to_string(i));
}

TEST_F(AccessLogTest, LinesThatCouldNotBeWrittenAreCountedAtTheEnd) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);  // which nobody reads
  const std::unique_ptr<AccessLog> log = Open(2);
  for (uint64_t i = 0; i < 10; ++i) {
    log->sink(0).Write(Record(0, i));
    log->sink(1).Write(Record(1, i));
  }
  EXPECT_EQ(log->Close(), 20u);
  EXPECT_EQ(log->Close(), 0u) << "once";
}

TEST_F(AccessLogTest, FolderIsNoLog) {
  const absl::StatusOr<std::unique_ptr<AccessLog>> log = AccessLog::Open(::testing::TempDir(), 1);
  ASSERT_FALSE(log.ok());
  EXPECT_THAT(std::string(log.status().message()), HasSubstr("found: Is a directory; "));
}

TEST_F(AccessLogTest, FileThatCannotBeOpenedIsRefusedWithASentence) {
  const absl::StatusOr<std::unique_ptr<AccessLog>> log =
      AccessLog::Open(path_ + "/no/such/folder", 1);
  ASSERT_FALSE(log.ok());
  EXPECT_THAT(std::string(log.status().message()),
              AllOf(StartsWith("--access_log=" + path_), HasSubstr("No such file or directory"),
                    EndsWith("name another file, or \"-\" for standard output")));
}

}  // namespace
}  // namespace sluice
