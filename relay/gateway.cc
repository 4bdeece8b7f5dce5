#include "relay/gateway.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace sluice {
namespace {

// A host without IPv6 has neither :: nor ::1; the shipped configuration must still start there.
bool IsMissingIpv6(const Address& wanted, int error) {
  if (wanted.is_v4() || (error != EAFNOSUPPORT && error != EADDRNOTAVAIL)) return false;
  return wanted.is_unspecified() || ClassifySpecialUse(wanted) == SpecialUse::kLoopback;
}

std::string Advice(int error) {
  switch (error) {
    case EADDRINUSE:
      return "another program listens there or on all addresses, perhaps this one started before: "
             "stop it or choose another port";
    case EADDRNOTAVAIL:
      return "this host has no such address: give it to an interface, write wait = true for it, or "
             "take it out of socks.listen";
    case ENODEV:
      return "this host has no such interface: bring it up or take it out of socks.listen";
    case EACCES:
      return "ports below net.ipv4.ip_unprivileged_port_start need CAP_NET_BIND_SERVICE: choose "
             "another port or grant it";
    case EMFILE: return "raise the limit of open files (ulimit -n)";
    default: return "choose another address or port";
  }
}

}  // namespace

Gateway::Gateway(const std::vector<ShardGround>& grounds, const ShardOptions& options,
                 std::shared_ptr<const Snapshot> snapshot)
    : grounds_(grounds),
      publisher_(std::move(snapshot)),
      current_(&publisher_.current()),
      places_(options.sessions_max),
      sources_(options.source_key) {
  for (size_t i = 0; i < grounds_.size(); ++i) {
    ShardOptions own = options;
    own.index = static_cast<uint16_t>(i);
    const ShardGround& ground = grounds_[i];
    shards_.push_back(std::make_unique<Shard>(*ground.kernel, *ground.lookup, *ground.authenticator,
                                              *ground.throttle, ground.gss_acceptor,
                                              publisher_.AddReader(), *ground.access_sink,
                                              Shares{places_, sources_, own_ports_}, own));
  }
  for (size_t i = 0; i < shards_.size(); ++i)
    shards_[i]->set_next(*shards_[(i + 1) % shards_.size()]);
}

Gateway::~Gateway() = default;

absl::Status Gateway::Listen() {
  std::vector<Bound> opened;
  if (absl::Status status = OpenListeners(*current_, &opened); !status.ok()) return status;
  Apply(*current_, std::move(opened), Unwanted::kClose);
  return absl::OkStatus();
}

absl::Status Gateway::Publish(std::shared_ptr<const Snapshot> snapshot, Unwanted unwanted) {
  std::vector<Bound> opened;
  if (absl::Status status = OpenListeners(*snapshot, &opened); !status.ok()) return status;
  current_ = snapshot.get();
  publisher_.Publish(std::move(snapshot));
  Apply(*current_, std::move(opened), unwanted);
  return absl::OkStatus();
}

void Gateway::PublishAgain(std::shared_ptr<const Snapshot> snapshot) {
  current_ = snapshot.get();
  publisher_.Publish(std::move(snapshot));
  Apply(*current_, {}, Unwanted::kClose);
}

std::vector<Gateway::Wanted> Gateway::WantedListeners(const Snapshot& snapshot) {
  std::vector<Wanted> wanted;
  const ServiceSettings& service = snapshot.service();
  if (!service.enabled) return wanted;
  for (const ListenPlace& place : service.listen)
    wanted.push_back({Endpoint{place.address, service.port}, place.interface, place.wait});
  return wanted;
}

// Opens what `snapshot` wants and is not open yet, a socket per shard. All or nothing.
absl::Status Gateway::OpenListeners(const Snapshot& snapshot, std::vector<Bound>* opened) {
  for (const Wanted& wanted : WantedListeners(snapshot)) {
    const auto same = [&](const Bound& bound) { return bound.wanted.SamePlace(wanted); };
    if (std::any_of(bound_.begin(), bound_.end(), same)) continue;
    const bool joins = ListensBeside(wanted, bound_) || ListensBeside(wanted, *opened);
    Bound bound;
    if (absl::Status status = Open(wanted, snapshot.service().backlog, joins, &bound);
        !status.ok()) {
      for (const Bound& other : *opened) CloseAll(other);
      return status;
    }
    if (!bound.descriptors.empty()) opened->push_back(std::move(bound));
  }
  return absl::OkStatus();
}

// From one address to all of them, or back: then this gateway itself listens where `wanted` is.
bool Gateway::ListensBeside(const Wanted& wanted, const std::vector<Bound>& bound) const {
  return std::any_of(bound.begin(), bound.end(), [&](const Bound& other) {
    return other.at.port == wanted.at.port &&
           other.at.address.is_v4() == wanted.at.address.is_v4() &&
           (other.at.address == wanted.at.address || other.at.address.is_unspecified() ||
            wanted.at.address.is_unspecified());
  });
}

// One socket per shard: the first one listens alone, unless this gateway listens there already, and
// the others join it. None, and OK, where the host lacks IPv6.
absl::Status Gateway::Open(const Wanted& wanted, int backlog, bool joins, Bound* bound) {
  bound->wanted = wanted;
  bound->at = wanted.at;
  bound->port = OwnPort(own_ports_, wanted.at.port);
  for (const ShardGround& ground : grounds_) {
    const int fd = ground.kernel->Listen(bound->at, backlog,
                                         {.interface = wanted.interface,
                                          .joins = joins || !bound->descriptors.empty(),
                                          .may_be_absent = wanted.wait});
    if (fd >= 0) {
      bound->descriptors.push_back(fd);
      // port 0 is chosen once, the other shards join it
      ground.kernel->LocalEndpoint(fd, &bound->at);
      bound->port = OwnPort(own_ports_, bound->at.port);
      continue;
    }
    CloseAll(*bound);
    bound->descriptors.clear();
    if (IsMissingIpv6(wanted.at.address, -fd)) {
      LOG(WARNING) << "not listening on " << wanted.ToString() << ": this host has no IPv6";
      return absl::OkStatus();
    }
    return absl::UnavailableError(absl::StrCat("cannot listen on ", wanted.ToString(), ": ",
                                               strerrordesc_np(-fd), "; ", Advice(-fd)));
  }
  return absl::OkStatus();
}

void Gateway::CloseAll(const Bound& bound) {
  for (const int fd : bound.descriptors) grounds_[0].kernel->Close(fd);
}

void Gateway::Apply(const Snapshot& snapshot, std::vector<Bound> opened, Unwanted unwanted) {
  const std::vector<Wanted> all = WantedListeners(snapshot);
  std::erase_if(bound_, [&](const Bound& bound) {
    const auto same = [&](const Wanted& wanted) { return wanted.SamePlace(bound.wanted); };
    if (unwanted == Unwanted::kKeep || std::any_of(all.begin(), all.end(), same)) return false;
    for (size_t i = 0; i < shards_.size(); ++i)
      shards_[i]->Post({ShardOrder::Kind::kStopListening, bound.at, bound.descriptors[i], 0});
    return true;
  });
  for (Bound& bound : opened) {
    for (size_t i = 0; i < shards_.size(); ++i)
      shards_[i]->Post({ShardOrder::Kind::kListen, bound.at, bound.descriptors[i], 0});
    bound_.push_back(std::move(bound));
  }
}

void Gateway::Drain() {
  for (auto& shard : shards_) shard->Post({ShardOrder::Kind::kDrain, Endpoint{}, -1, 0});
}

void Gateway::Stop() {
  for (auto& shard : shards_) shard->Post({ShardOrder::Kind::kStop, Endpoint{}, -1, 0});
}

std::vector<std::string> Gateway::listening() const {
  std::vector<std::string> at;
  for (const Bound& bound : bound_) at.push_back(bound.at.ToString(bound.wanted.interface));
  return at;
}

std::map<std::string, RuleCounts::Counts, std::less<>> Gateway::CountRules() const {
  std::map<std::string, RuleCounts::Counts, std::less<>> rules;
  for (const auto& shard : shards_) {
    shard->rule_counts().ForEach([&](std::string_view name, const RuleCounts::Counts& counts) {
      rules[std::string(name)].Add(counts);
    });
  }
  return rules;
}

std::vector<const Histograms*> Gateway::histograms() const {
  std::vector<const Histograms*> all;
  for (const auto& shard : shards_) all.push_back(&shard->histograms());
  return all;
}

Counters::Totals Gateway::Count() const {
  std::vector<const Counters*> all;
  for (const auto& shard : shards_) all.push_back(&shard->counters());
  return Counters::Sum(all);
}

}  // namespace sluice
