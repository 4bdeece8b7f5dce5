#include "bench/load/stream_io.h"

#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "glog/logging.h"

namespace sluice::load {
namespace {

// Small enough to stay in the cache, large enough that one call fills a socket.
constexpr size_t kFileBytes = 1 << 20;
constexpr uint64_t kDiscardBytes = 64 << 20;

}  // namespace

ByteSource::ByteSource() : file_(memfd_create("sluice-load", MFD_CLOEXEC)) {
  PCHECK(file_ >= 0) << "memfd_create";
  std::string bytes(kFileBytes, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 >> 3);
  PCHECK(write(file_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()))
      << "write to memory";
}

ByteSource::~ByteSource() { close(file_); }

ssize_t ByteSource::Send(int fd, uint64_t bytes_max) {
  off_t offset = 0;
  return sendfile(fd, file_, &offset,
                  static_cast<size_t>(std::min<uint64_t>(bytes_max, kFileBytes)));
}

ssize_t Discard(int fd, uint64_t bytes_max) {
  return recv(fd, nullptr, static_cast<size_t>(std::min(bytes_max, kDiscardBytes)),
              MSG_TRUNC | MSG_DONTWAIT);
}

}  // namespace sluice::load
