// What the SOCKS bytes of a CONNECT cost, from the first byte to the success reply, without any
// I/O.

#include <string>

#include "benchmark/benchmark.h"
#include "proto/handshake.h"

namespace sluice {
namespace {

std::string Bytes(std::initializer_list<int> bytes) {
  return std::string(bytes.begin(), bytes.end());
}

absl::Span<const uint8_t> AsSpan(const std::string& bytes) {
  return absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

// Two messages, as a client sends that waits for the method reply.
void Converse(benchmark::State& state, const std::string& greeting, const std::string& request) {
  const Endpoint bound{Address::FromV4({192, 0, 2, 7}), 40000};
  for (auto _ : state) {
    Handshake handshake({.socks4 = true});
    size_t consumed = 0;
    handshake.Feed(AsSpan(greeting), &consumed);
    handshake.TakeOutput();
    const Handshake::Step step = handshake.Feed(AsSpan(request), &consumed);
    if (step != Handshake::Step::kDecide) state.SkipWithError("the request was not understood");
    handshake.Succeed(bound);
    benchmark::DoNotOptimize(handshake.output().data());
    benchmark::ClobberMemory();
  }
}

const std::string kGreeting = Bytes({5, 1, 0});

void Socks5ConnectByIpv4(benchmark::State& state) {
  Converse(state, kGreeting, Bytes({5, 1, 0, 1, 192, 0, 2, 1, 0, 80}));
}
BENCHMARK(Socks5ConnectByIpv4);

void Socks5ConnectByName(benchmark::State& state) {
  const std::string name = "www.example.com";
  Converse(state, kGreeting,
           Bytes({5, 1, 0, 3, static_cast<int>(name.size())}) + name + Bytes({0, 80}));
}
BENCHMARK(Socks5ConnectByName);

void Socks5ConnectByNameOf255Bytes(benchmark::State& state) {
  Converse(state, kGreeting, Bytes({5, 1, 0, 3, 255}) + std::string(255, 'a') + Bytes({0, 80}));
}
BENCHMARK(Socks5ConnectByNameOf255Bytes);

// Three messages: greeting, credentials (RFC 1929), request. Their check is not in it.
void Socks5ConnectWithPassword(benchmark::State& state) {
  constexpr uint8_t kMethods[] = {kMethodPassword};
  const std::string greeting = Bytes({5, 1, 2});
  const std::string auth = Bytes({1, 5}) + "alice" + Bytes({6}) + "secret";
  const std::string request = Bytes({5, 1, 0, 1, 192, 0, 2, 1, 0, 80});
  const Endpoint bound{Address::FromV4({192, 0, 2, 7}), 40000};
  for (auto _ : state) {
    Handshake handshake({.socks4 = true, .methods = kMethods});
    size_t consumed = 0;
    handshake.Feed(AsSpan(greeting), &consumed);
    handshake.TakeOutput();
    if (handshake.Feed(AsSpan(auth), &consumed) != Handshake::Step::kAuthenticate) {
      state.SkipWithError("the credentials were not understood");
    }
    benchmark::DoNotOptimize(handshake.credentials().user.data());
    handshake.Authenticated();
    handshake.TakeOutput();
    if (handshake.Feed(AsSpan(request), &consumed) != Handshake::Step::kDecide) {
      state.SkipWithError("the request was not understood");
    }
    handshake.Succeed(bound);
    benchmark::DoNotOptimize(handshake.output().data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(Socks5ConnectWithPassword);

void Socks4Connect(benchmark::State& state) {
  Converse(state, Bytes({4, 1, 0, 80, 192, 0, 2, 1}), Bytes({'u', 's', 'e', 'r', 0}));
}
BENCHMARK(Socks4Connect);

}  // namespace
}  // namespace sluice
