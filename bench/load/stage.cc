#include "bench/load/stage.h"

#include <sys/resource.h>

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace sluice::load {
namespace {

constexpr uint64_t kDescriptorsReserved = 64;  // listeners, pollers, /proc, the program's own

// Every tunnel has one descriptor here, and one more where the back end is here too. Every
// association has two here, and of the back end one where its control connection goes there.
absl::Status CheckDescriptors(const Options& options, const Demand& demand) {
  rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return absl::OkStatus();
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const uint64_t tunnel = options.listen ? 2 : 1;
  const uint64_t association = options.proxy || !options.listen ? 2 : 3;
  const uint64_t needed = static_cast<uint64_t>(demand.tunnels) * tunnel +
                          static_cast<uint64_t>(demand.associations) * association +
                          kDescriptorsReserved;
  if (needed <= files.rlim_cur) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      demand.tunnels + demand.associations, " tunnels need ", needed, " open files, the limit is ",
      files.rlim_cur, ": raise it (ulimit -n), or run the back end elsewhere (sluice-load serve)"));
}

}  // namespace

Stage::Stage(const Options& options)
    : options(options), meter(options.pid, options.cpu_file), progress(options.progress) {}

absl::StatusOr<std::unique_ptr<Stage>> Stage::Make(const Options& options, const Demand& demand) {
  if (absl::Status status = CheckDescriptors(options, demand); !status.ok()) return status;
  auto stage = std::unique_ptr<Stage>(new Stage(options));
  if (options.listen) {
    if (absl::Status status = stage->StartBackend(); !status.ok()) return status;
  }
  return stage;
}

absl::Status Stage::StartBackend() {
  if (options.backend_thread) {
    backend_ = &backend_thread_.emplace().backend();
    return backend_thread_->Start(*options.listen, options.trains);
  }
  backend_ = &backend_beside_.emplace(poller);
  return backend_beside_->Start(*options.listen, options.trains);
}

absl::StatusOr<Way> Stage::MakeWay(const Options& options, Service service, SocksCommand command) {
  const Endpoint target = options.backend ? *options.backend : backend_->endpoint(service);
  Route route;
  route.first_hop = options.proxy.value_or(target);
  if (options.proxy) {
    const std::string_view problem =
        SocksRequest::Problem(options.version, command, target, options.name, options.identity);
    if (!problem.empty()) return absl::InvalidArgumentError(std::string(problem));
    route.socks.emplace(options.version, command, target, options.name, options.identity);
    route.datagram_header = UdpRequestHeader(target, options.name);
  }
  return Way{poller, std::move(route)};
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
