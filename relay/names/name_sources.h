#ifndef SLUICE_RELAY_NAMES_NAME_SOURCES_H_
#define SLUICE_RELAY_NAMES_NAME_SOURCES_H_

// NameSources: what names are looked up with, as the host's files said it last. Both are read off
// the shards' threads; every shard holds the same ones. Who has read them keeps them for as long as
// a shard does, so that freeing a long table is no shard's work. Any thread.

#include <memory>

#include "relay/names/hosts_table.h"
#include "relay/names/name_servers.h"

namespace sluice {

struct NameSources {
  std::shared_ptr<const NameServers> servers;
  std::shared_ptr<const HostsTable> hosts;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_NAMES_NAME_SOURCES_H_
