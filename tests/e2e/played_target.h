#ifndef SLUICE_TESTS_E2E_PLAYED_TARGET_H_
#define SLUICE_TESTS_E2E_PLAYED_TARGET_H_

// PlayedTarget: an application server that behaves as a transcript says, on real sockets, each on a
// thread of its own.

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/datagram_socket.h"
#include "tests/e2e/stream.h"
#include "tests/transcripts/transcript.h"

namespace sluice {

class PlayedTarget {
 public:
  // `index` tells targets of one transcript apart, from 1 on.
  PlayedTarget(const TranscriptTarget& target, int index);
  // Waits until its connections have ended.
  ~PlayedTarget();
  PlayedTarget(const PlayedTarget&) = delete;
  PlayedTarget& operator=(const PlayedTarget&) = delete;

  const Placement& placement() const { return placement_; }
  // Where everybody is, for what it says. Before the first connection.
  void SetStage(const Stage& stage);
  // Connects, and behaves on that connection as on one that came. False where it is refused.
  bool Connect(const Endpoint& to);

  // Stops listening and waits for its connection to end. The rest is known only then.
  void Finish();
  int connections() const { return connections_; }
  const std::string& heard() const { return heard_; }  // on its last connection
  Stream::End end() const { return end_; }
  const std::vector<std::string>& datagrams() const { return heard_datagrams_; }

 private:
  bool Listens() const;
  void Run();
  void Serve(Stream& stream);
  void ServeDatagrams(size_t family);
  void Echo(Stream& stream);

  const TranscriptTarget& target_;
  Placement placement_;
  int listeners_[2] = {-1, -1};
  std::unique_ptr<DatagramSocket> datagrams_[2];  // by family, where it listens
  std::vector<std::string> heard_datagrams_;
  int stop_[2] = {-1, -1};  // a pipe; closing its write end stops the thread's listening
  std::thread thread_;
  std::thread caller_;  // on the connection that it has made itself
  std::mutex stage_mutex_;
  Stage stage_;
  int connections_ = 0;
  std::string heard_;
  Stream::End end_ = Stream::End::kNone;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_E2E_PLAYED_TARGET_H_
