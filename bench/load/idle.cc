// Idle tunnels:
//   1. Memory of the measured process, before any.
//   2. All are opened, and a byte is echoed through each: what a tunnel has used once counts.
//   3. Nothing moves for --seconds; CPU time over them, and memory at their end.
//   4. A byte is echoed through each again: those that answer were held.

#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/load/clock.h"
#include "bench/load/process_usage.h"
#include "bench/load/scenario.h"
#include "bench/load/stage.h"

namespace sluice::load {
namespace {

constexpr int64_t kTurn = kSecond / 20;
constexpr char kByte = '!';

class IdleTunnel : public Tunnel {
 public:
  explicit IdleTunnel(Stage& stage) : Tunnel(stage.poller, stage.route, stage.failures) {}

  bool ready() const override { return echoed_; }
  void Ping() {
    echoed_ = false;
    FailedForGood(send(fd(), &kByte, 1, MSG_NOSIGNAL));
  }

 protected:
  void OnOpen(std::string_view early) override {
    if (!early.empty()) return Fail(Failure::kWrong, "bytes before any were sent");
    Ping();
  }
  void OnFlow(uint32_t) override {
    char byte;
    const ssize_t got = recv(fd(), &byte, 1, 0);
    if (got == 0) return Fail(Failure::kEnded, "closed while idle");
    if (FailedForGood(got) || got < 0) return;
    if (byte != kByte || echoed_) return Fail(Failure::kWrong, "not what was sent");
    echoed_ = true;
  }
  void OnFailed() override { echoed_ = false; }

 private:
  bool echoed_ = false;
};

struct Memory {
  int64_t pss_bytes = 0;
  int64_t file_bytes = 0;
};

absl::StatusOr<Memory> ReadMemory(const Options& options) {
  Memory memory;
  if (options.pid != 0) {
    const auto pss = TreePssBytes(options.pid);
    if (!pss.ok()) return pss.status();
    memory.pss_bytes = *pss;
  }
  if (!options.memory_file.empty()) {
    const auto bytes = NumberInFile(options.memory_file);
    if (!bytes.ok()) return bytes.status();
    memory.file_bytes = *bytes;
  }
  return memory;
}

// Returns how many tunnels are alive: they echo a byte once more.
int64_t PingAll(Stage& stage, const std::vector<std::unique_ptr<IdleTunnel>>& tunnels) {
  for (const auto& tunnel : tunnels) {
    if (tunnel->state() == Tunnel::State::kOpen) tunnel->Ping();
  }
  const auto count = [&] {
    return std::count_if(tunnels.begin(), tunnels.end(),
                         [](const auto& tunnel) { return tunnel->ready(); });
  };
  const int64_t until = NowNanos() + stage.options.timeout_ns;
  int64_t alive = count();
  while (alive + stage.failures.total() < static_cast<int64_t>(tunnels.size()) &&
         NowNanos() < until) {
    stage.poller.Turn(kTurn);
    alive = count();
  }
  return alive;
}

}  // namespace

absl::StatusOr<Report> RunIdle(const Options& options) {
  auto made = Stage::Make(options, Service::kEcho);
  if (!made.ok()) return made.status();
  Stage& stage = **made;
  const auto before = ReadMemory(options);
  if (!before.ok()) return before.status();

  std::vector<std::unique_ptr<IdleTunnel>> tunnels;
  std::vector<Tunnel*> all;
  for (int i = 0; i < options.connections; ++i) {
    tunnels.push_back(std::make_unique<IdleTunnel>(stage));
    all.push_back(tunnels.back().get());
  }
  if (absl::Status status = stage.OpenAll(all); !status.ok()) return status;

  if (absl::Status status = stage.meter.Start(); !status.ok()) return status;
  const int64_t until = NowNanos() + options.seconds_ns;
  for (int64_t now = NowNanos(); now < until; now = NowNanos()) {
    stage.progress.Show(now, [&] { return absl::StrCat("holding ", tunnels.size(), " tunnels"); });
    stage.poller.Turn(std::min(until - now, kSecond));
  }
  if (absl::Status status = stage.meter.Stop(); !status.ok()) return status;
  const auto held = ReadMemory(options);
  if (!held.ok()) return held.status();

  Report report = stage.NewReport("idle");
  report["tunnels"] = options.connections;
  report["alive"] = PingAll(stage, tunnels);
  const auto add_memory = [&](const std::string& name, int64_t from, int64_t to) {
    report[name + "_before_bytes"] = from;
    report[name + "_held_bytes"] = to;
    report[name + "_bytes_per_tunnel"] = static_cast<double>(to - from) / options.connections;
  };
  if (options.pid != 0) add_memory("pss", before->pss_bytes, held->pss_bytes);
  if (!options.memory_file.empty()) add_memory("charged", before->file_bytes, held->file_bytes);
  stage.meter.AddTo(report, stage.meter.seconds(), 100, "percent");
  AddFailures(report, stage.failures);
  return report;
}

}  // namespace sluice::load
