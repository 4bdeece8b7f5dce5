#include "proto/socks4.h"

#include <array>

namespace sluice {
namespace {

constexpr uint8_t kReplyVersion = 0x00;

}  // namespace

Parsed Socks4Request::Feed(WireReader& in) {
  while (!in.empty()) {
    Parsed parsed;
    switch (awaits_) {
      case Awaits::kHead:
        if (const auto head = piece_.Collect(in, 7); !head.empty()) parsed = OnHead(head);
        break;
      case Awaits::kUserId: parsed = OnUserId(in); break;
      case Awaits::kName: parsed = OnName(in); break;
      case Awaits::kNothing: return Parsed::Done();
    }
    if (parsed.outcome != Parsed::Outcome::kMore) return parsed;
  }
  return Parsed::More();
}

Parsed Socks4Request::OnHead(absl::Span<const uint8_t> head) {
  const uint8_t command = head[0];
  if (command != static_cast<uint8_t>(Command::kConnect) &&
      command != static_cast<uint8_t>(Command::kBind)) {
    return Parsed::Refuse(Rep::kCommandNotSupported, "the command is unknown");
  }
  command_ = static_cast<Command>(command);
  port_ = ReadU16(head.subspan(1, 2));
  const std::array<uint8_t, 4> octets = {head[3], head[4], head[5], head[6]};
  address_ = Address::FromV4(octets);
  // For BIND it says that any peer may come.
  if (address_.is_unspecified() && command_ == Command::kConnect) {
    return Parsed::Refuse(Rep::kGeneralFailure, "the address is 0.0.0.0");
  }
  named_ = octets[0] == 0 && octets[1] == 0 && octets[2] == 0 && octets[3] != 0;
  awaits_ = Awaits::kUserId;
  return Parsed::More();
}

Parsed Socks4Request::OnUserId(WireReader& in) {
  while (!in.empty()) {
    const uint8_t byte = in.TakeByte();
    if (byte == 0) {
      awaits_ = named_ ? Awaits::kName : Awaits::kNothing;
      return named_ ? Parsed::More() : Parsed::Done();
    }
    if (!user_id_.Append(byte)) {
      return Parsed::Refuse(Rep::kGeneralFailure, "the user id is longer than 255 bytes");
    }
  }
  return Parsed::More();
}

Parsed Socks4Request::OnName(WireReader& in) {
  while (!in.empty()) {
    const uint8_t byte = in.TakeByte();
    if (byte == 0) {
      if (name_.size() == 0) return Parsed::Refuse(Rep::kGeneralFailure, "the name is empty");
      awaits_ = Awaits::kNothing;
      return Parsed::Done();
    }
    if (!IsNameByte(byte)) {
      return Parsed::Refuse(Rep::kGeneralFailure, "the name has a byte that no name has");
    }
    if (!name_.Append(byte)) {
      return Parsed::Refuse(Rep::kGeneralFailure, "the name is longer than 255 bytes");
    }
  }
  return Parsed::More();
}

SocksRequest Socks4Request::request() const {
  if (!named_) return {command_, {}, address_, port_};
  // DSTIP was a mark, not an address; a name that is not complete is no name.
  const bool whole = awaits_ == Awaits::kNothing;
  return {command_, whole ? name_.view() : std::string_view(), Address(), port_};
}

void WriteSocks4Reply(HandshakeWriter& out, Socks4Result result, const Endpoint& bound) {
  constexpr std::array<uint8_t, 4> kNowhere = {};
  const absl::Span<const uint8_t> bytes = bound.address.bytes();
  out.Byte(kReplyVersion);
  out.Byte(static_cast<uint8_t>(result));
  out.U16(bound.port);
  out.Bytes(bound.address.is_v4() ? bytes.last(4) : absl::MakeConstSpan(kNowhere));
}

}  // namespace sluice
