// Fuzz driver of UdpHeader: the input is a datagram.
//
//   1. What is read keeps the promises of udp_header.h, and lies inside the datagram.
//   2. Round trip: an address that was read, written and read again is the same, in the same or
//      fewer bytes.
//   3. Data that is cut off or added changes nothing of the header.
//
// Run by tests/corpora/run_corpus.cc in every test run, or under libFuzzer.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "proto/socks_request.h"
#include "proto/udp_header.h"

namespace sluice {
namespace {

void Expect(bool promise, const char* sentence) {
  if (promise) return;
  std::cerr << "not true: " << sentence << "\n";
  std::abort();
}

void ExpectRoundTrip(const UdpHeader& header) {
  const Endpoint source{header.address, header.port};
  UdpHeader::Written written;
  const size_t size = UdpHeader::Write(source, written);
  const auto again = UdpHeader::Parse(absl::MakeConstSpan(written.data(), size));
  Expect(again.has_value(), "what is written can be read");
  Expect(again->address == header.address && again->port == header.port && again->name.empty() &&
             again->frag == 0,
         "what is written is read back");
  Expect(again->size == size, "a header is as long as it was written");
}

void ExpectPromises(absl::Span<const uint8_t> datagram) {
  const auto header = UdpHeader::Parse(datagram);
  if (!header || header->frag != 0) return;
  Expect(header->size >= 8 && header->size <= datagram.size(), "a header lies inside its datagram");
  Expect(header->port != 0, "a header leads to a port");
  Expect(std::all_of(header->name.begin(), header->name.end(), IsNameByte),
         "a name has only bytes of names");
  Expect(!Address::ParseLenient(header->name), "a name does not spell an address");
  Expect(header->name.empty() ? !header->address.is_unspecified() : header->address == Address(),
         "a header has a name or an address");
  const auto alone = UdpHeader::Parse(datagram.first(header->size));
  Expect(alone && alone->size == header->size && alone->name == header->name &&
             alone->address == header->address,
         "data does not matter to the header");
  Expect(!UdpHeader::Parse(datagram.first(header->size - 1)), "a header that is cut is none");
  if (header->name.empty()) ExpectRoundTrip(*header);
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::ExpectPromises(absl::MakeConstSpan(data, size));
  return 0;
}
