#include "proto/socks5.h"

#include <algorithm>
#include <array>

namespace sluice {
namespace {

template <size_t kSize>
std::array<uint8_t, kSize> ToArray(absl::Span<const uint8_t> bytes) {
  std::array<uint8_t, kSize> array;
  std::copy_n(bytes.begin(), kSize, array.begin());
  return array;
}

}  // namespace

Parsed Socks5Greeting::Feed(WireReader& in) {
  if (!counted_) {
    if (in.empty()) return Parsed::More();
    methods_left_ = in.TakeByte();
    counted_ = true;
  }
  const absl::Span<const uint8_t> methods = in.Take(methods_left_);
  for (const uint8_t method : methods) offered_.set(method);
  methods_left_ = static_cast<uint8_t>(methods_left_ - methods.size());
  return methods_left_ > 0 ? Parsed::More() : Parsed::Done();
}

void WriteSocks5Method(HandshakeWriter& out, uint8_t method) {
  out.Byte(kSocks5Version);
  out.Byte(method);
}

Parsed Socks5Request::Feed(WireReader& in) {
  while (!in.empty()) {
    Parsed parsed;
    switch (awaits_) {
      case Awaits::kVersion:
        if (in.TakeByte() != kSocks5Version) return Parsed::Close("the request is not of SOCKS5");
        awaits_ = Awaits::kHead;
        break;
      case Awaits::kHead:
        if (const auto head = piece_.Collect(in, 3); !head.empty()) parsed = OnHead(head);
        break;
      case Awaits::kNameLength:
        address_size_ = in.TakeByte();
        if (address_size_ == 0) return Parsed::Refuse(Rep::kGeneralFailure, "the name is empty");
        awaits_ = Awaits::kName;
        break;
      case Awaits::kName: parsed = OnName(in); break;
      case Awaits::kAddress:
        if (const auto bytes = piece_.Collect(in, address_size_); !bytes.empty()) OnAddress(bytes);
        break;
      case Awaits::kPort:
        if (const auto bytes = piece_.Collect(in, 2); !bytes.empty()) {
          port_ = ReadU16(bytes);
          awaits_ = Awaits::kNothing;
          return Parsed::Done();
        }
        break;
      case Awaits::kNothing: return Parsed::Done();
    }
    if (parsed.outcome != Parsed::Outcome::kMore) return parsed;
  }
  return Parsed::More();
}

Parsed Socks5Request::OnHead(absl::Span<const uint8_t> head) {
  const uint8_t command = head[0];
  const uint8_t address_type = head[2];
  if (command < static_cast<uint8_t>(Command::kConnect) ||
      command > static_cast<uint8_t>(Command::kUdpAssociate)) {
    return Parsed::Refuse(Rep::kCommandNotSupported, "the command is unknown");
  }
  command_ = static_cast<Command>(command);
  switch (address_type) {
    case kAddressTypeV4:
      address_size_ = 4;
      awaits_ = Awaits::kAddress;
      return Parsed::More();
    case kAddressTypeV6:
      address_size_ = 16;
      awaits_ = Awaits::kAddress;
      return Parsed::More();
    case kAddressTypeName: awaits_ = Awaits::kNameLength; return Parsed::More();
    default: return Parsed::Refuse(Rep::kAddressTypeNotSupported, "the address type is unknown");
  }
}

Parsed Socks5Request::OnName(WireReader& in) {
  while (!in.empty() && name_.size() < address_size_) {
    const uint8_t byte = in.TakeByte();
    if (!IsNameByte(byte)) {
      return Parsed::Refuse(Rep::kGeneralFailure, "the name has a byte that no name has");
    }
    name_.Append(byte);
  }
  if (name_.size() == address_size_) awaits_ = Awaits::kPort;
  return Parsed::More();
}

void Socks5Request::OnAddress(absl::Span<const uint8_t> bytes) {
  address_ =
      bytes.size() == 4 ? Address::FromV4(ToArray<4>(bytes)) : Address::FromV6(ToArray<16>(bytes));
  awaits_ = Awaits::kPort;
}

SocksRequest Socks5Request::request() const {
  // A name that is not complete is no name.
  const bool whole = awaits_ == Awaits::kNothing;
  return {command_, whole ? name_.view() : std::string_view(), address_, port_};
}

void WriteSocks5Reply(HandshakeWriter& out, Rep rep, const Endpoint& bound) {
  const Address address =
      bound.address.is_unspecified() ? Address::FromV4({0, 0, 0, 0}) : bound.address;
  const absl::Span<const uint8_t> bytes = address.bytes();
  out.Byte(kSocks5Version);
  out.Byte(static_cast<uint8_t>(rep));
  out.Byte(0);
  out.Byte(address.is_v4() ? kAddressTypeV4 : kAddressTypeV6);
  out.Bytes(address.is_v4() ? bytes.last(4) : bytes);
  out.U16(bound.port);
}

}  // namespace sluice
