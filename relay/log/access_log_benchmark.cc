// What a line of the access log costs its thread, without the write.

#include "absl/time/clock.h"
#include "benchmark/benchmark.h"
#include "relay/log/access_log.h"

namespace sluice {
namespace {

AccessRecord Record(std::string_view name) {
  AccessRecord record;
  record.started = absl::Now();
  record.duration = absl::Milliseconds(1500);
  record.session = 42;
  record.version = Version::kSocks5;
  record.requested = true;
  record.client = *Endpoint::Parse("192.0.2.7:50000");
  record.name.Set(name);
  record.requested_address = *Endpoint::Parse("198.51.100.9:443");
  record.dialled = true;
  record.target = *Endpoint::Parse("198.51.100.9:443");
  record.egress = *Endpoint::Parse("192.0.2.1:40000");
  record.rule.Set("office");
  record.replied = true;
  record.ended_by = EndedBy::kTarget;
  record.state = SessionState::kHalfClosed;
  record.why = "closed";
  return record;
}

void FormatALine(benchmark::State& state, std::string_view name) {
  const AccessRecord record = Record(name);
  for (auto _ : state) benchmark::DoNotOptimize(FormatAccessRecord(record));
}
BENCHMARK_CAPTURE(FormatALine, Address, "");
BENCHMARK_CAPTURE(FormatALine, Name, "www.example.com");
BENCHMARK_CAPTURE(FormatALine, NameToEscape, "www.ex\xc3\xa4mple.com");

}  // namespace
}  // namespace sluice
