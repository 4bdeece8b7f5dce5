// Allocating and freeing give way (core/give_way.h), in the whole daemon: reading a policy and
// freeing one is little else, the greater part of it in a library's parser and in destructors,
// where nothing else could be called. Shards allocate where a session begins, not per message, and
// pay a look at a variable of their thread for it.
//
// Replaces the functions of [new.delete] as that section asks for, except those for more than the
// usual alignment, which call none of these.

#include <cstdlib>
#include <new>

#include "core/give_way.h"

namespace {

void* Allocate(std::size_t size) noexcept {
  sluice::GiveWay();
  if (size == 0) size = 1;  // each object has an address of its own
  while (true) {
    if (void* memory = std::malloc(size); memory != nullptr) return memory;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) return nullptr;
    handler();
  }
}

void* AllocateOrThrow(std::size_t size) {
  void* memory = Allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void Free(void* memory) noexcept {
  sluice::GiveWay();
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) { return AllocateOrThrow(size); }
void* operator new[](std::size_t size) { return AllocateOrThrow(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }

void operator delete(void* memory) noexcept { Free(memory); }
void operator delete[](void* memory) noexcept { Free(memory); }
void operator delete(void* memory, std::size_t) noexcept { Free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { Free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { Free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { Free(memory); }
