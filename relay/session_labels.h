#ifndef SLUICE_RELAY_SESSION_LABELS_H_
#define SLUICE_RELAY_SESSION_LABELS_H_

// SessionLabels: the name a client asked for and the user it claims to be, kept until the session's log line. Nearly all are short
// and stand in the session itself; long ones borrow a block of the shard's, so that an idle tunnel does not pay for the longest.

#include <array>
#include <cstdint>
#include <string_view>

#include "core/limits.h"
#include "core/slab.h"

namespace sluice {

struct LongLabels {
  std::array<char, limits::kNameBytesMax + limits::kUserIdBytesMax> bytes;
};

class SessionLabels {
 public:
  // `blocks` has one per session, so one is free. Set once.
  void Set(std::string_view name, std::string_view user, Slab<LongLabels>& blocks) {
    name_size_ = static_cast<uint8_t>(name.size());
    user_size_ = static_cast<uint8_t>(user.size());
    if (name.size() + user.size() > short_.size()) long_ = blocks.Take();
    char* bytes = long_ != nullptr ? long_->bytes.data() : short_.data();
    name.copy(bytes, name.size());
    user.copy(bytes + name.size(), user.size());
  }
  void Clear(Slab<LongLabels>& blocks) {
    if (long_ != nullptr) blocks.Give(long_);
    long_ = nullptr;
    name_size_ = user_size_ = 0;
  }

  std::string_view name() const { return {bytes(), name_size_}; }
  std::string_view user() const { return {bytes() + name_size_, user_size_}; }

 private:
  const char* bytes() const { return long_ != nullptr ? long_->bytes.data() : short_.data(); }

  LongLabels* long_ = nullptr;
  uint8_t name_size_ = 0;
  uint8_t user_size_ = 0;
  std::array<char, 62> short_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_SESSION_LABELS_H_
