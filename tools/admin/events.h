#ifndef SLUICE_TOOLS_ADMIN_EVENTS_H_
#define SLUICE_TOOLS_ADMIN_EVENTS_H_

// Events: what happens, for whoever listens (GET /api/v1/events). Whoever knows of something says
// it once, on any thread and without waiting; each reader gets what is of its topics, or hears how
// much of it was lost. A reader that comes again says what it had last, and gets what it has missed
// as long as that is still here.

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "relay/log/access_record.h"
#include "relay/log/session_filter.h"
#include "tools/admin/bounds.h"
#include "tools/admin/event_stream.h"

namespace sluice {

enum class Topic : uint8_t { kStatus, kSessions, kConfig, kAudit, kLog };
inline constexpr std::array<std::string_view, 5> kTopicNames = {"status", "sessions", "config",
                                                                "audit", "log"};

class Events {
 public:
  struct Subscription {
    std::array<bool, kTopicNames.size()> topics = {};
    SessionFilter filter;             // of the log
    std::optional<uint64_t> had;      // the last event that the reader has seen
    std::function<bool()> may_still;  // empty: for ever. On the thread that says Beat.
  };

  Events() = default;
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  // `data`: JSON, one line.
  void Say(Topic topic, std::string_view data);
  // A session has ended: what the access log says of it. Costs next to nothing while nobody
  // listens, and nobody has lately. One thread.
  void SayLog(const AccessRecord& record);
  // Whether somebody listens.
  bool wanted(Topic topic) const { return readers_[static_cast<size_t>(topic)].load() > 0; }

  // ResourceExhausted where there are too many.
  absl::StatusOr<std::shared_ptr<EventStream>> Open(Subscription subscription);
  // Now and then: ends the streams of those who may no longer.
  void Beat();
  size_t streams() const;
  // Sessions that have ended since the start, by who ended them.
  std::array<uint64_t, 8> ended_by() const;

 private:
  struct Reader {
    Subscription subscription;
    std::weak_ptr<EventStream> stream;
  };
  struct Past {
    uint64_t number = 0;
    Topic topic = Topic::kConfig;
    std::string text;
  };

  void SayToReaders(Topic topic, std::string_view text, const AccessRecord* record);
  void Remember(Past past);
  void Repeat(uint64_t had, const Subscription& subscription, EventStream& stream) const;
  void CountReaders();

  std::array<std::atomic<int>, kTopicNames.size()> readers_{};
  std::array<std::atomic<uint64_t>, 8> ended_by_{};
  std::atomic<bool> log_is_remembered_ = false;  // since somebody listened
  mutable std::mutex lock_;
  std::vector<Reader> streams_;
  uint64_t last_ = 0;  // number of an event
  std::deque<Past> past_;
  size_t past_bytes_ = 0;
  int beats_without_log_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_EVENTS_H_
