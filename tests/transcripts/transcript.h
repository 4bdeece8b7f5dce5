#ifndef SLUICE_TESTS_TRANSCRIPTS_TRANSCRIPT_H_
#define SLUICE_TESTS_TRANSCRIPTS_TRANSCRIPT_H_

// Transcript: one behaviour of the gateway in the protocol's own language, read from a text file.
// README.md of this folder describes the format and what a player must do with it. A value; it
// knows no address: a player places the targets and gives a Stage. Any thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/address.h"
#include "proto/socks5.h"
#include "tests/transcripts/transcript_bytes.h"

namespace sluice {

enum class TargetBehaviour : uint8_t {
  kEchoes,              // says what it hears; FIN after the FIN it hears
  kSinks,               // says nothing; FIN after the FIN it hears
  kGreets,              // says `says` at once, then like kSinks
  kGreetsAndCloses,     // says `says` and FIN at once; goes on listening
  kAnswersFin,          // hears everything up to the FIN, then says `says` and FIN
  kResetsAfter,         // RST after the first `bytes` bytes it hears
  kRefuses,             // nothing listens: ECONNREFUSED
  kNetworkUnreachable,  // ENETUNREACH
  kHostUnreachable,     // EHOSTUNREACH
  kEchoesAndIntrudes,   // echoes; datagrams first from another port, then from its own
  kNeverAnswers,        // a connection to it is neither made nor refused
  kAnswersIdent,        // port 113 of the client's host: says `says` to the first line it hears
};

struct TranscriptTarget {
  std::string name;
  TargetBehaviour behaviour = TargetBehaviour::kEchoes;
  TranscriptBytes says;
  size_t bytes = 0;
};

struct TranscriptStep {
  enum class Kind : uint8_t {
    kClientSends,
    kClientFin,
    kClientReset,
    kServerSends,
    kServerFin,            // the client has read everything and then the end of the stream
    kServerReset,          // the client has read everything and then ECONNRESET
    kOpen,                 // nothing more comes, and the connection is not closed
    kClientDatagram,       // to where the last reply said
    kOtherDatagram,        // there too, from another port of the client's host
    kClientDatagramAgain,  // again and again, until the client has heard one
    kServerDatagram,       // the next one that the client hears
    kPeerConnects,         // target `peer` connects to where the first success reply says
    kPeerRefused,          // it tries, and is refused
  };
  Kind kind = Kind::kOpen;
  TranscriptBytes bytes;
  std::string peer;
  int line = 0;
};

// Somebody who may authenticate with user name and password.
struct TranscriptUser {
  std::string name;
  std::string password;
};

// What a target must have seen when everything is over.
struct TranscriptAftermath {
  enum class End : uint8_t { kAny, kFin, kReset };
  std::string target;
  bool untouched = false;                  // no connection reached it; else:
  TranscriptBytes received;                // all it heard, on its one connection
  End end = End::kAny;                     // and how the gateway ended its side of it
  bool of_datagrams = false;               // instead of all that:
  std::vector<TranscriptBytes> datagrams;  // the ones it heard, in their order
  int line = 0;
};

struct Transcript {
  std::string file;   // without folder and ending
  std::string title;  // a sentence
  std::vector<int> covers;
  std::vector<std::string> rows;
  bool on_handshake = true;  // can be played on the handshake alone
  bool on_daemon = true;     // can be played on the real daemon
  bool paced = false;        // the client's steps wait for the answers before them
  bool socks4 = false;
  std::vector<uint8_t> methods = {kMethodNone};  // METHODs of SOCKS5, the preferred one first
  std::vector<TranscriptUser> users;
  std::string policy;  // sluice.toml without [socks]; empty: everything is allowed
  std::vector<TranscriptTarget> targets;
  // Names beside `<target>.test`, each with addresses in text such as `{echo.addr4}`.
  std::vector<std::pair<std::string, std::vector<std::string>>> names;
  std::vector<TranscriptStep> steps;  // the last one says how it ends
  std::vector<TranscriptAftermath> aftermath;

  const TranscriptTarget* FindTarget(std::string_view name) const;
};

// `file` is only a name for messages. Errors are of the form `FILE:LINE: …`.
absl::StatusOr<Transcript> ParseTranscript(std::string_view file, std::string_view text);

// Every *.transcript of a folder, by name. A folder without one is an error.
absl::StatusOr<std::vector<Transcript>> ReadTranscripts(const std::string& folder);

// --- What a player derives from a transcript once the targets have places.

// Two names that are on the stage without being targets, once the client has connected: its own
// side of the connection and the gateway's. Only what a target says or has received may use them.
inline constexpr char kClientOnStage[] = "client";
inline constexpr char kServiceOnStage[] = "service";
inline constexpr uint16_t kIdentPort = 113;

// BND.ADDR and BND.PORT where that is a successful reply, whose version its first byte tells. The
// first one of a transcript is where its peers connect to.
std::optional<Endpoint> ListeningAt(std::string_view reply);

// Names to addresses, in the order in which a resolver gives them. A name that is not among them
// does not exist.
std::vector<std::pair<std::string, std::vector<Address>>> NamesOn(const Transcript& transcript,
                                                                  const Stage& stage);

// The word for a METHOD, in a transcript and in sluice.toml; empty for one that has none.
std::string_view NameOfMethod(uint8_t method);

// `[auth]` with the methods, where they are others than none, and a `[[user]]` for each user.
std::string AuthConfigOf(const Transcript& transcript);

// A whole sluice.toml.
std::string ConfigOn(const Transcript& transcript, const Stage& stage,
                     const std::vector<Address>& listen, uint16_t port);

// BND.ADDR and BND.PORT of the reply of SOCKS5 that `heard` ends with.
Endpoint BoundIn(std::string_view heard);

// Everything the server says, in one piece.
WirePattern ServerStreamOn(const Transcript& transcript, const Stage& stage);

}  // namespace sluice

#endif  // SLUICE_TESTS_TRANSCRIPTS_TRANSCRIPT_H_
