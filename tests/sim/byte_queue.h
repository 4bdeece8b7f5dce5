#ifndef SLUICE_TESTS_SIM_BYTE_QUEUE_H_
#define SLUICE_TESTS_SIM_BYTE_QUEUE_H_

// ByteQueue: bytes in order, put in at one end and taken out at the other, contiguous in memory.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice {

class ByteQueue {
 public:
  bool empty() const { return head_ == bytes_.size(); }
  size_t size() const { return bytes_.size() - head_; }
  const uint8_t* data() const { return bytes_.data() + head_; }

  void Append(const uint8_t* from, size_t count) {
    bytes_.insert(bytes_.end(), from, from + count);
  }
  void Consume(size_t count) {
    head_ += count;
    if (head_ == bytes_.size()) {
      bytes_.clear();
      head_ = 0;
    } else if (head_ > 65536 && head_ > bytes_.size() / 2) {
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(head_));
      head_ = 0;
    }
  }
  void Clear() {
    std::vector<uint8_t>().swap(bytes_);
    head_ = 0;
  }

 private:
  std::vector<uint8_t> bytes_;
  size_t head_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_BYTE_QUEUE_H_
