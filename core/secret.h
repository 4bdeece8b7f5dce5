#ifndef SLUICE_CORE_SECRET_H_
#define SLUICE_CORE_SECRET_H_

// Secret: bytes that nobody may print: a password, its hash, a token. It has no operator<< and no
// AbslStringify, compares in a time that depends only on the lengths, and is wiped when it ends,
// is moved from or is assigned to. Its bytes live on the heap, so that a printed object shows a
// pointer and never them. For paths that may not allocate: a plain array and Wipe (core/wipe.h).
// Values only, any thread.

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string_view>
#include <utility>

#include "core/wipe.h"

namespace sluice {

// Whether both are the same bytes, in a time that depends only on the two lengths.
inline bool EqualInConstantTime(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |=
        static_cast<unsigned char>(a[i]) ^ static_cast<unsigned>(static_cast<unsigned char>(b[i]));
    // Else the compiler may leave as soon as it knows the answer.
    asm volatile("" : "+r"(difference));
  }
  return difference == 0;
}

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view bytes)
      : bytes_(bytes.empty() ? nullptr : new char[bytes.size()]), size_(bytes.size()) {
    for (size_t i = 0; i < size_; ++i) bytes_[i] = bytes[i];
  }
  Secret(const Secret& other) : Secret(other.Reveal()) {}
  Secret(Secret&& other) noexcept
      : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
  // By value: what was held goes into `other` and is wiped with it.
  Secret& operator=(Secret other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Secret() {
    if (bytes_ != nullptr) Wipe(bytes_.get(), size_);
  }

  bool empty() const { return size_ == 0; }
  // The bytes, for who checks them. Not for logs, errors or copies that outlive the check.
  std::string_view Reveal() const { return {bytes_.get(), size_}; }

  friend bool operator==(const Secret& a, const Secret& b) {
    return EqualInConstantTime(a.Reveal(), b.Reveal());
  }
  friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;

 private:
  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_CORE_SECRET_H_
