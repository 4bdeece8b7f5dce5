#include "relay/names/cares_lookup.h"

#include <ares.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {

absl::Status CaresLookup::InitLibrary() {
  const int status = ares_library_init(ARES_LIB_INIT_ALL);
  if (status == ARES_SUCCESS) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("c-ares cannot start: ", ares_strerror(status)));
}

absl::StatusOr<std::unique_ptr<CaresLookup>> CaresLookup::Open(const NameSources& sources) {
  auto lookup = std::unique_ptr<CaresLookup>(new CaresLookup);
  if (absl::Status status = lookup->Hand(sources); !status.ok()) return status;
  return lookup;
}

CaresLookup::~CaresLookup() = default;

// --- Sources

absl::Status CaresLookup::Hand(const NameSources& sources) {
  Handed handed{sources, {}};
  if (sources.servers != handed_servers_) {
    for (const Endpoint& server : sources.servers->conf().servers) {
      auto channel = CaresChannel::Open(server, sources.servers->conf().timeout);
      if (!channel.ok()) return channel.status();
      handed.channels.push_back(*std::move(channel));
    }
  }
  handed_servers_ = sources.servers;
  const std::lock_guard<std::mutex> lock(mutex_);
  // Two in a row, and the shard has not woken between them.
  if (handed_.has_value() && handed.channels.empty()) handed.channels.swap(handed_->channels);
  handed_ = std::move(handed);
  return absl::OkStatus();
}

std::optional<NameSources> CaresLookup::TakeSources() {
  std::optional<Handed> handed;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    handed.swap(handed_);
  }
  ForgetRetired();
  if (!handed.has_value()) return std::nullopt;
  if (!handed->channels.empty()) {
    for (auto& channel : channels_) {
      channel->Stop();
      retired_.push_back(std::move(channel));
    }
    channels_ = std::move(handed->channels);
    ForgetRetired();
  }
  return std::move(handed->sources);
}

void CaresLookup::ForgetRetired() {
  std::erase_if(retired_, [](const auto& channel) { return channel->quiet(); });
}

// --- Questions

void CaresLookup::Ask(size_t server, std::string_view name, AddressFamily family, uint64_t ticket,
                      NameLookup::Receiver& receiver) {
  receiver_ = &receiver;
  CaresChannel& channel = *channels_[server];
  channel.Attach(*loop_, *this);
  channel.Ask(name, family, ticket);
}

void CaresLookup::OnAnswered(CaresChannel& channel, uint64_t ticket, const FamilyAnswer& answer) {
  const auto found = std::find_if(channels_.begin(), channels_.end(),
                                  [&](const auto& other) { return other.get() == &channel; });
  receiver_->OnAsked(ticket, static_cast<size_t>(found - channels_.begin()), answer);
}

// --- The end

void CaresLookup::Stop() {
  for (auto& channel : channels_) channel->Stop();
  for (auto& channel : retired_) channel->Stop();
}

bool CaresLookup::quiet() const {
  const auto is_quiet = [](const auto& channel) { return channel->quiet(); };
  return std::all_of(channels_.begin(), channels_.end(), is_quiet) &&
         std::all_of(retired_.begin(), retired_.end(), is_quiet);
}

}  // namespace sluice
