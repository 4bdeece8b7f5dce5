#ifndef SLUICE_CORE_SLAB_H_
#define SLUICE_CORE_SLAB_H_

// Slab: room for a fixed number of objects of one type, given out and taken back without
// allocating.
//
// It reserves address space for all of them at once and touches a slot's memory only when it is
// first taken, so a large capacity costs nothing until it is used. The slot given back last is
// taken first, because it is the warmest. A Handle names an object for those who do not own it,
// such as an operator's list of sessions: it notices that the object is gone, even where the slot
// is in use again. One thread. Take returns nullptr when all are taken; giving back what was not
// taken is our own bug and CHECKed. Where there is no address space the constructor throws
// std::bad_alloc.

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "glog/logging.h"

namespace sluice {

template <typename T>
class Slab {
 public:
  // The default names nothing.
  struct Handle {
    uint32_t index = 0;
    uint32_t generation = 0;
    friend bool operator==(const Handle&, const Handle&) = default;
  };

  explicit Slab(size_t capacity) : capacity_(capacity) {
    CHECK_LE(capacity, size_t{UINT32_MAX});
    if (capacity == 0) return;
    void* memory = mmap(nullptr, bytes(), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();  // as an allocation of any other kind does
    slots_ = static_cast<Slot*>(memory);
  }
  ~Slab() {
    CHECK_EQ(in_use_, 0u) << "a slab was destroyed with objects in it";
    if (slots_ != nullptr) munmap(slots_, bytes());
  }
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;

  template <typename... Arguments>
  T* Take(Arguments&&... arguments) {
    Slot* slot = free_;
    if (slot != nullptr) {
      free_ = slot->next_free;
    } else if (touched_ < capacity_) {
      slot = &slots_[touched_++];
    } else {
      return nullptr;
    }
    ++in_use_;
    ++slot->generation;
    return new (&slot->object) T(std::forward<Arguments>(arguments)...);
  }

  void Give(T* object) {
    Slot* slot = SlotOf(object);
    object->~T();
    ++slot->generation;
    slot->next_free = free_;
    free_ = slot;
    --in_use_;
  }

  Handle HandleOf(const T* object) const {
    const Slot* slot = SlotOf(object);
    return Handle{static_cast<uint32_t>(slot - slots_), slot->generation};
  }
  // nullptr where the object has been given back. A handle kept over 2^31 uses of one slot would be
  // fooled.
  T* Find(const Handle& handle) const {
    if (handle.index >= touched_) return nullptr;
    Slot& slot = slots_[handle.index];
    return slot.taken() && slot.generation == handle.generation ? &slot.object : nullptr;
  }

  // The object whose handle has this index, by who knows that it has not been given back.
  T& At(uint32_t index) const {
    CHECK(index < touched_ && slots_[index].taken()) << "no object of this slab has this index";
    return slots_[index].object;
  }

  // Calls visit(handle, object) for those in the next `slots` slots from `index` on, in use or not,
  // until it says false. Where to go on from; `touched` and beyond: there are no more.
  template <typename Visit>
  uint32_t Walk(uint32_t index, uint32_t slots, Visit visit) const {
    if (index >= touched_) return static_cast<uint32_t>(touched_);
    const auto end = static_cast<uint32_t>(std::min(touched_, size_t{index} + slots));
    for (; index < end; ++index) {
      Slot& slot = slots_[index];
      if (slot.taken() && !visit(Handle{index, slot.generation}, slot.object)) return index + 1;
    }
    return index;
  }
  size_t touched() const { return touched_; }

  // Of address space.
  static constexpr size_t BytesOf(size_t capacity) { return capacity * sizeof(Slot); }

  size_t in_use() const { return in_use_; }
  size_t capacity() const { return capacity_; }

 private:
  struct Slot {
    bool taken() const { return generation % 2 == 1; }

    union {
      Slot* next_free;
      T object;
    };
    uint32_t generation;  // counts takes and gives from 0, which is what untouched memory reads as
  };

  size_t bytes() const { return BytesOf(capacity_); }

  Slot* SlotOf(const T* object) const {
    const auto offset = reinterpret_cast<uintptr_t>(object) - reinterpret_cast<uintptr_t>(slots_);
    CHECK(offset % sizeof(Slot) == 0 && offset / sizeof(Slot) < touched_ &&
          slots_[offset / sizeof(Slot)].taken())
        << "not an object of this slab, or one that was given back";
    return &slots_[offset / sizeof(Slot)];
  }

  const size_t capacity_;
  Slot* slots_ = nullptr;
  Slot* free_ = nullptr;
  size_t touched_ = 0;  // slots below it have been used at least once
  size_t in_use_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_CORE_SLAB_H_
