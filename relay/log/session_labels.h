#ifndef SLUICE_RELAY_LOG_SESSION_LABELS_H_
#define SLUICE_RELAY_LOG_SESSION_LABELS_H_

// SessionLabels: the user a client is or claims to be, the name it asked for, and what was missing
// here, kept until the session's log line. Nearly all are short and stand in the session itself;
// long ones borrow a block of the shard's, so that an idle tunnel does not pay for the longest.

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/limits.h"
#include "core/slab.h"

namespace sluice {

struct LongLabels {
  std::array<char, limits::kNameBytesMax + limits::kUserIdBytesMax + limits::kInterfaceBytesMax>
      bytes;
};

class SessionLabels {
 public:
  // `blocks` has one per session, so one is free. Each is set once, in this order, if at all.
  void SetUser(std::string_view user, Slab<LongLabels>& blocks) {
    user_size_ = Append(user, blocks);
  }
  void SetName(std::string_view name, Slab<LongLabels>& blocks) {
    name_size_ = Append(name, blocks);
  }
  void SetMissing(std::string_view missing, Slab<LongLabels>& blocks) {
    missing_size_ = Append(missing, blocks);
  }
  void Clear(Slab<LongLabels>& blocks) {
    if (long_ != nullptr) blocks.Give(long_);
    long_ = nullptr;
    missing_size_ = name_size_ = user_size_ = 0;
  }

  std::string_view user() const { return {bytes(), user_size_}; }
  std::string_view name() const { return {bytes() + user_size_, name_size_}; }
  std::string_view missing() const { return {bytes() + user_size_ + name_size_, missing_size_}; }

 private:
  // Behind those that are set.
  uint8_t Append(std::string_view text, Slab<LongLabels>& blocks) {
    const size_t size = size_t{user_size_} + name_size_ + missing_size_;
    if (long_ == nullptr && size + text.size() > short_.size()) {
      long_ = blocks.Take();
      std::memcpy(long_->bytes.data(), short_.data(), size);
    }
    text.copy(bytes() + size, text.size());
    return static_cast<uint8_t>(text.size());
  }
  char* bytes() { return long_ != nullptr ? long_->bytes.data() : short_.data(); }
  const char* bytes() const { return long_ != nullptr ? long_->bytes.data() : short_.data(); }

  LongLabels* long_ = nullptr;
  uint8_t missing_size_ = 0;
  uint8_t name_size_ = 0;
  uint8_t user_size_ = 0;
  std::array<char, 61> short_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_LOG_SESSION_LABELS_H_
