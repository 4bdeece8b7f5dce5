#include "tests/sim/sim_gateway.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/config.h"
#include "policy/snapshot.h"

namespace sluice {
namespace {

// More turns than this without time passing is spinning: on a real machine, a core at 100 %.
constexpr int kTurnsAtOneTimeMax = 20'000;

absl::StatusOr<std::string> NoFiles(std::string_view) {
  return absl::NotFoundError("no files in the simulation");
}

}  // namespace

bool SimGateway::Sink::Write(const AccessRecord& record) {
  gateway_.records_.push_back(record);
  gateway_.network_.Trace("access record", record.client.port,
                          static_cast<int64_t>(record.ended_by));
  return true;
}

SimGateway::SimGateway(SimNetwork& network, SimHost& host, const SimZone& zone,
                       const Options& options)
    : network_(network), process_(network, host), options_(options) {
  SimKernel::Options kernel = options.kernel;
  kernel.time_passes = SimKernel::TimePasses::kOutside;
  for (int i = 0; i < options.shards; ++i) {
    kernels_.push_back(std::make_unique<SimKernel>(process_, kernel));
    lookups_.push_back(std::make_unique<SimLookup>(network, *kernels_.back(), zone, name_servers_));
    authenticators_.push_back(
        std::make_unique<SimAuthenticator>(network, *kernels_.back(), options_.users));
    gss_acceptors_.push_back(std::make_unique<SimGssAcceptor>(network, *kernels_.back()));
    runs_.push_back(true);
  }
}

SimGateway::~SimGateway() {
  // After a failure its shards may be in any state, and would rather abort than be destroyed.
  if (!stopped()) static_cast<void>(gateway_.release());
}

absl::Status SimGateway::Configure(std::string_view config) {
  const absl::StatusOr<Config> parsed = ParseConfig(config, "simulated.toml", NoFiles);
  if (!parsed.ok()) return parsed.status();
  auto snapshot = CompileSnapshot(*parsed, kernels_[0]->WallNow(), ++generation_);
  if (!snapshot.ok()) return snapshot.status();
  network_.Trace("configured", static_cast<int64_t>(generation_));
  if (gateway_ != nullptr) return gateway_->Publish(*std::move(snapshot));
  std::vector<ShardGround> grounds;
  for (size_t i = 0; i < kernels_.size(); ++i) {
    grounds.push_back(ShardGround{kernels_[i].get(), lookups_[i].get(), authenticators_[i].get(),
                                  &throttle_, &sink_, gss_acceptors_[i].get()});
  }
  gateway_ = std::make_unique<Gateway>(grounds, options_.shard, *std::move(snapshot));
  return gateway_->Listen();
}

void SimGateway::ChangeNameServers(const std::vector<Address>& servers) {
  network_.Trace("name servers change", static_cast<int64_t>(servers.size()));
  name_servers_.Name(servers);
  for (const auto& kernel : kernels_) kernel->Wake();
}

bool SimGateway::stopped() const {
  return std::none_of(runs_.begin(), runs_.end(), [](bool runs) { return runs; });
}

int SimGateway::sessions_open() const {
  int open = 0;
  for (const auto& shard : gateway_->shards()) open += shard->sessions_open();
  return open;
}

int SimGateway::buffers_taken() const {
  int taken = 0;
  for (const auto& kernel : kernels_) taken += kernel->buffers_taken();
  return taken;
}

// True where a shard had something to do.
bool SimGateway::TurnShards() {
  bool any = false;
  for (size_t i = 0; i < kernels_.size(); ++i) {
    if (!runs_[i]) continue;
    const bool runnable = kernels_[i]->Runnable();
    if (!runnable && !network_.dice().Chance(network_.faults().early_wake)) continue;
    any |= runnable;
    runs_[i] = gateway_->shards()[i]->Turn(absl::InfiniteFuture());
    if (turn_observer_) turn_observer_();
  }
  return any;
}

absl::Time SimGateway::NextWake() const {
  absl::Time next = network_.now() + absl::Hours(100);
  for (size_t i = 0; i < kernels_.size(); ++i) {
    if (runs_[i]) next = std::min(next, kernels_[i]->deadline());
  }
  return next;
}

void SimGateway::RunUntil(absl::Time until, const std::function<bool()>& done) {
  while (!network_.judge().condemned()) {
    if (TurnShards()) {
      if (++turns_at_this_time_ > kTurnsAtOneTimeMax) {
        network_.judge().Accuse("the shards spin: they turn and turn without time passing");
      }
      continue;
    }
    if (done()) return;
    const absl::Time next = std::min(network_.clock().Next(), NextWake());
    if (next > until) {
      network_.clock().AdvanceTo(until);
      return;
    }
    if (next > network_.now()) turns_at_this_time_ = 0;
    network_.clock().AdvanceTo(next);
  }
}

void SimGateway::Audit() {
  const Places& places = gateway_->places();
  if (places.free() != places.most()) network_.judge().Accuse("at the end places are taken");
  if (gateway_->sources().entered() > 0 || !gateway_->sources().settled())
    network_.judge().Accuse("at the end a source holds something");
  gateway_.reset();
  for (const auto& kernel : kernels_) {
    for (const std::string& leak : kernel->Leaks())
      network_.judge().Accuse(absl::StrCat("at the end ", leak));
  }
  for (const std::string& leak : process_.Leaks())
    network_.judge().Accuse(absl::StrCat("at the end ", leak));
}

}  // namespace sluice
