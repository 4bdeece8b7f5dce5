#ifndef SLUICE_TOOLS_ADMIN_BOUNDS_H_
#define SLUICE_TOOLS_ADMIN_BOUNDS_H_

// Every bound of the administrator's door, with its reason (its store's: store/bounds.h). Together
// they hold its memory below 128 MB whoever comes, and below 2 MB where nobody sends a
// configuration.

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace sluice::admin_bounds {

// --- Connections

// On the unix socket, which keeps these for itself: it is the way back in. A descriptor and 20 KB
// each, and descriptors are kept free for them (limits::kDescriptorsReserved).
inline constexpr int kConnectionsMax = 64;
// By TCP: a browser has seven for a console. 60 KB each where TLS is spoken.
inline constexpr int kTcpConnectionsMax = 128;
// Of these one source (an IPv4 address, an IPv6 /64), which is all browsers behind one NAT.
inline constexpr int kSourceConnectionsMax = 96;
// Of --admin_listen; each has a listener.
inline constexpr size_t kTcpPlacesMax = 16;
// What Linux keeps of an answer that its reader does not take.
inline constexpr int kSendBuffer = 128 * 1024;
// How long accepting rests where the process has no descriptor left.
inline constexpr absl::Duration kAcceptPause = absl::Milliseconds(200);
inline constexpr int kBacklog = 128;

// --- Requests

// curl sends some hundred bytes, a browser two thousand; the longest filter is 4 KB.
inline constexpr uint32_t kHeaderBytesMax = 16 * 1024;
// Of a body of JSON.
inline constexpr size_t kBodyBytesMax = 64 * 1024;
// Of one entry of a configuration: a set of 30,000 addresses.
inline constexpr size_t kEntryBodyBytesMax = 1u << 20;
// Of a configuration. Larger ones are checked by `sluiced --check`, where nobody waits for others.
inline constexpr size_t kConfigBodyBytesMax = 16u << 20;
// Bodies above kBodyBytesMax at a time: more are answered 503.
inline constexpr int kLargeBodiesMax = 4;
// Keys and values of a query, and of a JSON body's nesting.
inline constexpr size_t kQueryPairsMax = 16;
inline constexpr int kJsonDepthMax = 8;

// --- Time, for whom the client makes wait

inline constexpr absl::Duration kHeaderTime = absl::Seconds(10);
inline constexpr absl::Duration kBodyTime = absl::Seconds(30);
inline constexpr absl::Duration kIdleTime = absl::Seconds(60);  // between two requests
// To take an answer: this long, and in addition what it takes at kSlowestReader.
inline constexpr absl::Duration kAnswerTime = absl::Seconds(30);
inline constexpr int64_t kSlowestReader = 64 * 1024;  // bytes per second

// --- Answers

// Sessions of a page, if nobody says how many, and at most: some 300 KB.
inline constexpr size_t kPage = 100;
inline constexpr size_t kPageMax = 1000;
// Rows of a table: some 60 MB. Whoever has more sessions goes on from the header Sluice-Next.
inline constexpr size_t kCsvRowsMax = 250'000;
// Requests of strangers that the audit takes a minute: enough to see that somebody knocks.
inline constexpr int kStrangersAudited = 30;
// Requests of the log that one look goes through: a quarter of a second. A page says where to go
// on.
inline constexpr size_t kLogScanMax = 200'000;
// The same of a table or a report, which has them as a whole: some seconds.
inline constexpr size_t kReportScanMax = 3'000'000;
// Different names of a report; what comes beyond is "other".
inline constexpr size_t kReportNamesMax = 100'000;
inline constexpr size_t kReportRows = 20;
// Columns of a picture over time, at most.
inline constexpr int64_t kTimeBuckets = 100;
// Of a reason, which stands in the gateway's log.
inline constexpr size_t kReasonBytesMax = 200;

// Of why a change is made: revisions and the log keep it.
inline constexpr size_t kMessageBytesMax = 500;
// How long a change waits for its confirmation: long enough to connect again, and not so long that
// nobody remembers it.
inline constexpr absl::Duration kConfirmLeast = absl::Seconds(1);
inline constexpr absl::Duration kConfirmMost = absl::Hours(24);
// Sessions and requests that an impact lists.
inline constexpr size_t kImpactListed = 100;
// Requests of the log that it asks about: some seconds.
inline constexpr size_t kImpactRequestsMost = 1'000'000;

// --- Handlers

// Requests of one door (the unix socket, or all of TCP) that wait for a thread of handlers: as many
// as it does in a second at worst. More are answered 503.
inline constexpr int kWaitingMax = 32;
// Sign-ins that wait. Each may take a tenth of a second, and strangers may ask for it.
inline constexpr int kSignInsWaitingMax = 4;
// How long a client waits for an answer at most; a reload of the largest policy takes a minute.
inline constexpr absl::Duration kHandlerTime = absl::Minutes(5);

// --- Who has come in

// To use a link, once.
inline constexpr absl::Duration kLinkTime = absl::Minutes(5);
inline constexpr size_t kLinksMax = 64;
// Of a browser that nobody uses, and of one that somebody does.
inline constexpr absl::Duration kSignInIdle = absl::Minutes(15);
inline constexpr absl::Duration kSignInTime = absl::Hours(12);
inline constexpr size_t kSignInsMax = 1024;

// --- Events

inline constexpr int kStreamsMax = 64;
// Of a stream, for a reader that is slower than what it reads: half a minute of all topics.
inline constexpr size_t kStreamBytesMax = 256 * 1024;
// Of what has happened, for a reader that comes again: an hour of a quiet gateway, a second of a
// busy one's log.
inline constexpr size_t kEventsKept = 1024;
inline constexpr size_t kEventBytesKept = 1u << 20;
inline constexpr absl::Duration kHeartbeat = absl::Seconds(15);

}  // namespace sluice::admin_bounds

#endif  // SLUICE_TOOLS_ADMIN_BOUNDS_H_
