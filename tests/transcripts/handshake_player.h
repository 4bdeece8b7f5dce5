#ifndef SLUICE_TESTS_TRANSCRIPTS_HANDSHAKE_PLAYER_H_
#define SLUICE_TESTS_TRANSCRIPTS_HANDSHAKE_PLAYER_H_

// HandshakePlayer: one client of a transcript against a bare Handshake. It stands for everything
// behind the handshake: names, the targets (those that need no relay) and the tunnel, all of which
// answer at once. The policy is not asked. One thread; lives shorter than its Transcript.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "proto/handshake.h"
#include "tests/transcripts/transcript.h"

namespace sluice {

// Places for the targets of `transcript`: 192.0.2.x and 2001:db8::x, each with a port of its own.
Stage StageFor(const Transcript& transcript);

class HandshakePlayer {
 public:
  HandshakePlayer(const Transcript& transcript, const Stage& stage);

  // The client writes one piece, or ends its side.
  void Send(std::string_view piece);
  void SendFin();

  const std::string& said() const { return said_; }  // to the client, until now
  bool closed() const { return closed_; }
  // What does not fit the transcript's aftermath; empty where everything does.
  std::string JudgeAftermath() const;

 private:
  void Advance(std::string_view* piece);
  void OnCredentials();
  void OnRequest();
  bool Connect(const Endpoint& endpoint, Rep* rep);
  void OnTunnelBytes(std::string_view bytes);
  void TakeOutput();
  std::string SaysOf(const TranscriptTarget& target) const;

  const Transcript& transcript_;
  const Stage& stage_;
  Handshake handshake_;
  const TranscriptTarget* target_ = nullptr;  // at the other end of the tunnel
  std::string heard_;                         // by it
  std::string said_;
  bool fin_heard_ = false;
  bool closed_ = false;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_TRANSCRIPTS_HANDSHAKE_PLAYER_H_
