#include "bench/load/stage.h"

#include <sys/resource.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/load/clock.h"

namespace sluice::load {
namespace {

constexpr int64_t kTurn = kSecond / 10;
constexpr uint64_t kDescriptorsReserved = 64;  // listeners, pollers, /proc, the program's own

// Every tunnel has one descriptor here, and one more where the back end is here too. Every
// association has two here, and of the back end one where its control connection goes there.
absl::Status CheckDescriptors(const Options& options, SocksCommand command) {
  rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return absl::OkStatus();
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const auto tunnels = static_cast<uint64_t>(std::max(options.connections, options.in_flight));
  uint64_t each = options.backend ? 1 : 2;
  if (command == SocksCommand::kUdpAssociate) each = options.proxy || options.backend ? 2 : 3;
  const uint64_t needed = tunnels * each + kDescriptorsReserved;
  if (needed <= files.rlim_cur) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat(tunnels, " tunnels need ", needed, " open files, the limit is ", files.rlim_cur,
                   ": raise it (ulimit -n), or run the back end elsewhere (sluice-load serve)"));
}

}  // namespace

Stage::Stage(const Options& options)
    : options(options), meter(options.pid, options.cpu_file), progress(options.progress) {}

absl::StatusOr<std::unique_ptr<Stage>> Stage::Make(const Options& options, Service service,
                                                   SocksCommand command) {
  if (absl::Status status = CheckDescriptors(options, command); !status.ok()) return status;
  auto stage = std::unique_ptr<Stage>(new Stage(options));
  Endpoint target;
  if (options.backend) {
    target = *options.backend;
  } else {
    stage->backend_ = std::make_unique<Backend>();
    const Endpoint loopback = {Address::FromV4({127, 0, 0, 1}), 0};
    if (absl::Status status = stage->backend_->Start(loopback, options.trains); !status.ok())
      return status;
    target = stage->backend_->endpoint(service);
  }
  stage->route.first_hop = options.proxy.value_or(target);
  if (options.proxy) {
    const std::string_view problem =
        SocksRequest::Problem(options.version, command, target, options.name, options.identity);
    if (!problem.empty()) return absl::InvalidArgumentError(std::string(problem));
    stage->route.socks.emplace(options.version, command, target, options.name, options.identity);
    stage->route.datagram_header = UdpRequestHeader(target, options.name);
  }
  return stage;
}

absl::Status Stage::OpenAll(absl::Span<Tunnel* const> tunnels) {
  std::vector<Tunnel*> opening;
  size_t next = 0;
  int64_t progressed_at = NowNanos();
  while (next < tunnels.size() || !opening.empty()) {
    while (next < tunnels.size() && opening.size() < static_cast<size_t>(options.in_flight)) {
      opening.push_back(tunnels[next++]);
      opening.back()->Open();
    }
    poller.Turn(kTurn);
    if (failures.total() > 0)
      return absl::UnavailableError(absl::StrCat("a tunnel did not open: ", failures.first()));
    const int64_t now = NowNanos();
    const auto ready = std::remove_if(opening.begin(), opening.end(),
                                      [](const Tunnel* tunnel) { return tunnel->ready(); });
    if (ready != opening.end()) {
      opening.erase(ready, opening.end());
      progressed_at = now;
    } else if (now - progressed_at > options.timeout_ns) {
      return absl::DeadlineExceededError(absl::StrCat(
          opening.size(), " tunnels did not open within ", Seconds(options.timeout_ns), " s"));
    }
    progress.Show(now, [&] {
      return absl::StrCat("opening tunnels: ", next - opening.size(), " of ", tunnels.size());
    });
  }
  return absl::OkStatus();
}

Report Stage::NewReport(const char* scenario) const {
  static constexpr const char* kVersions[] = {"SOCKS4", "SOCKS4a", "SOCKS5"};
  Report report;
  report["scenario"] = scenario;
  report["through"] = options.proxy ? absl::StrCat(kVersions[static_cast<int>(options.version)],
                                                   " at ", options.proxy->ToString())
                                    : "nothing (direct)";
  if (!options.identity.user.empty()) report["user"] = options.identity.user;
  return report;
}

std::optional<int64_t> Stage::BytesSunk() const {
  if (backend_ == nullptr) return std::nullopt;
  return backend_->bytes_received();
}

}  // namespace sluice::load
