#include "tools/admin/store/request_rows.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "relay/close_reason.h"
#include "relay/log/session_words.h"

namespace sluice {
namespace {

constexpr char kColumns[] =
    "number,at,revision,weight,started,shard,session,version,client,auth,auth_failed,user,command,"
    "name,address,target,egress,rule,reply,bytes_up,bytes_down,bound,datagrams_up,datagrams_down,"
    "datagrams_dropped,ended_by,state,why,missing,error";
constexpr int kColumnCount = 30;

// Sixteen bytes and a port, as in a packet.
using EndpointBytes = std::array<char, 18>;

EndpointBytes BytesOf(const Endpoint& endpoint) {
  EndpointBytes bytes;
  std::copy_n(endpoint.address.bytes().begin(), 16, bytes.begin());
  bytes[16] = static_cast<char>(endpoint.port >> 8);
  bytes[17] = static_cast<char>(endpoint.port & 0xff);
  return bytes;
}

Endpoint EndpointOf(std::string_view bytes) {
  if (bytes.size() != std::tuple_size_v<EndpointBytes>) return {};
  std::array<uint8_t, 16> address;
  std::copy_n(bytes.begin(), 16, address.begin());
  return {Address::FromV6(address), static_cast<uint16_t>(static_cast<uint8_t>(bytes[16]) << 8 |
                                                          static_cast<uint8_t>(bytes[17]))};
}

// The one that is called so; the first of all where none is.
template <typename Word>
Word FromWord(std::string_view text, Word last) {
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    if (ToString(static_cast<Word>(i)) == text) return static_cast<Word>(i);
  }
  return Word{};
}

Version VersionOf(std::string_view word) {
  for (const Version version : {Version::kSocks4, Version::kSocks4a, Version::kSocks5}) {
    if (VersionWord(version) == word) return version;
  }
  return Version::kUnknown;
}

Command CommandOf(std::string_view word) {
  for (const Command command : {Command::kBind, Command::kUdpAssociate}) {
    if (CommandWord(command) == word) return command;
  }
  return Command::kConnect;
}

std::string_view View(const EndpointBytes& bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

std::string CreateRequestsSql(const std::string& table) {
  std::string columns = kColumns;
  columns.replace(0, std::string_view("number").size(), "number INTEGER PRIMARY KEY");
  return absl::StrCat("CREATE TABLE ", table, "(", columns, ")");
}

std::string InsertRequestSql(const std::string& table) {
  std::string places = "?";
  for (int i = 1; i < kColumnCount; ++i) places += ",?";
  return absl::StrCat("INSERT INTO ", table, "(", kColumns, ") VALUES(", places, ")");
}

std::string SelectRequestsSql(const std::string& table) {
  return absl::StrCat("SELECT ", kColumns, " FROM ", table,
                      " WHERE at>=? AND at<? AND number<? ORDER BY number DESC");
}

void BindRequest(const LoggedRequest& request, Statement* insert) {
  const AccessRecord& r = request.record;
  const EndpointBytes client = BytesOf(r.client), address = BytesOf(r.requested_address),
                      target = BytesOf(r.target), egress = BytesOf(r.egress),
                      bound = BytesOf(r.bound);
  // A blob, or nothing.
  const auto known = [](bool is_known, const EndpointBytes& bytes) {
    return Blob{is_known ? View(bytes) : std::string_view()};
  };
  const bool has_egress = r.egress.port != 0 || !r.egress.address.is_unspecified();
  insert->Bind(request.number, request.at, request.revision, request.weight, r.started,
               int64_t{r.shard}, r.session, VersionWord(r.version), Blob{View(client)},
               ToString(r.auth), ToString(r.auth_verdict), r.user.view(),
               r.requested ? CommandWord(r.command) : std::string_view(), r.name.view(),
               known(r.requested, address), known(r.dialled, target), known(has_egress, egress),
               r.rule.view());
  if (r.replied) {
    insert->Bind(static_cast<int>(r.reply));
  } else {
    insert->Bind(nullptr);
  }
  insert->Bind(r.bytes_up, r.bytes_down, known(r.bound.port != 0, bound), r.datagrams_up,
               r.datagrams_down, r.datagrams_dropped, ToString(r.ended_by), ToString(r.state),
               r.why, r.missing.view(), r.error);
}

void ReadRequest(const Statement& row, LoggedRequest* request) {
  request->number = row.Int(0);
  request->at = row.Time(1);
  request->revision = row.Int(2);
  request->weight = static_cast<uint32_t>(row.Int(3));
  AccessRecord& r = request->record;
  r.started = row.Time(4);
  r.duration = request->at - r.started;
  r.shard = static_cast<uint16_t>(row.Int(5));
  r.session = row.Count(6);
  r.version = VersionOf(row.Text(7));
  r.client = EndpointOf(row.Bytes(8));
  r.auth = FromWord(row.Text(9), SessionAuth::kIdent);
  r.auth_verdict = FromWord(row.Text(10), AuthVerdict::kBroken);
  r.user.Set(row.Text(11));
  const std::string_view command = row.Text(12);
  r.requested = !command.empty();
  r.command = CommandOf(command);
  r.name.Set(row.Text(13));
  r.requested_address = EndpointOf(row.Bytes(14));
  const std::string_view target = row.Bytes(15);
  r.dialled = !target.empty();
  r.target = EndpointOf(target);
  r.egress = EndpointOf(row.Bytes(16));
  r.rule.Set(row.Text(17));
  r.replied = !row.IsNull(18);
  r.reply = static_cast<Rep>(row.Int(18));
  r.bytes_up = row.Count(19);
  r.bytes_down = row.Count(20);
  r.bound = EndpointOf(row.Bytes(21));
  r.datagrams_up = row.Count(22);
  r.datagrams_down = row.Count(23);
  r.datagrams_dropped = row.Count(24);
  r.ended_by = FromWord(row.Text(25), EndedBy::kGateway);
  r.state = FromWord(row.Text(26), SessionState::kQuiescence);
  r.why = row.Text(27);
  r.missing.Set(row.Text(28));
  r.error = static_cast<int>(row.Int(29));
}

}  // namespace sluice
