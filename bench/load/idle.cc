// Idle tunnels, or with --udp associations:
//   1. Memory of the measured process, before any.
//   2. All are opened, and something is echoed through each: what one has used once counts.
//   3. Nothing moves for --seconds; CPU time over them, and memory at their end.
//   4. Something is echoed through each again: those that answer were held.

#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/load/association.h"
#include "bench/load/clock.h"
#include "bench/load/process_usage.h"
#include "bench/load/scenario.h"
#include "bench/load/stage.h"

namespace sluice::load {
namespace {

constexpr int64_t kTurn = kSecond / 20;
constexpr char kByte = '!';

// What is held.
class Idle {
 public:
  virtual ~Idle() = default;
  virtual Tunnel& tunnel() = 0;
  // Sends something that the echo answers; again where it may be lost.
  virtual void Ping() = 0;
  virtual void PingAgain(int64_t now) = 0;
  // The last ping was answered.
  virtual bool echoed() const = 0;
};

class IdleTunnel : public Tunnel, public Idle {
 public:
  explicit IdleTunnel(Stage& stage) : Tunnel(stage.poller, stage.route, stage.failures) {}

  Tunnel& tunnel() override { return *this; }
  void Ping() override {
    echoed_ = false;
    FailedForGood(send(fd(), &kByte, 1, MSG_NOSIGNAL));
  }
  void PingAgain(int64_t) override {}
  bool echoed() const override { return echoed_; }

 protected:
  void OnOpen(std::string_view early) override {
    if (!early.empty()) Fail(Failure::kWrong, "bytes before any were sent");
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

class IdleAssociation : public Idle, private Association::Owner {
 public:
  IdleAssociation(Stage& stage, DatagramTools& tools, int number)
      : resend_ns_(stage.options.resend_ns),
        association_(stage, tools, *this, 1, static_cast<uint64_t>(number)) {}

  Tunnel& tunnel() override { return association_; }
  void Ping() override {
    echoed_ = false;
    association_.Ask(1, NowNanos());
  }
  void PingAgain(int64_t now) override { association_.ResendLost(now - resend_ns_, now); }
  bool echoed() const override { return echoed_; }

 private:
  bool OnAnswered(int64_t, int64_t) override {
    echoed_ = true;
    return false;
  }
  void OnEnded(Association&) override { echoed_ = false; }

  const int64_t resend_ns_;
  bool echoed_ = false;
  Association association_;
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

using Idles = std::vector<std::unique_ptr<Idle>>;

// At most in_flight at a time, so that no socket has to hold many. Returns how many are alive: they
// echo.
int64_t PingAll(Stage& stage, const Idles& idles) {
  const int64_t until = NowNanos() + stage.options.timeout_ns;
  size_t begun = 0;
  std::vector<Idle*> waiting;
  while (begun < idles.size() || !waiting.empty()) {
    while (begun < idles.size() && waiting.size() < static_cast<size_t>(stage.options.in_flight)) {
      waiting.push_back(idles[begun++].get());
      if (waiting.back()->tunnel().ready()) waiting.back()->Ping();
    }
    stage.poller.Turn(kTurn);
    const int64_t now = NowNanos();
    if (now >= until) break;
    for (Idle* idle : waiting) idle->PingAgain(now);
    std::erase_if(waiting, [](Idle* idle) { return idle->echoed() || !idle->tunnel().ready(); });
  }
  return std::count_if(idles.begin(), idles.end(), [](const auto& idle) { return idle->echoed(); });
}

void Hold(Stage& stage, size_t idles) {
  const int64_t until = NowNanos() + stage.options.seconds_ns;
  for (int64_t now = NowNanos(); now < until; now = NowNanos()) {
    stage.progress.Show(now, [&] { return absl::StrCat("holding ", idles); });
    stage.poller.Turn(std::min(until - now, kSecond));
  }
}

}  // namespace

absl::StatusOr<Report> RunIdle(const Options& options) {
  const SocksCommand command = options.udp ? SocksCommand::kUdpAssociate : SocksCommand::kConnect;
  auto made = Stage::Make(options, Service::kEcho, command);
  if (!made.ok()) return made.status();
  Stage& stage = **made;
  DatagramTools tools(stage);
  const auto before = ReadMemory(options);
  if (!before.ok()) return before.status();

  Idles idles;
  std::vector<Tunnel*> all;
  for (int i = 0; i < options.connections; ++i) {
    if (options.udp) {
      idles.push_back(std::make_unique<IdleAssociation>(stage, tools, i));
    } else {
      idles.push_back(std::make_unique<IdleTunnel>(stage));
    }
    all.push_back(&idles.back()->tunnel());
  }
  if (absl::Status status = stage.OpenAll(all); !status.ok()) return status;
  const int64_t opened = PingAll(stage, idles);

  if (absl::Status status = stage.meter.Start(); !status.ok()) return status;
  Hold(stage, idles.size());
  if (absl::Status status = stage.meter.Stop(); !status.ok()) return status;
  const auto held = ReadMemory(options);
  if (!held.ok()) return held.status();

  Report report = stage.NewReport("idle");
  report[options.udp ? "associations" : "tunnels"] = options.connections;
  report["echoed"] = opened;
  report["alive"] = PingAll(stage, idles);
  const auto add_memory = [&](const std::string& name, int64_t from, int64_t to) {
    report[name + "_before_bytes"] = from;
    report[name + "_held_bytes"] = to;
    report[name + (options.udp ? "_bytes_per_association" : "_bytes_per_tunnel")] =
        static_cast<double>(to - from) / options.connections;
  };
  if (options.pid != 0) add_memory("pss", before->pss_bytes, held->pss_bytes);
  if (!options.memory_file.empty()) add_memory("charged", before->file_bytes, held->file_bytes);
  stage.meter.AddTo(report, stage.meter.seconds(), 100, "percent");
  AddFailures(report, stage.failures);
  return report;
}

}  // namespace sluice::load
