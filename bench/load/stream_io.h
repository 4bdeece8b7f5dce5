#ifndef SLUICE_BENCH_LOAD_STREAM_IO_H_
#define SLUICE_BENCH_LOAD_STREAM_IO_H_

// The two cheapest ends of a bulk stream: bytes that the kernel sends out of a file in memory
// (sendfile, nothing is copied in), and bytes that it drops unseen (MSG_TRUNC, nothing is copied
// out). What is left of the cost is TCP's, and the relay's.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace sluice::load {

// Bytes for any number of streams. One thread.
class ByteSource {
 public:
  ByteSource();
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  // Sends at most `bytes_max` bytes, as send(2) does: how many, or -1 with errno.
  ssize_t Send(int fd, uint64_t bytes_max);

 private:
  int file_;
};

// Receives and drops at most `bytes_max` bytes, as recv(2) does.
ssize_t Discard(int fd, uint64_t bytes_max);

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_STREAM_IO_H_
