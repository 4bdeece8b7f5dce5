#ifndef SLUICE_RELAY_GATEWAY_H_
#define SLUICE_RELAY_GATEWAY_H_

// Gateway: all shards. Starts them, publishes Snapshots to them, opens and closes their listeners
// as the service settings say, drains and stops. It runs no thread itself: whoever owns it lets
// each shard turn (the daemon on a thread each, the simulator in turns). Thread: the owner's, one
// at a time.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/counters.h"
#include "core/histograms.h"
#include "core/kernel.h"
#include "policy/publisher.h"
#include "policy/snapshot.h"
#include "relay/log/access_record.h"
#include "relay/names/name_lookup.h"
#include "relay/own_ports.h"
#include "relay/rule_counts.h"
#include "relay/shard.h"

namespace sluice {

// What one shard stands on; all of it outlives the gateway.
struct ShardGround {
  Kernel* kernel = nullptr;
  NameLookup* lookup = nullptr;
  Authenticator* authenticator = nullptr;
  AuthThrottle* throttle = nullptr;  // one for all
  AccessSink* access_sink = nullptr;
  GssAcceptor* gss_acceptor = nullptr;  // null: GSSAPI is not served
};

class Gateway {
 public:
  // One shard per ground. `snapshot` is the first policy; nothing listens yet.
  Gateway(const std::vector<ShardGround>& grounds, const ShardOptions& options,
          std::shared_ptr<const Snapshot> snapshot);
  // All shards must have stopped.
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // For a thread that looks at policies and is no shard's. Before any shard's thread starts.
  Publisher::Reader& AddReader() { return publisher_.AddReader(); }

  // Opens the listeners that the current snapshot asks for. Also what Publish does with the new
  // one.
  absl::Status Listen();
  // Swaps the policy in. New listeners are opened first: where one cannot be, nothing changes and
  // the status says which. Never waits for a shard.
  // With kKeep, listeners that only the policy before wants stay open until CloseUnwanted, or until
  // that one comes back.
  enum class Unwanted : uint8_t { kClose, kKeep };
  absl::Status Publish(std::shared_ptr<const Snapshot> snapshot,
                       Unwanted unwanted = Unwanted::kClose);
  // One from before, whose listeners were kept: opens nothing, and so cannot fail.
  void PublishAgain(std::shared_ptr<const Snapshot> snapshot);
  void CloseUnwanted() { Apply(*current_, {}, Unwanted::kClose); }
  // Who holds it may publish it again.
  std::shared_ptr<const Snapshot> in_force() const { return publisher_.in_force(); }

  // Frees the snapshots that every shard has passed; says how many are still held. Call it again
  // after a Publish until it is 0.
  size_t CollectSnapshots() { return publisher_.Collect(); }
  size_t old_snapshots() const { return publisher_.old(); }

  // No new sessions; shards stop when their sessions have ended.
  void Drain();
  // Ends all sessions now.
  void Stop();

  std::vector<std::unique_ptr<Shard>>& shards() { return shards_; }
  const Snapshot& current() const { return *current_; }
  // Where clients can connect, as text: with the ports that were bound.
  std::vector<std::string> listening() const;
  Counters::Totals Count() const;
  // Any thread: of all shards, by the names of rules. Times are of the shards' clock.
  std::map<std::string, RuleCounts::Counts, std::less<>> CountRules() const;
  // Any thread: of each shard.
  std::vector<const Histograms*> histograms() const;
  // Any thread. For whatever else of this process listens by TCP.
  OwnPorts& own_ports() { return own_ports_; }
  // Any thread.
  const Places& places() const { return places_; }
  const Sources& sources() const { return sources_; }

 private:
  // Where the configuration wants clients to come, perhaps with port 0.
  struct Wanted {
    Endpoint at;
    std::string interface;
    bool wait = false;

    std::string ToString() const { return at.ToString(interface); }
    bool SamePlace(const Wanted& other) const {
      return at == other.at && interface == other.interface;
    }
  };
  struct Bound {
    Wanted wanted;
    Endpoint at;  // as bound
    OwnPort port;
    std::vector<int> descriptors;  // of each shard, which closes its own
  };
  static std::vector<Wanted> WantedListeners(const Snapshot& snapshot);
  absl::Status OpenListeners(const Snapshot& snapshot, std::vector<Bound>* opened);
  absl::Status Open(const Wanted& wanted, int backlog, bool joins, Bound* bound);
  bool ListensBeside(const Wanted& wanted, const std::vector<Bound>& bound) const;
  void CloseAll(const Bound& bound);
  void Apply(const Snapshot& snapshot, std::vector<Bound> opened, Unwanted unwanted);

  const std::vector<ShardGround> grounds_;
  Publisher publisher_;
  const Snapshot* current_;  // owned by publisher_
  Places places_;
  Sources sources_;
  OwnPorts own_ports_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<Bound> bound_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_GATEWAY_H_
