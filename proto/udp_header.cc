#include "proto/udp_header.h"

#include <algorithm>

#include "proto/socks5.h"
#include "proto/socks_request.h"
#include "proto/wire.h"

namespace sluice {
namespace {

// Reads DST.ADDR into `header`; false where it is none.
bool ReadAddress(uint8_t address_type, WireReader& in, UdpHeader& header) {
  if (address_type == kAddressTypeName) {
    const size_t size = in.TakeByte();
    const absl::Span<const uint8_t> name = in.Take(size);
    if (name.empty() || name.size() < size || !std::all_of(name.begin(), name.end(), IsNameByte))
      return false;
    header.name = {reinterpret_cast<const char*>(name.data()), name.size()};
    if (const std::optional<Address> spelt = Address::ParseLenient(header.name)) {
      header.name = {};
      header.address = *spelt;
    }
    return true;
  }
  if (address_type == kAddressTypeV4) {
    const absl::Span<const uint8_t> bytes = in.Take(4);
    if (bytes.size() < 4) return false;
    header.address = Address::FromV4({bytes[0], bytes[1], bytes[2], bytes[3]});
    return true;
  }
  if (address_type == kAddressTypeV6) {
    const absl::Span<const uint8_t> bytes = in.Take(16);
    if (bytes.size() < 16) return false;
    std::array<uint8_t, 16> octets;
    std::copy(bytes.begin(), bytes.end(), octets.begin());
    header.address = Address::FromV6(octets);
    return true;
  }
  return false;
}

}  // namespace

std::optional<UdpHeader> UdpHeader::Parse(absl::Span<const uint8_t> datagram) {
  WireReader in(datagram);
  const absl::Span<const uint8_t> head = in.Take(4);
  if (head.size() < 4) return std::nullopt;
  UdpHeader header;
  header.frag = head[2];
  if (header.frag != 0) return header;
  if (!ReadAddress(head[3], in, header)) return std::nullopt;
  const absl::Span<const uint8_t> port = in.Take(2);
  if (port.size() < 2) return std::nullopt;
  header.port = ReadU16(port);
  header.size = in.consumed();
  // What leads nowhere. To the rules, an unspecified address of this command would mean "not known
  // yet".
  if (header.port == 0 || (header.name.empty() && header.address.is_unspecified()))
    return std::nullopt;
  return header;
}

size_t UdpHeader::Write(const Endpoint& source, Written& out) {
  const bool v4 = source.address.is_v4();
  const absl::Span<const uint8_t> address = source.address.bytes();
  WireWriter<kWrittenBytesMax> writer;
  writer.U16(0);
  writer.Byte(0);
  writer.Byte(v4 ? kAddressTypeV4 : kAddressTypeV6);
  writer.Bytes(v4 ? address.last(4) : address);
  writer.U16(source.port);
  std::copy(writer.written().begin(), writer.written().end(), out.begin());
  return writer.written().size();
}

}  // namespace sluice
