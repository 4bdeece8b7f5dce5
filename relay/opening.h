#ifndef SLUICE_RELAY_OPENING_H_
#define SLUICE_RELAY_OPENING_H_

// Opening: a session before bytes flow. Feeds the handshake, asks the policy, resolves, dials,
// replies, and hands the target's connection to the session; or delivers the failure. Big beside a
// tunnel, so it is lent from the shard's slab only for that long. One thread, the shard's.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "core/buffer_waiters.h"
#include "core/limits.h"
#include "core/op.h"
#include "policy/decision.h"
#include "policy/rule_grant.h"
#include "proto/handshake.h"
#include "relay/auth/ident_query.h"
#include "relay/auth/verifier.h"
#include "relay/bind.h"
#include "relay/close_reason.h"
#include "relay/dialer.h"
#include "relay/gss/gss_acceptor.h"
#include "relay/gss/token_room.h"
#include "relay/limits/crowds.h"
#include "relay/missing_egress.h"
#include "relay/names/resolver.h"

namespace sluice {

class Session;
class Shard;

class Opening final : public Crowds::Member,
                      private Resolver::Waiter,
                      private Verifier::Waiter,
                      private GssAcceptor::Receiver,
                      private Dialer::Owner,
                      private IdentQuery::Owner,
                      private Bind::Owner {
 public:
  Opening(Shard& shard, Session& session, const Handshake::Options& options);
  ~Opening();
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;

  void Start();
  // Ends it where it is; the session is told by OnOpeningQuiet unless it is quiet at once.
  void Stop();
  bool quiet() const;
  void OnCrowdedOut() override;
  // The deadline of what others are waited for has passed.
  void OnTooSlow();
  // The client is waited for no longer than this while it has nothing to say: see WatchClient.
  void WatchClient();

  // The most a session's opening may delay: whether the client is watched already.
  bool watching() const { return watched_; }

  // For the shard's histograms.
  struct Stopwatch {
    absl::Time state_since;
    absl::Time requested_at = absl::InfiniteFuture();  // the request was complete
  };
  Stopwatch& stopwatch() { return stopwatch_; }

 private:
  // An address that the rules allow, and by which of them.
  struct Candidate {
    Address address;
    int32_t rule = kNoRule;  // of the policy of `generation`
    uint64_t generation = 0;
    InlineText<limits::kRuleNameBytesMax> rule_name;
  };
  // Why the client's host has not confirmed its user id.
  struct IdentFailure {
    bool unreachable;
    EndedBy by;
    std::string_view why;
    int error = 0;
  };

  void Receive(bool wait_first);
  void ResumeReceive() { Receive(/*wait_first=*/false); }
  void OnBytes(Op&, const Completion& completion);
  bool WaitsForBytes() const;
  void OnFin();
  void FeedHandshake();
  void TakeStep(Handshake::Step step);

  void Authenticate();
  Credentials credentials() const override { return handshake_.credentials(); }
  void OnVerified(AuthVerdict verdict, absl::Duration delay) override;
  void OnHeldBack();
  void OnNoVerdict();
  void Answer(AuthVerdict verdict);
  void StartGss();
  void FeedGss();
  bool HoldToken();
  void OnTokenCrowdedOut();
  void AskWhetherAccepted();
  void OnAccepted(std::unique_ptr<GssConversation> conversation,
                  const GssAccepted& accepted) override;
  void RefuseGss(AuthVerdict verdict, EndedBy by, std::string_view why);
  bool BarsSocks4(const Decision& decision) const;

  static constexpr std::string_view kSocks4Barred =
      "SOCKS4 has no authentication, and authentication is required";
  void Decide();
  Decision AskPolicy(const PolicyRequest& asked);
  PolicyRequest ToPolicyRequest() const;

  // The addresses of a name: opening_names.cc.
  void OnResolved(const NameAnswer& answer) override;
  bool patient() const override { return handshake_.request().command == Command::kBind; }
  void FindCandidates(const NameAnswer& answer);
  bool MoreToCome() const;
  void DialAlso(const NameAnswer& answer);
  void AddCandidate(const Address& address, int32_t rule);
  Candidate& CandidateAt(const Address& address);
  absl::Span<const Candidate> candidates() const {
    return absl::MakeConstSpan(candidates_.data(), candidates_count_);
  }
  // Their addresses, written to `out`.
  absl::Span<const Address> CandidateAddresses(
      std::array<Address, limits::kDialAddressesMax>* out) const;

  // SOCKS4's user id: opening_ident.cc.
  bool NeedsIdent(int32_t rule) const;
  void Identify();
  void OnIdentified(IdentQuery::Outcome outcome, int error) override;
  void OnNoIdent();
  void OnIdentQuiet() override;
  void GoOnWithoutIdent(const IdentFailure& failure);
  void RefuseIdent();

  void Serve();
  void Dial();
  void Associate();  // opening_udp.cc
  const Egress* EgressTo(const Address& target) override;
  bool LeadsToItselfByNow(const Endpoint& target);
  void OnAttempt(const Endpoint& target) override;
  void OnAttemptFailed(const Endpoint& target, int error) override;
  void OnDialed(int fd, const Endpoint& target) override;
  void OnDialFailed(int error, const Endpoint& target) override;
  void OnDialerQuiet() override;
  void OnClientGone(Op&, const Completion& completion);

  // BIND: opening_bind.cc.
  void AwaitPeer();
  bool IsForAnyPeer() const;
  int ListenForPeer();
  int ListenTowards(const Candidate& peer);
  int ListenAt(const Address& address, std::string_view interface);
  std::string_view CommonInterface(bool v4) const;
  Bind::Answer OnPeerAsks(const Endpoint& peer) override;
  void OnPeer(int fd, const Endpoint& peer) override;
  void OnClientLeft(bool reset) override;
  void OnBindQuiet() override;
  void OnNoPeer();

  void Reply();
  bool HasOutput() const;
  void OnReplySent(Op&, const Completion& completion);
  void SendEarlyData();
  void OnEarlyDataSent(Op&, const Completion& completion);
  void DoneIfOpen();

  void Refuse(Rep rep, EndedBy by, std::string_view why, int error = 0);
  void RefuseForWantOf(const MissingEgress& missing, std::string_view why, int error);
  void DeliverFailure();
  void DrainClient();
  void OnFailureDrained(const Completion& completion);
  void StopWaiting();
  void TellIfQuiet();

  Shard& shard_;
  Session& session_;
  Stopwatch stopwatch_;
  Handshake handshake_;
  Dialer dialer_;
  IdentQuery* ident_ = nullptr;  // lent from the shard while the client's host is asked
  std::optional<IdentFailure> ident_failure_;
  Bind* bind_ = nullptr;        // lent from the shard while a peer is waited for
  MissingEgress bind_missing_;  // where it could not listen
  Op receive_;  // on the client: handshake bytes, then what a refused client still sends
  Op watch_;    // on the client while others are waited for
  Op reply_;    // to the client
  Op early_;    // to the target
  BufferWaiter waiter_;
  Timer answer_timer_;  // while a verdict on credentials is held back
  AuthVerdict held_verdict_ = AuthVerdict::kBroken;
  absl::Duration handshake_left_ =
      absl::InfiniteDuration();  // when a verdict began to be waited for
  uint64_t decided_by_ = 0;      // the generation of the policy that the name was decided by
  uint32_t reply_size_ = 0;
  uint32_t held_size_ = 0;
  uint32_t drained_ = 0;
  bool watched_ = false;
  bool fin_ = false;  // of the client, while its credentials are checked
  bool stopped_ = false;
  bool up_open_ = false;
  bool down_open_ = false;
  uint8_t candidates_count_ = 0;
  std::array<Candidate, limits::kDialAddressesMax> candidates_;
  std::array<uint8_t, limits::kHandshakeReplyBytesMax> reply_bytes_;
  std::vector<uint8_t> gss_reply_;  // instead of it, frames
  TokenRoom::Place token_place_;    // while a token of GSSAPI is not complete
  // Received and not consumed by the handshake. Once the request is complete, the client's early
  // data.
  std::array<uint8_t, limits::kHandshakeReceiveBytes> held_bytes_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_OPENING_H_
