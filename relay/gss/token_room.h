#ifndef SLUICE_RELAY_GSS_TOKEN_ROOM_H_
#define SLUICE_RELAY_GSS_TOKEN_ROOM_H_

// TokenRoom: what a shard holds of tokens that are not complete yet, of clients that nobody knows
// yet. It has a bound. Beyond that whoever holds most is crowded out, of equals who has held that
// much for the longest: a Kerberos token is some KB and comes in one piece, so that is hardly ever
// a client in earnest. Allocates nothing. One thread, the shard's.

#include <array>
#include <cstddef>

#include "core/intrusive_list.h"
#include "core/limits.h"

namespace sluice {

class TokenRoom {
 public:
  // Of one client. Gives back what it holds when it is destroyed.
  class Place : private ListNode {
   public:
    Place() = default;
    ~Place() {
      if (room_ != nullptr) room_->Release(*this);
    }
    // What is called where it is crowded out by another; it holds nothing then.
    template <auto kMethod, typename Owner>
    void Bind(Owner* owner) {
      owner_ = owner;
      crowded_out_ = [](void* o) { (static_cast<Owner*>(o)->*kMethod)(); };
    }

   private:
    friend class TokenRoom;
    friend class IntrusiveList<Place>;
    TokenRoom* room_ = nullptr;  // while it holds something
    void* owner_ = nullptr;
    void (*crowded_out_)(void*) = nullptr;
    size_t bytes_ = 0;
    size_t size_class_ = 0;
  };

  explicit TokenRoom(size_t bytes_max = limits::kGssUnfinishedBytes) : bytes_max_(bytes_max) {}

  // `place` holds `bytes` from now on. False where it is crowded out itself, and holds nothing.
  bool Hold(Place& place, size_t bytes);
  void Release(Place& place);
  size_t bytes() const { return bytes_; }

 private:
  // Up to 1 KB, 2 KB, and so on.
  static constexpr size_t kSizeClasses = 8;

  Place& Greediest();

  const size_t bytes_max_;
  size_t bytes_ = 0;
  std::array<IntrusiveList<Place>, kSizeClasses> holders_;  // each in the order in which it came
};

}  // namespace sluice

#endif  // SLUICE_RELAY_GSS_TOKEN_ROOM_H_
