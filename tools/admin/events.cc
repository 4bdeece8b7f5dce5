#include "tools/admin/events.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "relay/log/access_log.h"

namespace sluice {
namespace {

// How the figures of a second are told apart from what happens: they are not remembered, since
// nobody wants those of a minute ago.
bool IsRemembered(Topic topic) { return topic != Topic::kStatus && topic != Topic::kSessions; }

std::string Text(Topic topic, std::optional<uint64_t> number, std::string_view data) {
  return absl::StrCat(number.has_value() ? absl::StrCat("id: ", *number, "\n") : "",
                      "event: ", std::string(kTopicNames[static_cast<size_t>(topic)]),
                      "\ndata: ", std::string(data), "\n\n");
}

}  // namespace

void Events::Say(Topic topic, std::string_view data) {
  const std::lock_guard<std::mutex> lock(lock_);
  if (!IsRemembered(topic)) return SayToReaders(topic, Text(topic, std::nullopt, data), nullptr);
  std::string text = Text(topic, ++last_, data);
  SayToReaders(topic, text, nullptr);
  Remember({last_, topic, std::move(text)});
}

void Events::SayLog(const AccessRecord& record) {
  const auto by = static_cast<size_t>(record.ended_by);
  ended_by_[by].store(ended_by_[by].load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (!log_is_remembered_.load(std::memory_order_relaxed)) return;
  std::string line = FormatAccessRecord(record);
  line.pop_back();  // its newline
  const std::lock_guard<std::mutex> lock(lock_);
  std::string text = Text(Topic::kLog, ++last_, line);
  SayToReaders(Topic::kLog, text, &record);
  Remember({last_, Topic::kLog, std::move(text)});
}

void Events::SayToReaders(Topic topic, std::string_view text, const AccessRecord* record) {
  for (const Reader& reader : streams_) {
    if (!reader.subscription.topics[static_cast<size_t>(topic)]) continue;
    if (record != nullptr && !reader.subscription.filter.Matches(*record)) continue;
    if (const auto stream = reader.stream.lock(); stream != nullptr) stream->Put(text);
  }
}

void Events::Remember(Past past) {
  past_bytes_ += past.text.size();
  past_.push_back(std::move(past));
  while (past_.size() > admin_bounds::kEventsKept || past_bytes_ > admin_bounds::kEventBytesKept) {
    past_bytes_ -= past_.front().text.size();
    past_.pop_front();
  }
}

// What has gone by since, or how much of it is no longer here. What the filter thinks of sessions
// that are over is not known any more, so of the log all are repeated where it asks for all.
void Events::Repeat(uint64_t had, const Subscription& subscription, EventStream& stream) const {
  const uint64_t first = past_.empty() ? last_ + 1 : past_.front().number;
  if (had > last_) had = 0;  // of a gateway from before
  if (had + 1 < first)
    stream.Put(absl::StrCat("event: dropped\ndata: {\"n\":", first - had - 1, "}\n\n"));
  for (const Past& past : past_) {
    if (past.number <= had || !subscription.topics[static_cast<size_t>(past.topic)]) continue;
    if (past.topic == Topic::kLog && !subscription.filter.is_all()) continue;
    stream.Put(past.text);
  }
}

absl::StatusOr<std::shared_ptr<EventStream>> Events::Open(Subscription subscription) {
  const std::lock_guard<std::mutex> lock(lock_);
  CountReaders();
  if (streams_.size() >= static_cast<size_t>(admin_bounds::kStreamsMax)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("expected at most ", admin_bounds::kStreamsMax,
                     " streams of events, found as many open; close some, or try again later"));
  }
  auto stream = std::make_shared<EventStream>();
  stream->Put("retry: 2000\n\n");
  if (subscription.had.has_value()) Repeat(*subscription.had, subscription, *stream);
  streams_.push_back({std::move(subscription), stream});
  CountReaders();
  return stream;
}

void Events::Beat() {
  constexpr int kBeatsRemembered = 60;
  std::vector<std::shared_ptr<EventStream>> over;
  {
    const std::lock_guard<std::mutex> lock(lock_);
    CountReaders();
    beats_without_log_ = wanted(Topic::kLog) ? 0 : beats_without_log_ + 1;
    if (beats_without_log_ > kBeatsRemembered) log_is_remembered_ = false;
    for (const Reader& reader : streams_) {
      auto stream = reader.stream.lock();
      if (stream != nullptr && reader.subscription.may_still != nullptr &&
          !reader.subscription.may_still())
        over.push_back(std::move(stream));
    }
  }
  for (const auto& stream : over) stream->End();
}

void Events::CountReaders() {
  std::erase_if(streams_, [](const Reader& reader) {
    const auto stream = reader.stream.lock();
    return stream == nullptr || stream->closed();
  });
  std::array<int, kTopicNames.size()> readers{};
  for (const Reader& reader : streams_) {
    for (size_t i = 0; i < readers.size(); ++i) readers[i] += reader.subscription.topics[i];
  }
  for (size_t i = 0; i < readers.size(); ++i) readers_[i] = readers[i];
  if (readers[static_cast<size_t>(Topic::kLog)] > 0) log_is_remembered_ = true;
}

size_t Events::streams() const {
  const std::lock_guard<std::mutex> lock(lock_);
  return streams_.size();
}

std::array<uint64_t, 8> Events::ended_by() const {
  std::array<uint64_t, 8> counts{};
  for (size_t i = 0; i < counts.size(); ++i) counts[i] = ended_by_[i].load();
  return counts;
}

}  // namespace sluice
