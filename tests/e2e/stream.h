#ifndef SLUICE_TESTS_E2E_STREAM_H_
#define SLUICE_TESTS_E2E_STREAM_H_

// Stream: one TCP connection as a test uses it: writes while it reads, waits at most a deadline,
// and tells FIN from RST. One thread.

#include <cstddef>
#include <string>
#include <string_view>

#include "core/address.h"

namespace sluice {

class Stream {
 public:
  enum class End { kNone, kFin, kReset };

  // Takes the descriptor.
  explicit Stream(int fd);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Descriptor, or -1 where it is refused.
  static int ConnectTo(const Endpoint& to);
  static int ConnectFrom(const Address& from, const Endpoint& to);
  // Its own side of the connection.
  Endpoint local() const;

  // False at the deadline or after the connection ended.
  bool Write(std::string_view bytes);
  // Reads until `size` bytes are there, or the end; false at the deadline.
  bool ReadAtLeast(size_t size);
  // Reads until the end; false at the deadline.
  bool ReadToEnd();
  // Whether something has come that was not asked for.
  bool HasMore();

  void ShutDownWrite();
  void Reset();

  // Read and not yet dropped.
  std::string& heard() { return heard_; }
  End end() const { return end_; }

 private:
  bool Await(short events);
  bool ReadOnce();

  int fd_;
  std::string heard_;
  End end_ = End::kNone;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_E2E_STREAM_H_
