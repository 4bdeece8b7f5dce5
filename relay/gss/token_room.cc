#include "relay/gss/token_room.h"

namespace sluice {

bool TokenRoom::Hold(Place& place, size_t bytes) {
  size_t size_class = 0;
  while (size_class + 1 < kSizeClasses && (size_t{1024} << size_class) < bytes) ++size_class;
  if (place.room_ == nullptr || place.size_class_ != size_class) {
    static_cast<ListNode&>(place).Unlink();
    holders_[size_class].PushBack(place);
  }
  bytes_ += bytes - place.bytes_;
  place.room_ = this;
  place.bytes_ = bytes;
  place.size_class_ = size_class;
  while (bytes_ > bytes_max_) {
    Place& greediest = Greediest();
    Release(greediest);
    if (&greediest == &place) return false;
    greediest.crowded_out_(greediest.owner_);
  }
  return true;
}

void TokenRoom::Release(Place& place) {
  if (place.room_ == nullptr) return;
  static_cast<ListNode&>(place).Unlink();
  bytes_ -= place.bytes_;
  place.bytes_ = 0;
  place.room_ = nullptr;
}

TokenRoom::Place& TokenRoom::Greediest() {
  size_t size_class = kSizeClasses - 1;
  while (holders_[size_class].empty()) --size_class;
  return holders_[size_class].front();
}

}  // namespace sluice
