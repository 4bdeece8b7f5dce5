#ifndef SLUICE_TOOLS_ADMIN_HTTP_SLOTS_H_
#define SLUICE_TOOLS_ADMIN_HTTP_SLOTS_H_

// Slots: places of a bounded number, each held for as long as its object lives. One thread.

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace sluice {

class Slot {
 public:
  static std::optional<Slot> Take(int* taken, int most) {
    if (*taken >= most) return std::nullopt;
    return Slot(taken);
  }
  Slot(Slot&& other) noexcept : taken_(std::exchange(other.taken_, nullptr)) {}
  Slot& operator=(Slot&& other) noexcept {
    std::swap(taken_, other.taken_);
    return *this;
  }
  ~Slot() {
    if (taken_ != nullptr) --*taken_;
  }

 private:
  explicit Slot(int* taken) : taken_(taken) { ++*taken_; }
  int* taken_;
};

// Of one source among many, of which only those that hold some are remembered.
class SourceSlot {
 public:
  using Taken = std::map<uint64_t, int>;  // by source

  static std::optional<SourceSlot> Take(Taken* taken, uint64_t source, int most) {
    const auto found = taken->find(source);
    if (found != taken->end() && found->second >= most) return std::nullopt;
    return SourceSlot(taken, source);
  }
  SourceSlot(SourceSlot&& other) noexcept
      : taken_(std::exchange(other.taken_, nullptr)), source_(other.source_) {}
  SourceSlot& operator=(SourceSlot&& other) noexcept {
    std::swap(taken_, other.taken_);
    std::swap(source_, other.source_);
    return *this;
  }
  ~SourceSlot() {
    if (taken_ == nullptr) return;
    const auto mine = taken_->find(source_);
    if (--mine->second == 0) taken_->erase(mine);
  }

 private:
  SourceSlot(Taken* taken, uint64_t source) : taken_(taken), source_(source) { ++(*taken)[source]; }
  Taken* taken_;
  uint64_t source_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_HTTP_SLOTS_H_
