#include "relay/shard.h"

#include <algorithm>

#include "glog/logging.h"
#include "relay/now_refused.h"

namespace sluice {
namespace {

// An operator wants to know that descriptors ran out, once in a while.
constexpr absl::Duration kComplaintInterval = absl::Seconds(10);

// What has two places is at most half as many.
size_t BindsMax(const ShardOptions& options) {
  return std::min(limits::kBindsMax, static_cast<size_t>(options.sessions_max / 2 + 1));
}
size_t AssociationsMax(const ShardOptions& options) {
  return static_cast<size_t>(std::min(options.associations_max, options.sessions_max / 2 + 1));
}

}  // namespace

Shard::Shard(Kernel& kernel, NameLookup& lookup, Authenticator& authenticator,
             AuthThrottle& throttle, GssAcceptor* gss_acceptor, Publisher::Reader& reader,
             AccessSink& access_sink, const Shares& shares, const ShardOptions& options)
    : options_(options),
      shares_(shares),
      loop_(kernel),
      admission_(*this, shares, kernel, counters_),
      splice_pipes_(kernel, options.splice_pipes_max),
      plumbing_{loop_, splice_pipes_, counters_},
      resolver_(loop_, lookup, shares.sources, counters_),
      authenticator_(authenticator),
      verifier_(loop_, authenticator, throttle, counters_, *this, options.credential_key,
                static_cast<size_t>(options.sessions_max + limits::kAcceptBurst)),
      gss_acceptor_(gss_acceptor),
      access_sink_(access_sink),
      reader_(reader),
      prng_(options.seed + options.index),
      long_labels_(static_cast<size_t>(options.sessions_max)),
      ident_queries_(limits::kIdentQueriesMax),
      binds_(BindsMax(options)),
      udp_(loop_, counters_, resolver_, static_cast<CurrentPolicy&>(*this), prng_, shares.places,
           static_cast<int>(AssociationsMax(options))),
      openings_(static_cast<size_t>(options.sessions_max)),
      sessions_(static_cast<size_t>(options.sessions_max)) {
  address_change_.Bind<&Shard::OnAddressChange>(this);
  this->kernel().AwaitAddressChange(address_change_);
}

Shard::~Shard() { CHECK_EQ(sessions_.in_use(), 0u) << "a shard was destroyed with sessions open"; }

bool Shard::Turn(absl::Time latest) {
  const bool woken = loop_.Turn(latest);
  CopyKernelCounts();
  if (woken) {
    CarryOutOrders();
    admission_.OnWoken();
    resolver_.TakeSources();
    authenticator_.Deliver();
    if (gss_acceptor_ != nullptr) gss_acceptor_->Deliver();
  }
  if (held_back_ && Room() > 0) {
    held_back_ = false;
    for (auto& listener : listeners_) listener->Accept();
  }
  if (snapshot_ != nullptr) {
    // Nothing of this snapshot is held beyond the turn, so the publisher may free it.
    snapshot_ = nullptr;
    reader_.Leave();
  }
  if (emptied() && !forgets_addresses_) {
    forgets_addresses_ = true;
    kernel().Cancel(address_change_);
  }
  if (!stopped()) return true;
  resolver_.Stop();
  CloseInbox();
  return false;
}

void Shard::CopyKernelCounts() {
  counters_.turns_gathered.Add(kernel().TurnsGathered() - counters_.turns_gathered.value());
  const auto spun_us = static_cast<uint64_t>(absl::ToInt64Microseconds(kernel().Spun()));
  counters_.spin_us.Add(spun_us - counters_.spin_us.value());
}

const Snapshot& Shard::snapshot() {
  if (snapshot_ == nullptr) snapshot_ = &reader_.Enter();
  return *snapshot_;
}

// --- What the gateway is itself

Decision Shard::Decide(PolicyRequest asked) {
  asked.gateway_itself = LeadsToItself(asked);
  return snapshot().Decide(asked);
}

bool Shard::LeadsToItself(const PolicyRequest& asked) {
  // Datagrams of other associations could be taken at any port.
  if (!asked.address_known || (!asked.datagram && !own_ports().Has(asked.port))) return false;
  // These are guarded at every port already.
  if (ClassifySpecialUse(asked.address) != SpecialUse::kNone) return false;
  const Address embedded = EmbeddedAddress(asked.address);
  // Where Linux does not say, nobody is let through.
  return kernel().LeadsHere(asked.address) != 0 ||
         (embedded != asked.address && kernel().LeadsHere(embedded) != 0);
}

uint32_t Shard::edition() {
  return static_cast<uint32_t>(snapshot().generation()) + address_changes_;
}

void Shard::OnAddressChange(Op&, const Completion&) {
  ++address_changes_;
  if (!emptied()) kernel().AwaitAddressChange(address_change_);
}

// --- Orders

void Shard::Post(const ShardOrder& order) {
  {
    const std::lock_guard<std::mutex> lock(inbox_mutex_);
    inbox_.push_back(order);
  }
  loop_.kernel().Wake();
}

void Shard::Ask(std::shared_ptr<SessionOrder> order) {
  {
    const std::lock_guard<std::mutex> lock(inbox_mutex_);
    if (!inbox_closed_) {
      ShardOrder posted;
      posted.kind = ShardOrder::Kind::kSessions;
      posted.sessions = std::move(order);
      inbox_.push_back(std::move(posted));
    }
  }
  if (order != nullptr) {
    order->gone = true;
    return order->Answer();
  }
  loop_.kernel().Wake();
}

// Whoever asked about sessions hears that there are none.
void Shard::CloseInbox() {
  std::vector<ShardOrder> left;
  {
    const std::lock_guard<std::mutex> lock(inbox_mutex_);
    inbox_closed_ = true;
    left.swap(inbox_);
  }
  for (const ShardOrder& order : left) {
    if (order.sessions == nullptr) continue;
    order.sessions->gone = true;
    order.sessions->Answer();
  }
}

void Shard::CarryOutOrders() {
  orders_.clear();
  {
    const std::lock_guard<std::mutex> lock(inbox_mutex_);
    orders_.swap(inbox_);
  }
  for (const ShardOrder& order : orders_) CarryOut(order);
}

void Shard::CarryOut(const ShardOrder& order) {
  switch (order.kind) {
    case ShardOrder::Kind::kListen:
      listeners_.push_back(std::make_unique<Listener>(loop_, static_cast<Listener::Owner&>(*this),
                                                      order.fd,
                                                      OwnPort(own_ports(), order.at.port)));
      listeners_.back()->Accept();
      break;
    case ShardOrder::Kind::kStopListening:
      for (size_t i = 0; i < listeners_.size(); ++i) {
        if (listeners_[i]->fd() != order.fd || listeners_[i]->closing()) continue;
        listeners_[i]->Close();
        break;
      }
      break;
    case ShardOrder::Kind::kDrain:
      stopping_ = true;
      CloseListeners();
      break;
    case ShardOrder::Kind::kStop:
      stopping_ = true;
      CloseListeners();
      AbortSessions();
      break;
    case ShardOrder::Kind::kMakeRoom:
      if (!admission_.MakeRoom()) AskNextForRoom(order.shards_left);
      break;
    case ShardOrder::Kind::kSessions: Answer(*order.sessions); break;
  }
}

// Goes round once at most.
void Shard::AskNextForRoom(int shards_left) {
  if (shards_left <= 0 || next_ == nullptr) return;
  next_->Post({ShardOrder::Kind::kMakeRoom, Endpoint{}, -1, shards_left - 1});
}

void Shard::CloseListeners() {
  std::vector<Listener*> open;
  for (auto& listener : listeners_) open.push_back(listener.get());
  for (Listener* listener : open) listener->Close();
  admission_.Close();
}

void Shard::AbortSessions() {
  open_sessions_.ForEach(
      [](Session& session) { session.Abort(EndedBy::kOperator, "the gateway is stopping"); });
}

// --- Live sessions

void Shard::Answer(SessionOrder& order) {
  switch (order.kind) {
    case SessionOrder::Kind::kList: ListNext(order); break;
    case SessionOrder::Kind::kEnd: EndThose(order); break;
    case SessionOrder::Kind::kSetTraceDesk: trace_desk_ = order.desk; break;
    case SessionOrder::Kind::kTrace: TraceOne(order); break;
    case SessionOrder::Kind::kListTraces:
    case SessionOrder::Kind::kReadTrace: ReadTraces(order); break;
  }
  order.Answer();
}

void Shard::EndThose(SessionOrder& order) {
  for (const SessionPlace& place : order.which) {
    Session* session = sessions_.Find({place.index, place.generation});
    if (session == nullptr || session->state() == SessionState::kQuiescence) continue;
    session->Abort(order.by, order.why);
    ++order.ended;
  }
}

void Shard::ListNext(SessionOrder& order) {
  order.next = sessions_.Walk(order.from, limits::kSessionSlotsLooked,
                              [&](const Slab<Session>::Handle& handle, const Session& session) {
                                if (session.state() == SessionState::kQuiescence)
                                  return true;  // it has ended
                                LiveSession& live = order.Add();
                                live.place = {handle.index, handle.generation};
                                session.Describe(&live.record);
                                live.client_interface = session.interface();
                                const std::optional<PolicyRequest> asked = QuestionOf(live);
                                live.leads_to_itself = asked && LeadsToItself(*asked);
                                return order.has_room();
                              });
  order.last = order.next >= sessions_.touched();
}

void Shard::TraceOne(SessionOrder& order) {
  for (const SessionPlace& place : order.which) {
    Session* session = sessions_.Find({place.index, place.generation});
    if (session == nullptr || session->state() == SessionState::kQuiescence) continue;
    order.done = session->StartTrace();
  }
}

void Shard::ReadTraces(SessionOrder& order) {
  if (trace_desk_ == nullptr) return;
  if (order.kind == SessionOrder::Kind::kListTraces)
    return trace_desk_->ForEach([&](const TracedSession& traced) { order.AddTraced(traced); });
  const TracedSession* traced = trace_desk_->Find(order.session);
  if (traced == nullptr || !traced->kept) return;
  order.AddTraced(*traced);
  order.AddSteps({trace_desk_->StepsOf(order.session), traced->count});
}

// --- Listeners

int Shard::Room() const { return admission_.Room(); }

void Shard::OnAccepted(int fd) {
  Endpoint client;
  if (stopping_ || kernel().PeerEndpoint(fd, &client) < 0) {
    kernel().Close(fd);  // it was reset before it was accepted, or nobody is served any more
    return;
  }
  admission_.Admit(fd, client, snapshot().limits());
  held_back_ |= admission_.someone_waits();
}

void Shard::OnAdmitted(const Admission::Client& client) {
  Session* session = sessions_.Take(*this, client, next_session_++);
  CHECK(session != nullptr) << "more sessions than places";
  counters_.sessions_accepted.Add(1);
  open_sessions_.PushBack(*session);
  session->Start();
}

// Without a session: it has no place for one.
void Shard::OnTurnedAway(const Admission::Client& client, std::string_view why) {
  kernel().CloseWithReset(client.fd);
  AccessRecord record;
  record.started = kernel().WallNow();
  record.session = next_session_++;
  record.shard = index();
  record.client = client.at;
  record.ended_by = EndedBy::kLimit;
  record.why = why;
  counters_.sessions_accepted.Add(1);
  counters_.sessions_closed.Add(1);
  if (!access_sink_.Write(record)) counters_.access_records_lost.Add(1);
}

void Shard::OnNoRoomHere() { AskNextForRoom(static_cast<int>(places().shards()) - 1); }

void Shard::OnAcceptPaused(int error) {
  counters_.accept_pauses.Add(1);
  if (loop_.now() < next_complaint_) return;
  next_complaint_ = loop_.now() + kComplaintInterval;
  LOG(WARNING) << "shard " << options_.index << " cannot accept: " << strerrordesc_np(error)
               << ", with " << sessions_open()
               << " sessions open; clients wait in the backlog; raise the limit of open files "
                  "(ulimit -n) or lower --sessions_max";
}

void Shard::OnListenerClosed(Listener& listener) {
  std::erase_if(listeners_, [&](const auto& other) { return other.get() == &listener; });
}

void Shard::Retire(Session& session) {
  counters_.sessions_closed.Add(1);
  session.Unlink();
  Source* source = session.source();
  sessions_.Give(&session);
  if (source != nullptr) {
    source->Give(Holding::kSessions);
    sources().Leave(*source);
  }
  places().Give();
}

size_t Shard::AddressSpace(const ShardOptions& options) {
  const auto sessions = static_cast<size_t>(options.sessions_max);
  return Slab<Session>::BytesOf(sessions) + Slab<Opening>::BytesOf(sessions) +
         Slab<LongLabels>::BytesOf(sessions) + Slab<Bind>::BytesOf(BindsMax(options)) +
         UdpGround::AddressSpace(AssociationsMax(options));
}

}  // namespace sluice
