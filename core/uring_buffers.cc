#include "core/uring_buffers.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cerrno>

#include "core/uring_refusal.h"
#include "glog/logging.h"

namespace sluice {
namespace {

// Address space that becomes memory page by page as it is touched; nullptr where there is none.
void* Reserve(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

}  // namespace

absl::Status UringBuffers::Open(io_uring& ring, int hot, int max, size_t bytes_each) {
  // A buffer's number is 16 bits in a completion, and a ring has at most 2^15 entries.
  CHECK(memory_ == nullptr && hot > 0 && max >= hot && hot <= 1 << 15 && max <= 1 << 16);
  hot_ = hot;
  max_ = max;
  bytes_each_ = bytes_each;
  lent_.resize(static_cast<size_t>(max_));
  spare_.reserve(static_cast<size_t>(max_));
  memory_ = static_cast<uint8_t*>(Reserve(static_cast<size_t>(max_) * bytes_each_));
  if (memory_ == nullptr) return RefuseRing(errno);

  ring_entries_count_ = std::bit_ceil(static_cast<unsigned>(hot_));
  const size_t ring_bytes = ring_entries_count_ * sizeof(io_uring_buf);
  ring_entries_ = static_cast<io_uring_buf_ring*>(Reserve(ring_bytes));
  if (ring_entries_ == nullptr) return RefuseRing(errno);
  // Linux pins these pages: a child must not make them copies.
  madvise(ring_entries_, ring_bytes, MADV_DONTFORK);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uintptr_t>(ring_entries_);
  registration.ring_entries = ring_entries_count_;
  registration.bgid = kGroup;
  const int error = io_uring_register_buf_ring(&ring, &registration, 0);
  if (error < 0) return RefuseRing(-error);
  io_uring_buf_ring_init(ring_entries_);
  Restock();
  return absl::OkStatus();
}

UringBuffers::~UringBuffers() {
  if (ring_entries_ != nullptr) munmap(ring_entries_, ring_entries_count_ * sizeof(io_uring_buf));
  if (memory_ != nullptr) munmap(memory_, static_cast<size_t>(max_) * bytes_each_);
}

int UringBuffers::free() const {
  return std::min(hot_, in_ring_ + static_cast<int>(spare_.size()) + (max_ - touched_));
}

void UringBuffers::Lend(int32_t buffer) {
  DCHECK(!lent_[static_cast<size_t>(buffer)]);
  lent_[static_cast<size_t>(buffer)] = true;
  --in_ring_;
}

void UringBuffers::Return(int32_t buffer) {
  CHECK(buffer >= 0 && buffer < max_ && lent_[static_cast<size_t>(buffer)])
      << "buffer " << buffer << " was returned though nobody held it";
  lent_[static_cast<size_t>(buffer)] = false;
  spare_.push_back(buffer);
}

void UringBuffers::Restock() {
  const int mask = io_uring_buf_ring_mask(ring_entries_count_);
  int added = 0;
  for (; in_ring_ < hot_; ++in_ring_) {
    const int32_t buffer = TakeSpare();
    if (buffer < 0) break;
    io_uring_buf_ring_add(ring_entries_, Bytes(buffer), static_cast<unsigned>(bytes_each_),
                          static_cast<uint16_t>(buffer), mask, added++);
  }
  if (added > 0) io_uring_buf_ring_advance(ring_entries_, added);
}

// -1 where all are lent.
int32_t UringBuffers::TakeSpare() {
  if (spare_.empty()) return touched_ < max_ ? touched_++ : -1;
  const int32_t buffer = spare_.back();
  spare_.pop_back();
  return buffer;
}

}  // namespace sluice
