#include "relay/gateway.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace sluice {
namespace {

std::vector<Endpoint> WantedListeners(const Snapshot& snapshot) {
  std::vector<Endpoint> wanted;
  if (!snapshot.service().enabled) return wanted;
  for (const Address& address : snapshot.service().listen)
    wanted.push_back(Endpoint{address, snapshot.service().port});
  return wanted;
}

// A host without IPv6 has neither :: nor ::1; the shipped configuration must still start there.
bool IsMissingIpv6(const Endpoint& wanted, int error) {
  if (wanted.address.is_v4() || (error != EAFNOSUPPORT && error != EADDRNOTAVAIL)) return false;
  return wanted.address.is_unspecified() ||
         ClassifySpecialUse(wanted.address) == SpecialUse::kLoopback;
}

std::string Advice(int error) {
  switch (error) {
    case EADDRINUSE: return "another program listens there: stop it or choose another port";
    case EADDRNOTAVAIL:
      return "this host has no such address: give it to an interface or take it out of "
             "socks.listen";
    case EACCES:
      return "ports below net.ipv4.ip_unprivileged_port_start need CAP_NET_BIND_SERVICE: choose "
             "another port or grant it";
    case EMFILE: return "raise the limit of open files (ulimit -n)";
    default: return "choose another address or port";
  }
}

}  // namespace

Gateway::Gateway(const std::vector<ShardGround>& grounds, const ShardOptions& options,
                 std::unique_ptr<const Snapshot> snapshot)
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
                                              Shares{places_, sources_}, own));
  }
  for (size_t i = 0; i < shards_.size(); ++i)
    shards_[i]->set_next(*shards_[(i + 1) % shards_.size()]);
}

Gateway::~Gateway() = default;

absl::Status Gateway::Listen() {
  std::vector<Bound> opened;
  std::vector<std::vector<int>> descriptors;
  if (absl::Status status = OpenListeners(*current_, &opened, &descriptors); !status.ok())
    return status;
  Apply(*current_, opened, descriptors);
  return absl::OkStatus();
}

absl::Status Gateway::Publish(std::unique_ptr<const Snapshot> snapshot) {
  std::vector<Bound> opened;
  std::vector<std::vector<int>> descriptors;
  if (absl::Status status = OpenListeners(*snapshot, &opened, &descriptors); !status.ok())
    return status;
  current_ = snapshot.get();
  publisher_.Publish(std::move(snapshot));
  Apply(*current_, opened, descriptors);
  return absl::OkStatus();
}

// Opens what `snapshot` wants and is not open yet, a socket per shard. All or nothing.
absl::Status Gateway::OpenListeners(const Snapshot& snapshot, std::vector<Bound>* opened,
                                    std::vector<std::vector<int>>* descriptors) {
  for (const Endpoint& wanted : WantedListeners(snapshot)) {
    const auto same = [&](const Bound& bound) { return bound.wanted == wanted; };
    if (std::any_of(bound_.begin(), bound_.end(), same)) continue;
    Bound bound{wanted, wanted};
    std::vector<int> sockets;
    const absl::Status status = Open(wanted, snapshot.service().backlog, &bound.at, &sockets);
    if (!status.ok()) {
      for (size_t i = 0; i < descriptors->size(); ++i) {
        for (const int fd : (*descriptors)[i]) grounds_[0].kernel->Close(fd);
      }
      return status;
    }
    if (sockets.empty()) continue;
    opened->push_back(bound);
    descriptors->push_back(std::move(sockets));
  }
  return absl::OkStatus();
}

// One socket per shard, in one SO_REUSEPORT group. None, and OK, where the host lacks IPv6.
absl::Status Gateway::Open(const Endpoint& wanted, int backlog, Endpoint* at,
                           std::vector<int>* descriptors) {
  *at = wanted;
  for (const ShardGround& ground : grounds_) {
    const int fd = ground.kernel->Listen(*at, backlog);
    if (fd >= 0) {
      descriptors->push_back(fd);
      ground.kernel->LocalEndpoint(fd, at);  // port 0 is chosen once, the other shards join it
      continue;
    }
    for (const int other : *descriptors) ground.kernel->Close(other);
    descriptors->clear();
    if (IsMissingIpv6(wanted, -fd)) {
      LOG(WARNING) << "not listening on " << wanted.ToString() << ": this host has no IPv6";
      return absl::OkStatus();
    }
    return absl::UnavailableError(absl::StrCat("cannot listen on ", wanted.ToString(), ": ",
                                               strerrordesc_np(-fd), "; ", Advice(-fd)));
  }
  return absl::OkStatus();
}

void Gateway::Apply(const Snapshot& snapshot, const std::vector<Bound>& opened,
                    const std::vector<std::vector<int>>& descriptors) {
  const std::vector<Endpoint> wanted = WantedListeners(snapshot);
  std::erase_if(bound_, [&](const Bound& bound) {
    if (std::find(wanted.begin(), wanted.end(), bound.wanted) != wanted.end()) return false;
    for (auto& shard : shards_) shard->Post({ShardOrder::Kind::kStopListening, bound.at, -1, 0});
    return true;
  });
  for (size_t i = 0; i < opened.size(); ++i) {
    bound_.push_back(opened[i]);
    for (size_t shard = 0; shard < shards_.size(); ++shard) {
      shards_[shard]->Post({ShardOrder::Kind::kListen, opened[i].at, descriptors[i][shard], 0});
    }
  }
}

void Gateway::Drain() {
  for (auto& shard : shards_) shard->Post({ShardOrder::Kind::kDrain, Endpoint{}, -1, 0});
}

void Gateway::Stop() {
  for (auto& shard : shards_) shard->Post({ShardOrder::Kind::kStop, Endpoint{}, -1, 0});
}

std::vector<Endpoint> Gateway::listening() const {
  std::vector<Endpoint> at;
  for (const Bound& bound : bound_) at.push_back(bound.at);
  return at;
}

Counters::Totals Gateway::Count() const {
  std::vector<const Counters*> all;
  for (const auto& shard : shards_) all.push_back(&shard->counters());
  return Counters::Sum(all);
}

}  // namespace sluice
