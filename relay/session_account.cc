// What a session tells of itself: to histograms while it is opened, to its rule while it runs, to
// whoever lists or traces it, and to the access log when it ends.

#include <utility>

#include "policy/snapshot.h"
#include "relay/opening.h"
#include "relay/session.h"
#include "relay/shard.h"

namespace sluice {

// --- Histograms

// How long a step of the opening took. One in the middle of which the session ends is not counted.
void Session::MeasureStep(SessionState next) {
  const absl::Time now = shard_.loop().now();
  Opening::Stopwatch& watch = opening_->stopwatch();
  const absl::Duration took = now - std::exchange(watch.state_since, now);
  if (next == SessionState::kQuiescence) return;
  Histograms& histograms = shard_.histograms();
  if (state_ == SessionState::kAuthentication) histograms.authentication.Observe(took);
  if (state_ == SessionState::kResolution && !labels_.name().empty())
    histograms.resolution.Observe(took);
  if (state_ == SessionState::kConnection) histograms.connection.Observe(took);
  if (state_ <= SessionState::kRequest && next > SessionState::kRequest && requested_known_) {
    histograms.handshake.Observe(now - started_);
    watch.requested_at = now;
  }
}

// --- Its rule

// Bytes are counted for all as they move; for a rule when somebody looks at the session anyway.
void Session::SettleWithRule() {
  uint64_t up = early_bytes_;
  uint64_t down = 0;
  if (const AnyTunnel* carried = tunnel()) {
    up += carried->bytes_up();
    down = carried->bytes_down();
  } else if (association() != nullptr) {
    up = association()->bytes_up();
    down = association()->bytes_down();
  }
  shard_.rule_counts().Move(rule_, up - std::exchange(settled_up_, up),
                            down - std::exchange(settled_down_, down));
}

// --- Its trace

void Session::AddTraceStep(TraceStep::Kind kind, uint8_t word, std::string_view text,
                           const Endpoint& at, int32_t number) {
  TraceStep step;
  step.kind = kind;
  step.word = word;
  step.number = number;
  step.at = at;
  if (!text.empty()) step.text.Set(text);  // else it may be null
  TraceDesk* desk = shard_.trace_desk();
  traced_ = desk != nullptr && desk->Add(id_, shard_.loop().now(), step);
}

bool Session::StartTrace() {
  TraceDesk* desk = shard_.trace_desk();
  if (desk == nullptr || !desk->BeginLive(id_, client_, started_)) return false;
  traced_ = true;
  Trace(TraceStep::Kind::kWatched, state_);
  return true;
}

// What a filter asks for is known by now.
void Session::KeepTraceOrNot() {
  AccessRecord record;
  Describe(&record);
  TraceDesk* desk = shard_.trace_desk();
  traced_ = desk != nullptr && desk->Keep(record);
}

// --- Its log line

void Session::Describe(AccessRecord* record) const {
  record->duration = shard_.loop().now() - started_;
  record->started = shard_.kernel().WallNow() - record->duration;
  record->session = id_;
  record->shard = shard_.index();
  record->version = version_;
  record->requested = requested_known_;
  record->command = command_;
  record->client = client_;
  record->auth = auth_;
  record->auth_verdict = auth_verdict_;
  record->user.Set(labels_.user());
  record->name.Set(labels_.name());
  record->requested_address = requested_;
  record->dialled = dialled_;
  record->target = target_;
  record->egress = egress_;
  record->rule.Set(shard_.rule_counts().NameOf(rule_));
  record->reply = reply_;
  record->replied = replied_;
  DescribeFlow(record);
  record->ended_by = ended_by_;
  record->state = state_;
  record->why = why_;
  record->missing.Set(labels_.missing());
  record->error = error_;
}

void Session::DescribeFlow(AccessRecord* record) const {
  record->bytes_up = record->bytes_down = 0;
  record->datagrams_up = record->datagrams_down = record->datagrams_dropped = 0;
  record->bound = Endpoint();
  if (const AnyTunnel* carried = tunnel()) {
    record->bytes_up = early_bytes_ + carried->bytes_up();
    record->bytes_down = carried->bytes_down();
  }
  if (const UdpAssociation* carried = association()) {
    record->bytes_up = carried->bytes_up();
    record->bytes_down = carried->bytes_down();
    record->datagrams_up = carried->datagrams_up();
    record->datagrams_down = carried->datagrams_down();
    record->datagrams_dropped = carried->datagrams_dropped();
    record->bound = carried->bound();
  }
}

void Session::WriteRecord() {
  AccessRecord record;
  Describe(&record);
  record.state = ended_in_;
  if (traced_) {
    Trace(TraceStep::Kind::kEnd, record.ended_by, record.why, {}, record.error);
    if (TraceDesk* desk = shard_.trace_desk(); desk != nullptr && desk->Keep(record))
      desk->End(id_);
  }
  labels_.Clear(shard_.long_labels());
  SettleWithRule();
  shard_.rule_counts().Leave(rule_);
  Histograms& histograms = shard_.histograms();
  histograms.session.Observe(record.duration);
  histograms.bytes_up.Observe(record.bytes_up);
  histograms.bytes_down.Observe(record.bytes_down);
  if (!shard_.access_sink().Write(record)) shard_.counters().access_records_lost.Add(1);
}

}  // namespace sluice
