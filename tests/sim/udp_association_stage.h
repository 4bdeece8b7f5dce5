#ifndef SLUICE_TESTS_SIM_UDP_ASSOCIATION_STAGE_H_
#define SLUICE_TESTS_SIM_UDP_ASSOCIATION_STAGE_H_

// UdpAssociationStage: a fixture with the whole gateway on simulated ground, one client, one who is
// not, and targets of both families.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/sim_gateway.h"

namespace sluice {

inline Address At(const std::string& text) { return *Address::Parse(text); }
inline std::string Bytes(std::initializer_list<int> bytes) {
  return std::string(bytes.begin(), bytes.end());
}

// RFC 1928: ATYP, an address and a port.
inline std::string Wire(const Endpoint& endpoint) {
  const auto& bytes = endpoint.address.bytes();
  std::string wire(1, endpoint.address.is_v4() ? '\1' : '\4');
  wire.append(bytes.begin() + (endpoint.address.is_v4() ? 12 : 0), bytes.end());
  wire += static_cast<char>(endpoint.port >> 8);
  wire += static_cast<char>(endpoint.port & 0xff);
  return wire;
}

inline std::string Header(const Endpoint& endpoint) { return Bytes({0, 0, 0}) + Wire(endpoint); }
inline std::string HeaderOfName(const std::string& name, int port) {
  return absl::StrCat(Bytes({0, 0, 0, 3, static_cast<int>(name.size())}), name,
                      Bytes({port >> 8, port & 0xff}));
}

inline SimName Name(std::vector<Address> addresses) {
  SimName name;
  name.addresses = std::move(addresses);
  return name;
}

inline const Endpoint kService{At("10.0.0.1"), 1080};
inline const Endpoint kTarget4{At("203.0.113.1"), 7000};
inline const Endpoint kTarget6{At("2001:db8:7::1"), 7000};
inline const Endpoint kNobody{Address::FromV4({0, 0, 0, 0}), 0};

inline constexpr char kAllowAll[] = "[[rule]]\nname = \"all\"\nverdict = \"allow\"\n";

class UdpAssociationStage : public ::testing::Test {
 protected:
  UdpAssociationStage()
      : gateway_host_(network_.AddHost({At("10.0.0.1"), At("10.0.0.2"), At("2001:db8::1")})),
        client_host_(network_.AddHost({At("192.168.0.10"), At("2001:db8:c::10")})),
        stranger_host_(network_.AddHost({At("192.168.0.66"), At("203.0.113.66")})),
        target_host_(network_.AddHost({kTarget4.address, kTarget6.address, At("203.0.113.2")})) {
    SimGateway::Options options;
    options.shard.associations_max = 2;
    gateway_ = std::make_unique<SimGateway>(network_, gateway_host_, zone_, options);
    target4_ = Open(target_host_, kTarget4);
    target6_ = Open(target_host_, kTarget6);
    client_ = Open(client_host_, Endpoint{At("192.168.0.10"), 5000});
  }
  ~UdpAssociationStage() override {
    for (SimSocket* control : controls_) {
      if (!control->closed()) control->Close();
    }
    gateway_->RunUntil(network_.now() + absl::Minutes(5),
                       [this] { return gateway_->sessions_open() == 0; });
    gateway_->gateway().Stop();
    gateway_->RunUntil(network_.now() + absl::Minutes(5), [this] { return gateway_->stopped(); });
    gateway_->Audit();
    EXPECT_THAT(network_.judge().accusations(), ::testing::IsEmpty());
  }

  void Configure(const std::string& rules, const std::string& socks = "") {
    const absl::Status status = gateway_->Configure(absl::StrCat(
        "[socks]\nlisten = [\"10.0.0.1\", \"2001:db8::1\"]\nport = 1080\n", socks, rules));
    ASSERT_TRUE(status.ok()) << status;
    Settle();
  }
  // Everything that is under way arrives and is dealt with. No time-out passes.
  void Settle() {
    const absl::Time until = network_.now() + absl::Milliseconds(100);
    gateway_->RunUntil(until, [] { return false; });
  }
  SimDatagramSocket* Open(SimHost& host, const Endpoint& at) {
    int error = 0;
    return network_.OpenDatagramSocket(host, at, "", &error);
  }

  SimSocket& Control(const Endpoint& service = kService) {
    SimSocket& control = network_.NewSocket(client_host_);
    controls_.push_back(&control);
    control.Connect(service);
    Settle();
    return control;
  }
  std::string Exchange(SimSocket& control, const std::string& bytes) {
    control.Write(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    Settle();
    uint8_t answer[100];
    const int64_t got = control.Read(answer, sizeof(answer));
    return got > 0 ? std::string(answer, answer + got) : "";
  }
  // The whole answer to a request, from a new connection that `control_` then is.
  std::string Request(const std::string& destination, const Endpoint& service = kService) {
    control_ = &Control(service);
    return Exchange(*control_, Bytes({5, 1, 0}) + Bytes({5, 3, 0}) + destination).substr(2);
  }
  void Associate(const Endpoint& destination = kNobody) {
    const std::string answer = Request(Wire(destination));
    ASSERT_EQ(answer.size(), 10u);
    ASSERT_EQ(answer.substr(0, 8), Bytes({5, 0, 0, 1, 10, 0, 0, 1}));
    relay_ = Endpoint{kService.address, PortIn(answer)};
  }
  static uint16_t PortIn(const std::string& answer) {
    return static_cast<uint16_t>(static_cast<uint8_t>(answer[answer.size() - 2]) << 8 |
                                 static_cast<uint8_t>(answer.back()));
  }

  void Say(SimDatagramSocket* from, const Endpoint& to, const std::string& bytes) {
    EXPECT_EQ(from->SendTo(to, std::vector<uint8_t>(bytes.begin(), bytes.end())), 0);
    Settle();
  }
  void SayUp(const std::string& bytes) { Say(client_, relay_, bytes); }
  // What has come there meanwhile.
  std::vector<std::string> Heard(SimDatagramSocket* at) {
    std::vector<std::string> heard;
    for (const SimDatagram& datagram : at->arrived()) {
      heard.emplace_back(datagram.bytes.begin(), datagram.bytes.end());
      last_from_ = datagram.from;
    }
    at->arrived().clear();
    return heard;
  }
  const Counters& counters() { return gateway_->gateway().shards()[0]->counters(); }
  // The record of the session, which has ended.
  const AccessRecord& Record() {
    EXPECT_FALSE(gateway_->records().empty());
    return gateway_->records().back();
  }

  SimNetwork network_{1};
  SimHost &gateway_host_, &client_host_, &stranger_host_, &target_host_;
  SimZone zone_;
  std::unique_ptr<SimGateway> gateway_;
  std::vector<SimSocket*> controls_;
  SimSocket* control_ = nullptr;
  SimDatagramSocket *client_ = nullptr, *target4_ = nullptr, *target6_ = nullptr;
  Endpoint relay_;
  Endpoint last_from_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_UDP_ASSOCIATION_STAGE_H_
