#ifndef SLUICE_TOOLS_ADMIN_STORE_STORE_SAMPLES_H_
#define SLUICE_TOOLS_ADMIN_STORE_STORE_SAMPLES_H_

// What tests of the store put into it: one of each kind, and a folder that goes with its owner.

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tools/admin/store/disk_store.h"
#include "tools/admin/store/store.h"

namespace sluice {

inline const absl::Time kNow = absl::FromUnixMillis(1'700'000'000'123);

class TestFolder {
 public:
  TestFolder() : path_(absl::StrCat(testing::TempDir(), "/store-XXXXXX")) {
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::unique_ptr<DiskStore> OpenDisk(
    const TestFolder& folder, const DiskStore::Options& options = DiskStore::DefaultOptions()) {
  absl::StatusOr<std::unique_ptr<DiskStore>> store = DiskStore::Open(folder.path(), options);
  EXPECT_EQ(store.status(), absl::OkStatus());
  return *std::move(store);
}

inline Revision RevisionOf(const std::string& text) {
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

inline AuditRecord Did(const std::string& action) {
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

inline AccessRecord Ended(uint64_t session, absl::Time at) {
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

inline std::vector<uint64_t> SessionsOf(Store& store, const LogRange& range = {}) {
  std::vector<uint64_t> sessions;
  EXPECT_EQ(store.ForEachRequest(range,
                                 [&](const LoggedRequest& request) {
                                   sessions.push_back(request.record.session);
                                   return true;
                                 }),
            absl::OkStatus());
  return sessions;
}

inline void Log(Store& store, const std::vector<AccessRecord>& records) {
  store.request_reader()->Read(records);
  store.Flush();
}

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_STORE_STORE_SAMPLES_H_
