// Idle tunnels, or with --udp associations:
//   1. Memory of the measured process, before any.
//   2. All are opened, and something is echoed through each: what one has used once counts.
//   3. Nothing moves for --seconds; CPU time over them, and memory at their end.
//   4. Something is echoed through each again: those that answer were held.

#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/load/association.h"
#include "bench/load/clock.h"
#include "bench/load/part.h"
#include "bench/load/process_usage.h"
#include "bench/load/run.h"
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
  explicit IdleTunnel(Way& way) : Tunnel(way) {}

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
  IdleAssociation(Way& way, DatagramTools& tools, int64_t resend_ns, int number)
      : resend_ns_(resend_ns), association_(way, tools, *this, 1, static_cast<uint64_t>(number)) {}

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

class Idles : public Part {
 public:
  Idles(const Options& options, Way way) : Part(options, std::move(way)) {
    if (options.udp) tools_.emplace(options, way_);
    for (int i = 0; i < options.connections; ++i) {
      if (options.udp) {
        idles_.push_back(std::make_unique<IdleAssociation>(way_, *tools_, options.resend_ns, i));
      } else {
        idles_.push_back(std::make_unique<IdleTunnel>(way_));
      }
    }
  }

  std::vector<Tunnel*> Tunnels() override {
    std::vector<Tunnel*> tunnels;
    for (const auto& idle : idles_) tunnels.push_back(&idle->tunnel());
    return tunnels;
  }

  void Prepare() override { echoed_ = PingAll(); }
  void Start(const Times&) override {}
  int64_t Work(int64_t) override { return INT64_MAX; }
  void EndMeasuring(int64_t) override {}
  void Finish() override { alive_ = PingAll(); }

  bool counted() const override { return false; }
  bool finished() const override { return false; }

  std::string Progress() const override { return absl::StrCat("holding ", idles_.size()); }
  void AddCounts(Report& report, double) const override {
    report[options_.udp ? "associations" : "tunnels"] = options_.connections;
    report["echoed"] = echoed_;
    report["alive"] = alive_;
  }
  Cost cost() const override { return {}; }

 private:
  // At most in_flight at a time, so that no socket has to hold many. Returns how many are alive:
  // they echo.
  int64_t PingAll();

  std::optional<DatagramTools> tools_;  // of associations
  std::vector<std::unique_ptr<Idle>> idles_;
  int64_t echoed_ = 0;
  int64_t alive_ = 0;
};

int64_t Idles::PingAll() {
  const int64_t until = NowNanos() + options_.timeout_ns;
  size_t begun = 0;
  std::vector<Idle*> waiting;
  while (begun < idles_.size() || !waiting.empty()) {
    while (begun < idles_.size() && waiting.size() < static_cast<size_t>(options_.in_flight)) {
      waiting.push_back(idles_[begun++].get());
      if (waiting.back()->tunnel().ready()) waiting.back()->Ping();
    }
    way_.poller.Turn(kTurn);
    const int64_t now = NowNanos();
    if (now >= until) break;
    for (Idle* idle : waiting) idle->PingAgain(now);
    std::erase_if(waiting, [](Idle* idle) { return idle->echoed() || !idle->tunnel().ready(); });
  }
  return std::count_if(idles_.begin(), idles_.end(),
                       [](const auto& idle) { return idle->echoed(); });
}

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

void AddMemory(Report& report, const Options& options, const Memory& before, const Memory& held) {
  const auto add = [&](const std::string& name, int64_t from, int64_t to) {
    report[name + "_before_bytes"] = from;
    report[name + "_held_bytes"] = to;
    report[name + (options.udp ? "_bytes_per_association" : "_bytes_per_tunnel")] =
        static_cast<double>(to - from) / options.connections;
  };
  if (options.pid != 0) add("pss", before.pss_bytes, held.pss_bytes);
  if (!options.memory_file.empty()) add("charged", before.file_bytes, held.file_bytes);
}

}  // namespace

MadePart MakeIdles(Stage& stage, const Options& options) {
  const SocksCommand command = options.udp ? SocksCommand::kUdpAssociate : SocksCommand::kConnect;
  auto way = stage.MakeWay(options, Service::kEcho, command);
  if (!way.ok()) return way.status();
  return std::make_unique<Idles>(options, *std::move(way));
}

absl::StatusOr<Report> RunIdle(const Options& given) {
  Options options = given;
  options.warmup_ns = 0;  // nothing moves
  Demand demand;
  (options.udp ? demand.associations : demand.tunnels) = options.connections;
  auto stage = Stage::Make(options, demand);
  if (!stage.ok()) return stage.status();
  auto idles = MakeIdles(**stage, options);
  if (!idles.ok()) return idles.status();
  Run run(**stage, {idles->get()});
  const auto before = ReadMemory(options);
  if (!before.ok()) return before.status();
  if (absl::Status status = run.Open(); !status.ok()) return status;
  if (absl::Status status = run.Measure(); !status.ok()) return status;
  const auto held = ReadMemory(options);
  if (!held.ok()) return held.status();
  run.Finish();

  const Meter& meter = (*stage)->meter;
  Report report = (*stage)->NewReport("idle");
  (*idles)->AddCounts(report, meter.seconds());
  AddMemory(report, options, *before, *held);
  meter.AddTo(report, meter.seconds(), 100, "percent");
  AddFailures(report, (*idles)->failures());
  return report;
}

}  // namespace sluice::load
