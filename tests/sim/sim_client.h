#ifndef SLUICE_TESTS_SIM_SIM_CLIENT_H_
#define SLUICE_TESTS_SIM_SIM_CLIENT_H_

// SimClient: a peer that speaks SOCKS first, well or badly: it says its script in pieces of any
// size, waits for answers or does not, and takes the gateway's replies apart. One thread.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/address.h"
#include "tests/sim/sim_peer.h"

namespace sluice {

struct SimScript {
  enum class After : uint8_t { kTunnel, kSilence, kFin, kReset };
  struct Say {
    std::vector<uint8_t> bytes;
    size_t waits_for = 0;  // bytes of replies that must have come before
  };

  std::vector<Say> says;
  bool socks5 = true;
  bool bind = false;              // two replies
  size_t write_bytes_max = 4096;  // per step
  bool optimistic = false;        // tunnel bytes follow without waiting for success
  After after = After::kTunnel;   // what it does when all is said
};

class SimClient final : public SimPeer {
 public:
  SimClient(SimNetwork& network, SimSocket& socket, std::string name, const SimHabits& habits,
            uint64_t sends, uint64_t expects, SimScript script);

  // Of a BIND: called with what the first reply says, where it succeeds.
  void set_on_listening(std::function<void(const Endpoint&)> on_listening) {
    on_listening_ = std::move(on_listening);
  }

  const std::vector<uint8_t>& replies() const { return replies_; }
  // STATUS of RFC 1929, where that is there.
  std::optional<uint8_t> auth_status() const {
    return authenticates() && replies_.size() >= 4 ? std::optional<uint8_t>(replies_[3])
                                                   : std::nullopt;
  }
  // The whole final reply is there.
  bool answered() const { return answered_; }
  bool succeeded() const { return answered_ && granted_; }
  // REP of SOCKS5, CD of SOCKS4.
  uint8_t code() const { return code_; }
  const std::optional<Endpoint>& bound() const { return bound_; }
  // Its first byte is out; all of its script is.
  bool spoke() const { return spoke_at_ != absl::InfiniteFuture(); }
  absl::Time spoke_at() const { return spoke_at_; }
  bool said_all() const { return said_ == script_.says.size(); }
  absl::Time answered_at() const { return answered_at_; }

 private:
  bool StepOpening() override;
  size_t TakeOpening(const uint8_t* bytes, size_t size) override;
  bool in_tunnel() const override { return granted_; }
  bool authenticates() const { return script_.socks5 && replies_.size() >= 2 && replies_[1] == 2; }
  // What comes before the replies.
  size_t HeadBytes() const { return !script_.socks5 ? 0 : authenticates() ? 4 : 2; }
  // Where in replies_ the awaited reply begins.
  size_t ReplyFrom() const { return listening_ ? second_from_ : HeadBytes(); }
  size_t ReplyBytes() const;
  Endpoint BoundOf(const uint8_t* reply) const;
  void OnReply();

  SimScript script_;
  size_t said_ = 0;  // of the script, completely
  std::vector<uint8_t> replies_;
  bool listening_ = false;  // the first reply of a BIND is there
  size_t second_from_ = 0;  // where in replies_ the other one begins
  std::function<void(const Endpoint&)> on_listening_;
  bool answered_ = false;
  bool granted_ = false;
  bool refused_method_ = false;  // or credentials: nothing may follow
  uint8_t code_ = 0;
  std::optional<Endpoint> bound_;
  absl::Time spoke_at_ = absl::InfiniteFuture();
  absl::Time answered_at_ = absl::InfiniteFuture();
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_CLIENT_H_
