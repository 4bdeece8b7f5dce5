// What a request costs in the log: to be written, in batches as the access log hands them over, and
// to be looked at again.

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "relay/log/session_filter.h"
#include "tools/admin/store/disk_store.h"
#include "tools/admin/store/request_log.h"
#include "tools/admin/store/store_file.h"

namespace sluice {
namespace {

constexpr int kRequests = 100'000;

AccessRecord Ended(uint64_t session) {
  AccessRecord record;
  record.session = session;
  record.started = absl::FromUnixMillis(1'700'000'000'000);
  record.version = Version::kSocks5;
  record.requested = true;
  record.client = *Endpoint::Parse("10.1.7.20:50112");
  record.user.Set("alice");
  record.name.Set("www.example.com");
  record.requested_address.port = 443;
  record.dialled = true;
  record.target = *Endpoint::Parse("203.0.113.9:443");
  record.rule.Set("office");
  record.replied = true;
  record.ended_by = EndedBy::kClient;
  record.state = SessionState::kHalfClosed;
  record.why = "both sides have finished";
  return record;
}

class Log {
 public:
  Log() {
    if (mkdtemp(folder_.data()) == nullptr) std::abort();
    file_ = *StoreFile::Open(folder_ + "/log.db",
                             {Database::Care::kOrderly, LogSchema(), /*looked_through=*/false});
  }
  ~Log() {
    file_.reset();
    std::filesystem::remove_all(folder_);
  }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void Write(const std::vector<AccessRecord>& records) {
    file_->Write([&](Database& database) { return requests_.Append(database, records, {}); })
        .IgnoreError();
  }
  StoreFile& file() { return *file_; }

 private:
  std::string folder_ = "/tmp/sluice-store-XXXXXX";
  std::unique_ptr<StoreFile> file_;
  const RequestLog requests_{DiskStore::DefaultOptions().log};
};

void BM_Write(benchmark::State& state) {
  Log log;
  const std::vector<AccessRecord> batch(static_cast<size_t>(state.range(0)), Ended(1));
  for (auto _ : state) log.Write(batch);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Write)->Arg(1)->Arg(100)->Arg(1000)->UseRealTime();

void BM_LookThrough(benchmark::State& state) {
  Log log;
  const std::vector<AccessRecord> batch(1000, Ended(1));
  for (int i = 0; i < kRequests; i += 1000) log.Write(batch);
  const SessionFilter filter =
      *SessionFilter::Parse("user=bob verdict=deny", SessionFilter::Of::kEnded);
  int64_t found = 0;
  for (auto _ : state) {
    log.file()
        .Read([&](Database& database) {
          return RequestLog::ForEach(database, {}, [&](const LoggedRequest& one) {
            found += filter.Matches(one.record) ? 1 : 0;
            return true;
          });
        })
        .IgnoreError();
  }
  benchmark::DoNotOptimize(found);
  state.SetItemsProcessed(state.iterations() * kRequests);
}
BENCHMARK(BM_LookThrough)->UseRealTime();

}  // namespace
}  // namespace sluice
