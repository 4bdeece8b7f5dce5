#ifndef SLUICE_CORE_INTERFACE_NAME_H_
#define SLUICE_CORE_INTERFACE_NAME_H_

// The name of a network interface by value. Any thread; no allocation.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "core/limits.h"

namespace sluice {

class InterfaceName {
 public:
  // Of none.
  InterfaceName() = default;
  // What is too long for one is cut.
  explicit InterfaceName(std::string_view name)
      : size_(static_cast<uint8_t>(std::min(name.size(), limits::kInterfaceBytesMax))) {
    std::copy_n(name.begin(), size_, bytes_.begin());
  }

  std::string_view view() const { return {bytes_.data(), size_}; }
  bool empty() const { return size_ == 0; }

 private:
  uint8_t size_ = 0;
  std::array<char, limits::kInterfaceBytesMax> bytes_{};
};

}  // namespace sluice

#endif  // SLUICE_CORE_INTERFACE_NAME_H_
