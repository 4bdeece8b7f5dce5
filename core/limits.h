#ifndef SLUICE_CORE_LIMITS_H_
#define SLUICE_CORE_LIMITS_H_

// Every bound of the program, with its reason. What an operator may move is a flag or a key whose
// default stands here.

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace sluice::limits {

// --- Protocol

// RFC 1035 section 2.3.4 allows 253 characters of text; SOCKS5 and SOCKS4a can carry 255, refused
// later by the resolver.
inline constexpr size_t kNameBytesMax = 255;
// SOCKS4 has no bound of its own. 255 is what SOCKS5 gives a user name.
inline constexpr size_t kUserIdBytesMax = 255;
// RFC 1929 section 2: PLEN is one octet.
inline constexpr size_t kPasswordBytesMax = 255;
// Authentication methods to choose from: as many as are implemented (none, GSSAPI, user name and
// password).
inline constexpr size_t kMethodsMax = 3;
// Nothing a server says before the tunnel is longer than a method reply (2), the status of RFC 1929
// (2) and BIND's two replies with IPv6 addresses (22 each).
inline constexpr size_t kHandshakeReplyBytesMax = 48;
// One receive of the handshake. What a client sends beyond its request is held until the tunnel
// opens, so this also bounds the early data that a session can make the gateway hold.
inline constexpr size_t kHandshakeReceiveBytes = 1024;

// --- Sources: what one (an IPv4 address, an IPv6 /64) may hold at a time, all shards together. The
// defaults of [limits], for hundreds of people behind one address.

// 500 people whose browsers open 8 connections each at the same moment.
inline constexpr int kSourceHandshakes = 4096;
// Half of the ports that an address has: 500 people with 65 tunnels each.
inline constexpr int kSourceSessions = 32'768;
// Some clients have an association per flow.
inline constexpr int kSourceAssociations = 4096;
// Each holds a port and is over when its peer has come: active FTP has one at a time.
inline constexpr int kSourceBinds = 128;
// Names that are asked, not those that are known: a sixteenth of what one shard may ask, and one
// that servers answer is asked for some milliseconds.
inline constexpr int kSourceNames = 256;
// Of a setting.
inline constexpr int kSourceLimitMax = 16'000'000;
// Sources that are counted at a time, all shards together: 40 bytes each. Further ones are not.
inline constexpr size_t kSourcesMax = 65'536;
// Of what all share, such as places for sessions, a source may have so many however few are left,
inline constexpr int kModestHoldings = 16;
// and beyond that so many times as many as are left: one alone may have 64 of 65 (all of fewer),
// and two of them leave 1 in 129.
inline constexpr int kShareOfFree = 64;
// Where no place is left, no source with fewer unfinished handshakes loses one.
inline constexpr int kCrowdMin = 8;
// Crowds that are compared to find the greediest.
inline constexpr int kCrowdsCompared = 64;

// --- Policy

// sessions keep the name by value, to outlive the snapshot
inline constexpr size_t kRuleNameBytesMax = 63;
// [[test]] tables: run at every reload, about a microsecond each.
inline constexpr size_t kTrialsMax = 10'000;
inline constexpr size_t kRulesMax = 65'536;  // a rule's place is 16 bits plus "no rule"
inline constexpr size_t kListEntriesMax = 16'000'000;
inline constexpr size_t kConfigBytesMax = 64u << 20;
// An explanation: addresses of one name, each of which costs a look through all lists;
inline constexpr size_t kExplainedAddressesMax = 16;
// what would change it, as many as a person compares;
inline constexpr size_t kSupposedChangesMax = 5;
// list files that are read to find lines;
inline constexpr size_t kListFilesRead = 16;
// and the list of what a rule wanted, which ends soon after so many bytes.
inline constexpr size_t kWantedBytesMax = 120;
// Warnings: as many as somebody mends before asking again;
inline constexpr size_t kWarningsMax = 1000;
// entries of a list that are compared with those of others, one by one;
inline constexpr size_t kComparedEntriesMax = 256;
// and all comparisons, a second of them: 10,000 rules that differ in ports or networks need half.
inline constexpr uint64_t kComparisonsMax = 200'000'000;
inline constexpr size_t kListenersMax = 64;  // addresses per shard
// RFC 1929 has one byte for the length of a user's name; principals (RFC 1964) are held to the
// same.
inline constexpr size_t kUserNameBytesMax = 255;
// [[user]] tables; more belong into a directory that PAM asks
inline constexpr size_t kUsersMax = 100'000;
// of all groups and rules; every user's rules are indexed
inline constexpr size_t kGroupMembersMax = 1'000'000;
// Addresses a rule may leave by. Each is tried where the one before has no port left, and has
// 28,000 of them by default.
inline constexpr size_t kEgressAddressesMax = 16;
inline constexpr size_t kInterfaceBytesMax = 15;  // IFNAMSIZ without its zero

// --- Authentication

// crypt(3)'s CRYPT_OUTPUT_SIZE, with its terminating zero.
inline constexpr size_t kPasswordHashBytesMax = 384;
// Good credentials that a shard remembers: 56 bytes each. More users at a time cost a hash more
// often.
inline constexpr size_t kAuthCacheEntries = 4096;
// Credentials wait in line as long as their sessions do, which bounds them: in so many lists, by
// digest.
inline constexpr size_t kAuthBuckets = 1024;
// Of a shard, in the hands of threads or next to them: more than any sane number of threads.
inline constexpr size_t kAuthQuestionsAsked = 1024;
// Rounds of a line: what one source has more stands in the last of them.
inline constexpr size_t kCheckLineRounds = 256;
// Sources of a rank whose round is remembered; a forgotten one gains a round.
inline constexpr size_t kCheckLineSources = 512;
// Where the oldest of a round has waited longer than this, the newest goes first: a second guess at
// how long clients are patient.
inline constexpr absl::Duration kCheckLinePatience = absl::Seconds(5);
// Sources and users that were right lately, all shards together: 24 bytes each. A day: who comes
// every day has a place.
inline constexpr size_t kGoodLatelyEntries = 8192;
inline constexpr absl::Duration kGoodLatelyKept = absl::Hours(24);
// of each back end; hashing is bound by the CPU that the shards need
inline constexpr int kAuthThreads = 2;
// Threads that hang in PAM and are replaced: each keeps its stack and what its modules hold.
inline constexpr int kAuthThreadsLeftBehind = 16;
// How long the end of the process waits for a check by PAM.
inline constexpr absl::Duration kAuthStopPatience = absl::Seconds(1);
// The name of a file in /etc/pam.d.
inline constexpr size_t kPamServiceBytesMax = 255;
// Sources whose failures are remembered, all shards together: 24 bytes each.
inline constexpr size_t kAuthSourcesMax = 16'384;
// How much later the answers to a source come with each failure after auth.slow_after, and at most:
// within any sane timeouts.handshake.
inline constexpr absl::Duration kAuthDelayStep = absl::Milliseconds(500);
inline constexpr absl::Duration kAuthDelayMax = absl::Seconds(3);

// --- Dialling

// Addresses of one name that are tried. Real services publish fewer; the rest could only prolong a
// failure.
inline constexpr size_t kDialAddressesMax = 8;
// RFC 8305 section 5, "Connection Attempt Delay": 250 ms recommended.
inline constexpr absl::Duration kDialAttemptDelay = absl::Milliseconds(250);

// A client is watched for leaving only after it has waited this long for its target.
inline constexpr absl::Duration kClientWatchDelay = absl::Milliseconds(250);

// RFC 1413 section 6: an answer may be given up after 1,000 characters without a line end.
inline constexpr size_t kIdentAnswerBytesMax = 1000;
// Clients' hosts that are asked at a time, per shard; each query has room for an answer. More
// clients are answered as if theirs did not answer.
inline constexpr size_t kIdentQueriesMax = 1024;

// --- BIND

// Connections that wait for a BIND's accept, which takes every one at once: those it was told of
// and a few intruders.
inline constexpr int kBindBacklog = 8;
// BINDs that wait for their peer, per shard: each holds a port for up to timeouts.bind, and two
// places. More are answered as failed.
inline constexpr size_t kBindsMax = 4096;
// Ports of socks.bind_ports that are tried for one BIND, each by a system call or three.
inline constexpr int kBindPortTriesMax = 128;

// --- Resolution

inline constexpr size_t kResolverCacheEntries = 4096;  // per shard; the oldest goes first
// Names per shard that are asked; more are answered as failed. Each may wait for servers that do
// not answer and costs some 3 KB, so that this bounds what a flood of names can take: 12 MB.
inline constexpr size_t kResolverQueriesMax = 4096;
// Addresses of one name and family: more than fit in an answer without TCP, or than anybody tries.
inline constexpr size_t kResolverAddressesMax = 256;
// of IPv6, whose routes are looked at to sort them
inline constexpr size_t kResolverAddressesOrdered = 16;
// RFC 8305 section 3, "Resolution Delay": how long an answer waits for that of the other family.
inline constexpr absl::Duration kResolutionDelay = absl::Milliseconds(50);
// Servers of resolv.conf; the C library reads three.
inline constexpr size_t kNameServersMax = 8;
// Where resolv.conf does not say: a name that no server of one or two answers has failed within
// timeouts.connect as shipped.
inline constexpr absl::Duration kNameServerTimeout = absl::Seconds(2);
inline constexpr int kNameServerAttempts = 2;
inline constexpr int kNameServerAttemptsMax = 5;  // as in the C library
// When a silent one is asked again, beside another one: nobody waits for it.
inline constexpr absl::Duration kNameServerRetry = absl::Seconds(30);
// Of /etc/hosts and /etc/resolv.conf; lists against advertising have 200,000 lines and 6 MB.
inline constexpr size_t kHostsBytesMax = 64u << 20;
inline constexpr size_t kHostsNamesMax = 2'000'000;
inline constexpr size_t kResolvConfBytesMax = 1u << 20;
// From the first sign that one of them has changed until it is read: programs write in steps.
inline constexpr absl::Duration kNameFilesSettle = absl::Milliseconds(200);
// How often they are looked at where Linux does not tell of changes: network file systems, folders
// that come later.
inline constexpr absl::Duration kNameFilesLook = absl::Seconds(30);
inline constexpr absl::Duration kResolverTtlMin = absl::Seconds(1);
// a moved name is found again in a coffee break
inline constexpr absl::Duration kResolverTtlMax = absl::Minutes(5);
inline constexpr absl::Duration kResolverTtlNegative = absl::Seconds(5);

// --- Relay

// Receive buffers: small and shared, so that they stay in the cache (measured: 16 KB beats 4 KB and
// 64 KB).
inline constexpr size_t kBufferBytes = 16 * 1024;
inline constexpr int kBuffersHot = 256;  // kept ready for receives: 4 MB a shard
// with those that wait behind slow readers; touched only when used
inline constexpr int kBuffersMax = 32'768;
// Buffers one direction may hold: one being sent and one received meanwhile. The bound of a peer
// that never reads.
inline constexpr int kPipeBuffersMax = 2;
// Bytes that may wait in a socket beside those that its peer has room for. Without a bound Linux
// lets megabytes pile up there, for somebody who may never read them. Measured: beside this bound
// a tunnel that nobody reads costs the host 4.6 MB, source included; with 1 MB 13.7, without 15.6.
inline constexpr size_t kUnsentBytesMax = 128 * 1024;
// Of a stream that is spliced, whose shard would be woken too often: with 128 KB it took 1.3 times
// the CPU.
inline constexpr size_t kUnsentBytesOfStreamMax = 1u << 20;
// A direction becomes a splice stream after this many receives in a row that filled their buffer.
inline constexpr int kSplicePromotionReceives = 4;
// But not before its sink has taken so much: more than fits into the sockets on the way to somebody
// who does not read. Else a pipe of its own would be filled for nobody.
inline constexpr uint64_t kSplicePromotionBytes = 512 * 1024;
// It goes back to copying after this many wake-ups in a row that moved less than kSpliceSmallBytes.
inline constexpr int kSpliceDemotionTurns = 16;
inline constexpr size_t kSpliceSmallBytes = 4096;
inline constexpr int kSplicePipeBytes = 1 << 20;  // measured: half the cost per byte of 64 KB
inline constexpr int kSplicePipesMax = 64;        // per shard
// A direction that waits for room does not receive, and so would not see that its source was reset.
// After having waited this long, and at most twice as long, it looks.
inline constexpr absl::Duration kStallWatchDelay = absl::Seconds(1);
// Who has just been connected to may be gone in a moment, with all that was set up for it: its
// socket gets its keepalive when it has lasted this long.
inline constexpr absl::Duration kPeerWatchDelay = absl::Milliseconds(250);
// How often it is looked at what both ends of a tunnel have taken: at most an eighth of the shorter
// time-out later, between these.
inline constexpr absl::Duration kPeerLookMin = absl::Seconds(1);
inline constexpr absl::Duration kPeerLookMax = absl::Seconds(10);
// How long a turn that carries streams or datagrams lets more of them come, where that slows
// nobody. Measured (decision 0016): of the cost of a datagram 20 µs save 21 %, 50 µs 33 %, 100 µs
// 40 %; and this is the latency that others on the shard may feel meanwhile.
inline constexpr int kGatherMicroseconds = 50;
inline constexpr int kGatherMicrosecondsMax = 10'000;  // longer would be felt by everybody
// Completions at which it ends at once: more are a full turn.
inline constexpr int kGatherCompletions = 64;
// How long a shard looks for work itself before it sleeps: about what sleeping and being woken
// costs (decision 0018).
inline constexpr int kSpinMicroseconds = 5;
inline constexpr int kSpinMicrosecondsMax = 10'000;  // longer would keep a CPU from ever being idle
// What one direction may move before others get their turn.
inline constexpr size_t kSpliceBudgetBytes = 2u << 20;

// --- Datagrams

// UDP associations per shard, where there are places for so many: each has two, for the socket that
// controls it, its client's and two towards targets.
inline constexpr int kAssociationsMax = 32'768;
// Where every socket that a turn served had so many, the next one may gather three times as long.
inline constexpr size_t kDatagramsInGreatNumbers = 8;
// Ports of udp_ports that are tried for one association, each by three system calls.
inline constexpr int kUdpPortTriesMax = 128;
// Sockets of one association towards its targets: one per address family and egress of its rules.
// Two are what nearly all need, and nobody's rules send one client's datagrams in eight ways.
inline constexpr size_t kUdpSocketsMax = 8;
// A client's old port must have been silent for so long before its association follows another one:
// the shortest after which NATs in use forget a client (RFC 4787 section 4.3 asks for 2 minutes),
// and half of the default timeouts.udp_idle.
inline constexpr absl::Duration kUdpClientSilence = absl::Seconds(30);
// Targets of one association: what a BitTorrent client or a resolver that asks all authorities
// talks to at a time. Of all on a shard, 56 bytes each: as many as 64 such clients have.
inline constexpr size_t kUdpTargetsMax = 4096;
inline constexpr size_t kUdpTargetsPerShard = 262'144;
// Names of one association at a time, of which an older one's address is forgotten: the hosts of a
// busy web page, by QUIC. Of all on a shard, 350 bytes each: half of what all associations could
// use if each had 32.
inline constexpr size_t kUdpNamesMax = 64;
inline constexpr size_t kUdpNamesPerShard = 65'536;
// Datagrams to a name that is looked up: a client sends one or two before it waits for an answer,
// QUIC's of 1,200 bytes.
inline constexpr size_t kHeldDatagramsPerName = 8;
inline constexpr size_t kHeldBytesPerName = 4096;
inline constexpr size_t kHeldBytesPerShard = 1u << 20;
// What a client may say on the connection that only controls its association, read and dropped.
inline constexpr uint32_t kAssociationControlBytesMax = 64 * 1024;

// --- GSSAPI

// Threads that accept tokens: Kerberos takes well under a millisecond, and waits for the disk at
// times.
inline constexpr int kGssThreads = 2;
// Tokens that wait for them; a client whose token finds no room is refused and may try again.
inline constexpr size_t kGssQueueMax = 256;
// What a shard holds of tokens that are not complete, of clients that nobody knows yet: of 1,000
// with 8 KB of their ticket, or of 128 with the most that a token can have. Then the greediest
// goes.
inline constexpr size_t kGssUnfinishedBytes = 8u << 20;

// --- Closing

// RFC 1928 section 6: a failed request's connection is closed within 10 seconds. The client has
// this long to read the failure and close; then it is cut.
inline constexpr absl::Duration kFailureLinger = absl::Seconds(2);
// What a refused client may still send meanwhile, read and dropped so that no RST destroys the
// reply.
inline constexpr size_t kFailureDrainBytes = 64 * 1024;

// --- The process

// Names of rules since the start, of all policies: 112 bytes each and shard, touched as they come.
inline constexpr size_t kRuleNamesMax = 1 << 18;
// What one order about live sessions may take of a shard's turn: 64 copies of 1.3 KB, or looking
// through so many slots that are empty, are about 20 us; so are two closed tunnels.
inline constexpr size_t kSessionsListed = 64;
inline constexpr uint32_t kSessionSlotsLooked = 4096;
inline constexpr size_t kSessionsEnded = 2;
// Descriptors kept free for the log, configuration files and what else the process opens.
inline constexpr int kDescriptorsReserved = 256;
// Address space kept free for threads' stacks and whatever comes: a share of each shard.
inline constexpr size_t kAddressSpaceReserved = 128u << 20;
// The least time between two lines about clients that found no place.
inline constexpr absl::Duration kCrowdRemarkInterval = absl::Minutes(1);
// Places that a shard itself takes the descriptors of: ring, listeners, its questions of names.
inline constexpr int kPlacesPerShard = 4;
// What one multishot accept may deliver before it can be stopped. With less room than this, clients
// are accepted one by one.
inline constexpr int kAcceptBurst = 1024;
// After accept ran out of descriptors: how long until it is tried again without a session having
// ended.
inline constexpr absl::Duration kAcceptPause = absl::Milliseconds(200);
// per shard, waiting for the writer; more are counted as lost
inline constexpr size_t kAccessLogRecords = 4096;
// What a log's writer takes at a time, and holds while its file takes nothing.
inline constexpr size_t kLogBatchBytes = 64 * 1024;
// Lines of the process's own log that wait for standard error; more are counted as lost.
inline constexpr size_t kLogLines = 1024;
// How often a log that cannot be written is tried again.
inline constexpr absl::Duration kLogRetry = absl::Milliseconds(200);
// At the end a log may take so long in all, and so long without taking a byte. Service managers
// wait 10 s (containers) to 90 s.
inline constexpr absl::Duration kLogFarewell = absl::Seconds(8);
inline constexpr absl::Duration kLogStall = absl::Seconds(2);
// The main thread looks at the clocks so often: the wall clock may have been set, or the machine
// suspended, and rules expire by it.
inline constexpr absl::Duration kClockLook = absl::Minutes(1);
// What flags may ask for.
inline constexpr int kShardsMax = 256;         // more than there are CPUs carry nothing more
inline constexpr int kAuthThreadsMax = 256;    // of each kind; a directory may be slow
inline constexpr int kSessionsMost = 1 << 23;  // Linux has no more descriptors: two a session
inline constexpr int kSplicePipesMost = 1 << 16;
inline constexpr int kDrainSecondsMax = 7 * 24 * 3600;
// How long a reload makes do with the CPU that nobody wants. A large policy takes a second of it.
inline constexpr absl::Duration kReloadPatience = absl::Seconds(5);
// How long before shards no longer spin, so that there is more of it. A small policy needs less.
inline constexpr absl::Duration kReloadHunger = absl::Milliseconds(250);
// How long its memory is kept for another one, which would ask Linux for it page by page again: a
// quarter of what a reload costs.
inline constexpr absl::Duration kReloadMemoryKept = absl::Seconds(2);
// How long it may keep a CPU from a shard that was interrupted: less than a round trip takes.
inline constexpr absl::Duration kLeisureYields = absl::Microseconds(20);
inline constexpr absl::Duration kTimerTick = absl::Milliseconds(10);

}  // namespace sluice::limits

#endif  // SLUICE_CORE_LIMITS_H_
