#include "tests/sim/gateway_stage.h"

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace sluice {
namespace {

Address At(std::string_view text) { return *Address::Parse(text); }

}  // namespace

void Talker::Say(std::string_view bytes) {
  const int64_t put = socket_.Write(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  CHECK(put < 0 || put == static_cast<int64_t>(bytes.size()))
      << "a talker says no more than a socket's buffer";
}

const std::string& Talker::Heard() {
  uint8_t bytes[4096];
  while (!fin_ && !reset_ && !socket_.connecting() && !socket_.closed()) {
    const int64_t got = socket_.Read(bytes, sizeof bytes);
    if (got == -EAGAIN) break;
    if (got > 0) {
      heard_.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(got));
    } else {
      (got == 0 && socket_.fin_received() ? fin_ : reset_) = true;
    }
  }
  return heard_;
}

GatewayStage::GatewayStage(const Options& options)
    : network_(options.seed, options.faults),
      gateway_host_(network_.AddHost({At("10.0.0.1"), At("2001:db8::1"), At("10.0.0.2")})),
      client_host_(network_.AddHost({At("192.168.0.10"), At("2001:db8:c::10")})),
      shard_(options.shard),
      shards_(options.shards),
      users_(options.users) {}

SimHost& GatewayStage::Peer(int index) {
  for (int next = static_cast<int>(peers_.size()) + 1; next <= index; ++next) {
    peers_.push_back(&network_.AddHost(
        {At(absl::StrCat("203.0.113.", next)), At(absl::StrCat("2001:db8:7::", next))}));
  }
  return *peers_[static_cast<size_t>(index - 1)];
}

absl::Status GatewayStage::TryConfigure(std::string_view config) {
  if (gateway_ == nullptr) {
    gateway_ = std::make_unique<SimGateway>(network_, gateway_host_, zone_,
                                            SimGateway::Options{shards_, {}, shard_, users_});
  }
  const absl::Status status = gateway_->Configure(config);
  Pass(absl::Milliseconds(1));  // the shard hears of it
  return status;
}

void GatewayStage::Configure(std::string_view text) {
  std::string config =
      absl::StrCat("[socks]\nlisten = [\"any\"]\nport = ", kPort, "\nsocks4 = true\n");
  config.append(text);
  const absl::Status status = TryConfigure(config);
  CHECK(status.ok()) << status;
}

Talker& GatewayStage::Client(bool v4) {
  return Dial(client_host_, Endpoint{gateway_host_.addresses()[v4 ? 0 : 1], kPort});
}

Talker& GatewayStage::Dial(SimHost& from, const Endpoint& to) {
  SimSocket& socket = network_.NewSocket(from);
  socket.Connect(to);
  Talker& talker = talkers_.emplace_back(socket);
  Await([&socket] { return !socket.connecting(); });
  return talker;
}

bool GatewayStage::Await(const std::function<bool()>& done, absl::Duration patience) {
  bool came = false;
  gateway_->RunUntil(network_.now() + patience, [&] { return came = done(); });
  return came || done();
}

bool GatewayStage::AwaitBytes(Talker& talker, size_t bytes) {
  return Await([&] { return talker.Heard().size() >= bytes; });
}

void GatewayStage::Pass(absl::Duration time) {
  gateway_->RunUntil(network_.now() + time, [] { return false; });
}

bool GatewayStage::AwaitQuiet() {
  return Await([this] { return gateway_->sessions_open() == 0; }, absl::Hours(1));
}

std::vector<std::string> GatewayStage::End() {
  gateway_->gateway().Stop();
  if (!Await([this] { return gateway_->stopped(); }))
    network_.judge().Accuse("the gateway does not stop");
  if (gateway_->stopped()) gateway_->Audit();
  return network_.judge().accusations();
}

}  // namespace sluice
