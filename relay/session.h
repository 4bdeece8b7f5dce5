#ifndef SLUICE_RELAY_SESSION_H_
#define SLUICE_RELAY_SESSION_H_

// Session: one client from accept to close. The part before bytes flow (handshake, decision,
// dialling, reply) is its Opening, lent from the shard only for that long; what carries bytes after
// it is one of several kinds, and a session pays for the largest of them, not for all.
// The session owns both sockets, the deadline of what it waits for, and the one way to end. One
// thread, the shard's; it lives in the shard's slab and frees itself.

#include <cstdint>
#include <memory>
#include <string_view>
#include <variant>

#include "absl/time/time.h"
#include "core/address.h"
#include "core/intrusive_list.h"
#include "core/timer_wheel.h"
#include "proto/handshake.h"
#include "relay/admission.h"
#include "relay/close_reason.h"
#include "relay/gss/gss_layer.h"
#include "relay/gss/gss_pipe.h"
#include "relay/log/access_record.h"
#include "relay/log/session_labels.h"
#include "relay/rule_counts.h"
#include "relay/session_auth.h"
#include "relay/sink_watch.h"
#include "relay/trace.h"
#include "relay/tunnel.h"
#include "relay/udp/udp_association.h"

namespace sluice {

class Opening;
class Shard;

class Session final : public ListNode, private TunnelOwner, private UdpAssociation::Owner {
 public:
  // Takes what the client has: descriptor, place, its source's counts.
  Session(Shard& shard, const Admission::Client& client, uint64_t id);
  ~Session();

  void Start();

  // Ends the session, wherever it is. The first reason given stays. It may be gone when this
  // returns: do nothing after.
  void Close(EndedBy by, std::string_view why, int error = 0);
  // The same, with RST to both sides.
  void Abort(EndedBy by, std::string_view why, int error = 0);

  // --- For its Opening

  Shard& shard() { return shard_; }
  int client_fd() const { return client_fd_; }
  int target_fd() const { return target_fd_; }
  const Endpoint& client() const override { return client_; }
  InterfaceName interface() const override;
  // Null where it is not counted.
  Source* source() const override { return source_; }
  SessionState state() const { return state_; }
  // Whether somebody watches what it does, step by step. Nearly always not, so whoever has a step
  // to tell asks this first.
  bool traced() const { return traced_; }
  template <typename Word>
  void Trace(TraceStep::Kind kind, Word word, std::string_view text = {}, const Endpoint& at = {},
             int32_t number = 0) {
    AddTraceStep(kind, static_cast<uint8_t>(word), text, at, number);
  }
  // From now on. False where there is no place for it.
  bool StartTrace();
  // What its log line would be if it ended now; sets every field.
  void Describe(AccessRecord* record) const;
  // Empty where the client has not said who it is.
  std::string_view user() const override { return labels_.user(); }
  SessionAuth auth() const override { return auth_; }
  // What stands between the client's socket and everything else where the client chose GSSAPI; null
  // otherwise.
  GssLayer* gss() const override { return gss_.get(); }
  void StartGss(std::unique_ptr<GssLayer> layer) { gss_ = std::move(layer); }
  // Forward only. Sets the deadline of the new state.
  void AdvanceTo(SessionState state, absl::Time deadline);
  // Another one for the state it is in; returns how much of the old one was left.
  absl::Duration SetDeadline(absl::Time deadline);

  // Who the client says it is, and by what method that is or will be proved.
  void NoteUser(std::string_view user, SessionAuth auth);
  // The client's host has confirmed its user id.
  void NoteIdentified() { auth_ = SessionAuth::kIdent; }
  void NoteAuthFailure(AuthVerdict verdict) { auth_verdict_ = verdict; }
  // `complete`: all of it was understood.
  void NoteRequest(const Handshake& handshake, bool complete);
  // The rule that has decided, so far.
  void NoteRule(std::string_view rule);
  void NoteTried(const Endpoint& target);
  // The gateway's own address on the target's side.
  void NoteEgress(const Endpoint& egress) { egress_ = egress; }
  // The address, the interface of the rule's egress that is not there.
  void NoteMissing(const Address& address) { egress_ = Endpoint{address, 0}; }
  void NoteMissing(std::string_view interface);
  void NoteReply(Rep rep);
  // Why it will end, without ending it yet.
  void NoteEnd(EndedBy by, std::string_view why, int error);

  // The connection to the target; the session owns it from here, and a tunnel to it stands ready.
  void TakeTarget(int fd, const Endpoint& target, const Endpoint& egress);
  // The success reply is out: what the target says may follow.
  void OpenDown();
  // Early data (`bytes` of it) is out: what the client says may follow.
  void OpenUp(uint64_t bytes);
  // That much of it was out when the session ended.
  void NoteEarlyBytes(uint64_t bytes);
  // For what takes more than two descriptors, beside the place that the session has: empty, or why
  // there is none. `most`: of its source.
  std::string_view TakeSecondPlace(Holding what, int most);
  void GiveSecondPlace();
  // An association stands ready, which the shard has admitted; and is gone again.
  UdpAssociation& MakeAssociation();
  void DropAssociation();
  // The opening has nothing left to do, or nothing in flight after Stop.
  void OnOpeningQuiet();

 private:
  void OnDeadline();
  void OnIdleDeadline();
  void WatchPeers();
  bool LookAtSinks();
  void OnTunnelHalfClosed(EndedBy by) override;
  void OnTunnelClosed(EndedBy by) override;
  void OnTunnelBroken(EndedBy by, int error) override;
  void OnTunnelQuiet() override;
  void AbortBroken(EndedBy by, int error);
  void OnControlEnded(EndedBy by, std::string_view why, int error) override;
  void OnAssociationQuiet() override;

  AnyTunnel* tunnel();
  const AnyTunnel* tunnel() const { return const_cast<Session*>(this)->tunnel(); }
  UdpAssociation* association() { return std::get_if<UdpAssociation>(&carrier_); }
  const UdpAssociation* association() const { return std::get_if<UdpAssociation>(&carrier_); }
  absl::Time IdleDeadline();
  bool CarrierQuiet();
  void EnterRelay();
  void FinishIfQuiet();
  void DescribeFlow(AccessRecord* record) const;
  void SettleWithRule();
  void MeasureStep(SessionState next);
  void AddTraceStep(TraceStep::Kind kind, uint8_t word, std::string_view text, const Endpoint& at,
                    int32_t number);
  void KeepTraceOrNot();
  void WriteRecord();
  void SetState(SessionState state);
  void LeaveCrowd();

  Shard& shard_;
  Source* const source_;
  Opening* opening_ = nullptr;
  std::unique_ptr<GssLayer> gss_;  // outlives what carries bytes through it
  // What carries bytes once the opening has found where to; nothing before.
  std::variant<std::monostate, Tunnel, std::unique_ptr<GssTunnel>, UdpAssociation> carrier_;
  Timer deadline_timer_;
  absl::Time deadline_ = absl::InfiniteFuture();
  absl::Time relay_since_ = absl::InfinitePast();
  const absl::Time started_;
  const uint64_t id_;
  uint64_t early_bytes_ = 0;
  uint64_t settled_up_ = 0;  // of its bytes: what its rule has been told of
  uint64_t settled_down_ = 0;
  int client_fd_;
  int target_fd_ = -1;
  SessionState state_ = SessionState::kHandshake;
  bool abort_ = false;
  bool traced_ = false;
  Holding second_place_ = Holding::kSessions;  // what it has one for; a session's own is the first
  bool watched_ = false;                       // both sockets have their keepalive
  SinkWatch client_sink_;
  SinkWatch target_sink_;

  // For the log.
  const Endpoint client_;
  Endpoint requested_;
  Endpoint target_;
  Endpoint egress_;
  Version version_ = Version::kUnknown;
  Command command_ = Command::kConnect;
  Rep reply_ = Rep::kSucceeded;
  SessionAuth auth_ = SessionAuth::kUnknown;
  AuthVerdict auth_verdict_ = AuthVerdict::kAccepted;
  bool requested_known_ = false;
  bool dialled_ = false;
  bool replied_ = false;
  EndedBy ended_by_ = EndedBy::kNobody;
  SessionState ended_in_ = SessionState::kHandshake;
  RuleCounts::Entry rule_ = RuleCounts::kNone;
  int error_ = 0;
  std::string_view why_;
  SessionLabels labels_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_SESSION_H_
