#ifndef SLUICE_RELAY_LOG_SESSION_LABELS_H_
#define SLUICE_RELAY_LOG_SESSION_LABELS_H_

// SessionLabels: the user a client is or claims to be and the name it asked for, kept until the
// session's log line. Nearly all are short and stand in the session itself; long ones borrow a
// block of the shard's, so that an idle tunnel does not pay for the longest.

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/limits.h"
#include "core/slab.h"

namespace sluice {

struct LongLabels {
  std::array<char, limits::kNameBytesMax + limits::kUserIdBytesMax> bytes;
};

class SessionLabels {
 public:
  // `blocks` has one per session, so one is free. Each is set once; the user, if any, before the
  // name.
  void SetUser(std::string_view user, Slab<LongLabels>& blocks) {
    if (user.size() > short_.size()) long_ = blocks.Take();
    user.copy(bytes(), user.size());
    user_size_ = static_cast<uint8_t>(user.size());
  }
  void SetName(std::string_view name, Slab<LongLabels>& blocks) {
    if (long_ == nullptr && user_size_ + name.size() > short_.size()) {
      long_ = blocks.Take();
      std::memcpy(long_->bytes.data(), short_.data(), user_size_);
    }
    name.copy(bytes() + user_size_, name.size());
    name_size_ = static_cast<uint8_t>(name.size());
  }
  void Clear(Slab<LongLabels>& blocks) {
    if (long_ != nullptr) blocks.Give(long_);
    long_ = nullptr;
    name_size_ = user_size_ = 0;
  }

  std::string_view user() const { return {bytes(), user_size_}; }
  std::string_view name() const { return {bytes() + user_size_, name_size_}; }

 private:
  char* bytes() { return long_ != nullptr ? long_->bytes.data() : short_.data(); }
  const char* bytes() const { return long_ != nullptr ? long_->bytes.data() : short_.data(); }

  LongLabels* long_ = nullptr;
  uint8_t name_size_ = 0;
  uint8_t user_size_ = 0;
  std::array<char, 62> short_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_LOG_SESSION_LABELS_H_
