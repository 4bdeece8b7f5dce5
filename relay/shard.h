#ifndef SLUICE_RELAY_SHARD_H_
#define SLUICE_RELAY_SHARD_H_

// Shard: one core's part of the gateway: loop, listeners, sessions, counters, and its view of the
// current Snapshot. Shares nothing with other shards. Turn and everything below "For its sessions"
// belong to the shard's thread; Post may be called from any.
//
// Memory: slabs reserve address space for the most sessions there can be and touch it only as
// sessions come.

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/counters.h"
#include "core/loop.h"
#include "core/prng.h"
#include "core/slab.h"
#include "policy/publisher.h"
#include "policy/snapshot.h"
#include "relay/auth/ident_query.h"
#include "relay/auth/verifier.h"
#include "relay/bind.h"
#include "relay/current_policy.h"
#include "relay/gss/gss_acceptor.h"
#include "relay/listener.h"
#include "relay/log/access_record.h"
#include "relay/names/resolver.h"
#include "relay/opening.h"
#include "relay/plumbing.h"
#include "relay/session.h"
#include "relay/splice_pipes.h"
#include "relay/udp/udp_association.h"
#include "relay/udp/udp_ground.h"

namespace sluice {

struct ShardOptions {
  uint16_t index = 0;
  int sessions_max = 1024;                          // beyond it clients wait in the backlog
  int associations_max = limits::kAssociationsMax;  // beyond it UDP ASSOCIATE is answered as failed
  int splice_pipes_max = limits::kSplicePipesMax;
  uint16_t ident_port = 113;                 // of the clients' hosts (RFC 1413)
  uint64_t seed = 1;                         // of what only has to differ from time to time
  CredentialCache::Key credential_key = {};  // random, one per process
};

// What a shard is told from other threads.
struct ShardOrder {
  enum class Kind : uint8_t {
    kListen,         // take `fd`, a listening socket, and accept on it
    kStopListening,  // close the listener at `at`
    kDrain,          // close all listeners, stop when no session is left
    kStop,           // the same, and end all sessions now
  };
  Kind kind = Kind::kStop;
  Endpoint at;
  int fd = -1;
};

class Shard final : public CurrentPolicy, private Listener::Owner {
 public:
  // `reader` is this shard's own registration with the publisher. All references outlive the shard.
  // `gss_acceptor`: null where GSSAPI is not served.
  Shard(Kernel& kernel, NameLookup& lookup, Authenticator& authenticator, AuthThrottle& throttle,
        GssAcceptor* gss_acceptor, Publisher::Reader& reader, AccessSink& access_sink,
        const ShardOptions& options);
  // All sessions must have ended: Turn returned false.
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // Runs one turn, waiting no longer than `latest`. False once it has been told to stop and nothing
  // is left.
  bool Turn(absl::Time latest);

  // Any thread. Orders are carried out in their order, in a later turn.
  void Post(const ShardOrder& order);

  // Any thread.
  const Counters& counters() const { return counters_; }

  // --- For its sessions

  uint16_t index() const { return options_.index; }
  Loop& loop() { return loop_; }
  Kernel& kernel() { return loop_.kernel(); }
  Plumbing& plumbing() { return plumbing_; }
  Counters& counters() { return counters_; }
  Resolver& resolver() { return resolver_; }
  Verifier& verifier() { return verifier_; }
  GssAcceptor* gss_acceptor() { return gss_acceptor_; }
  AccessSink& access_sink() { return access_sink_; }
  Slab<LongLabels>& long_labels() { return long_labels_; }
  // The current policy; good until the turn ends.
  const Snapshot& snapshot() override;
  Opening* LendOpening(Session& session, const Handshake::Options& options) {
    return openings_.Take(*this, session, options);
  }
  void TakeBackOpening(Opening* opening) { openings_.Give(opening); }
  // nullptr where as many wait as may.
  Bind* LendBind(Bind::Owner& owner) { return binds_.Take(loop_, owner); }
  void TakeBackBind(Bind* bind) { binds_.Give(bind); }
  // nullptr where as many are asked as may.
  IdentQuery* LendIdentQuery(IdentQuery::Owner& owner) { return ident_queries_.Take(loop_, owner); }
  void TakeBackIdentQuery(IdentQuery* query) { ident_queries_.Give(query); }
  uint16_t ident_port() const { return options_.ident_port; }
  Prng& prng() { return prng_; }
  UdpGround& udp() { return udp_; }
  // Frees a session that has ended.
  void Retire(Session& session);

  int sessions_open() const { return static_cast<int>(sessions_.in_use()); }

 private:
  void OnAccepted(int fd) override;
  int Room() const override;
  void OnAcceptPaused(int error) override;
  void OnListenerClosed(Listener& listener) override;

  void CopyKernelCounts();
  void CarryOutOrders();
  void CloseListeners();
  void AbortSessions();
  bool stopped() const { return stopping_ && listeners_.empty() && sessions_.in_use() == 0; }

  const ShardOptions options_;
  Counters counters_;
  Loop loop_;
  SplicePipes splice_pipes_;
  Plumbing plumbing_;
  Resolver resolver_;
  Authenticator& authenticator_;
  Verifier verifier_;
  GssAcceptor* const gss_acceptor_;
  AccessSink& access_sink_;
  Publisher::Reader& reader_;
  Prng prng_;
  const Snapshot* snapshot_ = nullptr;  // while this turn has entered the reader
  Slab<LongLabels> long_labels_;
  Slab<IdentQuery> ident_queries_;
  Slab<Bind> binds_;
  UdpGround udp_;
  Slab<Opening> openings_;
  Slab<Session> sessions_;
  IntrusiveList<Session> open_sessions_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  uint64_t next_session_ = 1;
  bool stopping_ = false;
  bool was_full_ = false;
  absl::Time next_complaint_ = absl::InfinitePast();

  std::mutex inbox_mutex_;  // held only to swap a vector, and only after a wake-up
  std::vector<ShardOrder> inbox_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_SHARD_H_
