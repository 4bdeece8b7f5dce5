#ifndef SLUICE_RELAY_SHARD_H_
#define SLUICE_RELAY_SHARD_H_

// Shard: one core's part of the gateway: loop, listeners, sessions, counters, and its view of the
// current Snapshot. Shares nothing with other shards but the count of places and who holds what.
// Turn and everything below "For its sessions"
// belong to the shard's thread; Post may be called from any.
//
// Memory: slabs reserve address space for the most sessions there can be, since one shard may have
// them all, and touch it only as sessions come.

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/counters.h"
#include "core/histograms.h"
#include "core/loop.h"
#include "core/prng.h"
#include "core/slab.h"
#include "policy/publisher.h"
#include "policy/snapshot.h"
#include "relay/admission.h"
#include "relay/auth/ident_query.h"
#include "relay/auth/verifier.h"
#include "relay/bind.h"
#include "relay/current_policy.h"
#include "relay/gss/gss_acceptor.h"
#include "relay/listener.h"
#include "relay/log/access_record.h"
#include "relay/names/resolver.h"
#include "relay/opening.h"
#include "relay/own_ports.h"
#include "relay/plumbing.h"
#include "relay/rule_counts.h"
#include "relay/session.h"
#include "relay/session_order.h"
#include "relay/splice_pipes.h"
#include "relay/trace.h"
#include "relay/udp/udp_association.h"
#include "relay/udp/udp_ground.h"

namespace sluice {

struct ShardOptions {
  uint16_t index = 0;
  int sessions_max = 1024;  // places, all shards together; beyond it clients wait
  int associations_max = limits::kAssociationsMax;  // beyond it UDP ASSOCIATE is answered as failed
  int splice_pipes_max = limits::kSplicePipesMax;
  uint16_t ident_port = 113;                 // of the clients' hosts (RFC 1413)
  uint64_t seed = 1;                         // of what only has to differ from time to time
  CredentialCache::Key credential_key = {};  // random, one per process
  Sources::Key source_key = {};              // random, one per process
};

// What a shard is told from other threads.
struct ShardOrder {
  enum class Kind : uint8_t {
    kListen,         // take `fd`, a listening socket, and accept on it
    kStopListening,  // close the listener that has `fd`
    kDrain,          // close all listeners, stop when no session is left
    kStop,           // the same, and end all sessions now
    kMakeRoom,       // end an unfinished handshake of a greedy source, or ask the next shard to
    kSessions,       // answer `sessions`
  };
  Kind kind = Kind::kStop;
  Endpoint at;
  int fd = -1;
  int shards_left = 0;  // kMakeRoom: how many more may be asked
  std::shared_ptr<SessionOrder> sessions = nullptr;
};

class Shard final : public CurrentPolicy, private Listener::Owner, private Admission::Owner {
 public:
  // `reader` is this shard's own registration with the publisher. All references outlive the shard.
  // `gss_acceptor`: null where GSSAPI is not served.
  Shard(Kernel& kernel, NameLookup& lookup, Authenticator& authenticator, AuthThrottle& throttle,
        GssAcceptor* gss_acceptor, Publisher::Reader& reader, AccessSink& access_sink,
        const Shares& shares, const ShardOptions& options);
  // Who is asked for room that is not here. Before any shard turns.
  void set_next(Shard& next) { next_ = &next; }
  // All sessions must have ended: Turn returned false.
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // Runs one turn, waiting no longer than `latest`. False once it has been told to stop and nothing
  // is left.
  bool Turn(absl::Time latest);

  // Any thread. Orders are carried out in their order, in a later turn.
  void Post(const ShardOrder& order);
  // Any thread. It is answered in a later turn; at once where this shard has stopped.
  void Ask(std::shared_ptr<SessionOrder> order);

  // Any thread.
  const Counters& counters() const { return counters_; }
  const RuleCounts& rule_counts() const { return rule_counts_; }
  const Histograms& histograms() const { return histograms_; }
  // What its slabs reserve.
  static size_t AddressSpace(const ShardOptions& options);

  // --- For its sessions

  uint16_t index() const { return options_.index; }
  Loop& loop() { return loop_; }
  Kernel& kernel() { return loop_.kernel(); }
  Plumbing& plumbing() { return plumbing_; }
  Counters& counters() { return counters_; }
  Resolver& resolver() { return resolver_; }
  Verifier& verifier() { return verifier_; }
  GssAcceptor* gss_acceptor() { return gss_acceptor_; }
  TokenRoom& token_room() { return token_room_; }
  AccessSink& access_sink() { return access_sink_; }
  Slab<LongLabels>& long_labels() { return long_labels_; }
  Places& places() { return shares_.places; }
  RuleCounts& rule_counts() { return rule_counts_; }
  Histograms& histograms() { return histograms_; }
  Sources& sources() { return shares_.sources; }
  Crowds& crowds() { return admission_.crowds(); }
  // The current policy; good until the turn ends.
  const Snapshot& snapshot() override;
  Decision Decide(PolicyRequest asked) override;
  uint32_t edition() override;
  // Whether a connection or datagram would come back to this gateway; for datagrams, to any program
  // of its host.
  bool LeadsToItself(const PolicyRequest& asked);
  OwnPorts& own_ports() { return shares_.own_ports; }
  Opening* LendOpening(Session& session, const Handshake::Options& options) {
    return openings_.Take(*this, session, options);
  }
  void TakeBackOpening(Opening* opening) { openings_.Give(opening); }
  // nullptr where as many wait as may.
  Bind* LendBind(Bind::Owner& owner) { return binds_.Take(loop_, own_ports(), owner); }
  void TakeBackBind(Bind* bind) { binds_.Give(bind); }
  // nullptr where as many are asked as may.
  IdentQuery* LendIdentQuery(IdentQuery::Owner& owner) { return ident_queries_.Take(loop_, owner); }
  void TakeBackIdentQuery(IdentQuery* query) { ident_queries_.Give(query); }
  uint16_t ident_port() const { return options_.ident_port; }
  Prng& prng() { return prng_; }
  // Null while nobody traces.
  TraceDesk* trace_desk() { return trace_desk_; }
  UdpGround& udp() { return udp_; }
  // Frees a session that has ended.
  void Retire(Session& session);

  int sessions_open() const { return static_cast<int>(sessions_.in_use()); }

 private:
  void OnAccepted(int fd) override;
  int Room() const override;
  void OnAcceptPaused(int error) override;
  void OnListenerClosed(Listener& listener) override;
  void OnAdmitted(const Admission::Client& client) override;
  void OnTurnedAway(const Admission::Client& client, std::string_view why) override;
  void OnNoRoomHere() override;

  void OnAddressChange(Op&, const Completion&);
  void CopyKernelCounts();
  void CarryOutOrders();
  void CarryOut(const ShardOrder& order);
  void AskNextForRoom(int shards_left);
  void CloseListeners();
  void AbortSessions();
  void Answer(SessionOrder& order);
  void EndThose(SessionOrder& order);
  void ListNext(SessionOrder& order);
  void TraceOne(SessionOrder& order);
  void ReadTraces(SessionOrder& order);
  void CloseInbox();
  bool emptied() const { return stopping_ && listeners_.empty() && sessions_.in_use() == 0; }
  bool stopped() const { return emptied() && !address_change_.in_flight(); }

  const ShardOptions options_;
  const Shares shares_;
  Counters counters_;
  RuleCounts rule_counts_;
  Histograms histograms_;
  Loop loop_;
  Admission admission_;
  Shard* next_ = nullptr;
  TraceDesk* trace_desk_ = nullptr;  // its asker's
  SplicePipes splice_pipes_;
  Plumbing plumbing_;
  Resolver resolver_;
  Authenticator& authenticator_;
  Verifier verifier_;
  GssAcceptor* const gss_acceptor_;
  TokenRoom token_room_;
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
  Op address_change_;
  uint32_t address_changes_ = 0;
  bool forgets_addresses_ = false;  // nobody is left for whom they matter
  bool stopping_ = false;
  bool held_back_ = false;  // listeners wait for those who wait for a place
  absl::Time next_complaint_ = absl::InfinitePast();

  std::mutex inbox_mutex_;  // held only to swap a vector, and only after a wake-up
  std::vector<ShardOrder> inbox_;
  bool inbox_closed_ = false;       // it has stopped
  std::vector<ShardOrder> orders_;  // being carried out; the two change places
};

}  // namespace sluice

#endif  // SLUICE_RELAY_SHARD_H_
