#ifndef SLUICE_BENCH_LOAD_DATAGRAM_WINDOW_H_
#define SLUICE_BENCH_LOAD_DATAGRAM_WINDOW_H_

// DatagramWindow: which datagrams of an association are under way. It has a fixed number of places;
// each datagram takes one, under a number that is used once. One that is lost does not keep its
// place: after a time the place gets a new number, and an answer to the old one is late. No clock,
// no socket, any thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sluice::load {

class DatagramWindow {
 public:
  // Windows of one run are told apart by their numbers.
  static constexpr uint64_t kNumbersEach = uint64_t{1} << 40;

  DatagramWindow(size_t places, uint64_t window)
      : first_number_(window * kNumbersEach), places_(places) {
    for (size_t i = places; i-- > 0;) {
      places_[i].next_number = first_number_ + i;
      free_.push_back(i);
    }
  }

  bool full() const { return free_.empty(); }
  int64_t waiting() const { return static_cast<int64_t>(places_.size() - free_.size()); }
  bool Owns(uint64_t number) const { return number - first_number_ < kNumbersEach; }

  // The number of a datagram sent `now`, whose answer is waited for `since`. Only where it is not
  // full.
  uint64_t Take(int64_t since, int64_t now) {
    const size_t index = free_.back();
    free_.pop_back();
    Place& place = places_[index];
    place.since = since;
    return Renumber(place, now);
  }
  uint64_t Take(int64_t now) { return Take(now, now); }

  // The answer to an owned number: since when it was waited for, a lost predecessor's time
  // included. Nothing: it is late, or a duplicate.
  std::optional<int64_t> Answer(uint64_t number) {
    const size_t index = (number - first_number_) % places_.size();
    Place& place = places_[index];
    if (!place.waiting || place.number != number) return std::nullopt;
    place.waiting = false;
    free_.push_back(index);
    return place.since;
  }

  // Calls `resend` with a new number for each place whose datagram was sent before `limit`.
  template <typename Resend>
  void Renew(int64_t limit, int64_t now, const Resend& resend) {
    for (Place& place : places_) {
      if (place.waiting && place.sent_at < limit) resend(Renumber(place, now));
    }
  }

  // Since when the places wait that do.
  template <typename Take>
  void ForEachWaiting(const Take& take) const {
    for (const Place& place : places_) {
      if (place.waiting) take(place.since);
    }
  }

 private:
  struct Place {
    bool waiting = false;
    uint64_t number = 0;
    uint64_t next_number = 0;
    int64_t since = 0;
    int64_t sent_at = 0;
  };

  uint64_t Renumber(Place& place, int64_t now) {
    place.waiting = true;
    place.sent_at = now;
    place.number = place.next_number;
    place.next_number += places_.size();
    return place.number;
  }

  uint64_t first_number_;
  std::vector<Place> places_;
  std::vector<size_t> free_;
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_DATAGRAM_WINDOW_H_
