#include "tests/sim/sim_buffers.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr int kPaint = 0xDB;

}  // namespace

SimBuffers::SimBuffers(SimJudge& judge, size_t bytes_each, int count, int hot)
    : judge_(judge),
      bytes_each_(bytes_each),
      count_(count),
      hot_(hot),
      memory_(new uint8_t[bytes_each * static_cast<size_t>(count)]),
      is_taken_(static_cast<size_t>(count)),
      is_painted_(static_cast<size_t>(count)) {
  for (int32_t buffer = count - 1; buffer >= 0; --buffer) free_.push_back(buffer);
}

void SimBuffers::Restock() {
  free_.insert(free_.end(), returned_.begin(), returned_.end());
  returned_.clear();
  hot_left_ = std::min(hot_, static_cast<int>(free_.size()));
}

int32_t SimBuffers::Take() {
  if (hot_left_ == 0) return -1;
  --hot_left_;
  const int32_t buffer = free_.back();
  free_.pop_back();
  const auto place = static_cast<size_t>(buffer);
  if (is_painted_[place]) {
    const uint8_t* bytes = At(buffer);
    const uint8_t* end = bytes + bytes_each_;
    if (bytes[0] != kPaint || !std::equal(bytes, end - 1, bytes + 1)) {
      judge_.Accuse(absl::StrCat("buffer ", buffer, " was written after it was returned"));
    }
  }
  is_taken_[place] = true;
  return buffer;
}

void SimBuffers::Untake(int32_t buffer) {
  is_taken_[static_cast<size_t>(buffer)] = false;
  is_painted_[static_cast<size_t>(buffer)] = false;
  free_.push_back(buffer);
  ++hot_left_;
}

bool SimBuffers::IsTaken(int32_t buffer) const {
  return buffer >= 0 && buffer < count_ && is_taken_[static_cast<size_t>(buffer)];
}

void SimBuffers::Return(int32_t buffer) {
  if (!IsTaken(buffer)) {
    judge_.Accuse(absl::StrCat("buffer ", buffer, " was returned although it was not held"));
    return;
  }
  is_taken_[static_cast<size_t>(buffer)] = false;
  is_painted_[static_cast<size_t>(buffer)] = true;
  std::memset(At(buffer), kPaint, bytes_each_);
  returned_.push_back(buffer);
}

uint8_t* SimBuffers::Bytes(int32_t buffer) {
  if (!IsTaken(buffer)) {
    judge_.Accuse(absl::StrCat("buffer ", buffer, " is used although it is not held"));
    buffer = 0;
  }
  return At(buffer);
}

}  // namespace sluice
