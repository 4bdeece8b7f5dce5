#ifndef SLUICE_TESTS_SIM_SIM_GSS_H_
#define SLUICE_TESTS_SIM_SIM_GSS_H_

// SimGss: a GSSAPI mechanism that a test can write down by hand. It protects nothing.
//
// Tokens are text: what stands before the last ':' is done, what stands behind it is the principal.
//
//   alice@SIM         established; the answer is "welcome"
//   mute:alice@SIM    established without a token for the client
//   more:             one more round; the answer is "more"
//   plain:alice@SIM   established, and offers no confidentiality
//   bare:alice@SIM    established, and offers not even integrity
//   anything else     fails
//
// A wrapped message is three bytes and the message as it is:
//
//   +------------------------------------+----------------------------+-----------------+---------+
//   | 01 for integrity, 02 if encrypted  | number, from 0, by sender  | length mod 256  | message |
//   +------------------------------------+----------------------------+-----------------+---------+

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "relay/gss/gss_conversation.h"

namespace sluice {

class SimGssConversation final : public GssConversation {
 public:
  GssAccepted Accept(absl::Span<const uint8_t> token) override;
  std::string_view principal() const override { return principal_; }
  bool offers_integrity() const override { return integrity_; }
  bool offers_confidentiality() const override { return confidentiality_; }
  bool Wrap(absl::Span<const uint8_t> message, bool confidential,
            std::vector<uint8_t>* out) override;
  GssUnwrapped Unwrap(absl::Span<uint8_t> token) override;

 private:
  std::string principal_;
  bool integrity_ = true;
  bool confidentiality_ = true;
  uint8_t next_in_ = 0;
  uint8_t next_out_ = 0;
};

class SimGssMechanism final : public GssMechanism {
 public:
  std::unique_ptr<GssConversation> NewConversation(std::string_view, std::string_view) override {
    return std::make_unique<SimGssConversation>();
  }
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_GSS_H_
