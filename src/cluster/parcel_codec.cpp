#include "cluster/parcel_codec.hpp"

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/wire.hpp"

namespace microframe::cluster {
namespace {

constexpr std::uint8_t kParcelEntry = 1;
constexpr std::uint8_t kBinaryFlag = 1;
constexpr std::uint8_t kJsonFlag = 2;
constexpr std::uint64_t kRuleMax = static_cast<std::uint64_t>(base::Shedding::Rule::superseded);

using ParcelKind = hub::Parcel::Kind;

// RFC 6455 §5.2: the opcode is the lower half of the first byte.
ParcelKind kind_of(const base::SharedBuffer& plain) {
  if (plain.is_json()) return ParcelKind::json;
  const bool has_header = plain.content().size() < plain.size();
  return has_header && (std::to_integer<int>(plain.bytes()[0]) & 0x0F) == 2 ? ParcelKind::binary
                                                                            : ParcelKind::text;
}

std::uint8_t flags_of(ParcelKind kind) {
  if (kind == ParcelKind::text) return 0;
  return kind == ParcelKind::binary ? kBinaryFlag : kJsonFlag;
}

ParcelKind read_kind(std::uint8_t flags) {
  if ((flags & kBinaryFlag) != 0) return ParcelKind::binary;
  return (flags & kJsonFlag) != 0 ? ParcelKind::json : ParcelKind::text;
}

hub::Parcel parcel_of(const base::Frame& frame, const std::vector<std::string>& hidden_from,
                      std::string_view hidden_session) {
  hub::Parcel parcel;
  parcel.kind = kind_of(frame.plain());
  parcel.shedding = frame.plain().shedding();
  parcel.hidden_from.assign(hidden_from.begin(), hidden_from.end());
  parcel.hidden_session = hidden_session;
  parcel.content = base::as_text(frame.plain().content());
  return parcel;
}

}  // namespace

hub::Parcel parcel_of(const base::Frame& frame, const hub::HiddenFrom& hidden) {
  return parcel_of(frame, hidden.users, hidden.session);
}

// A device that is excluded is one of this node: its session may be elsewhere by then.
hub::Parcel parcel_of(const base::Frame& frame, const hub::Exclusion& exclusion) {
  return parcel_of(frame, exclusion.users,
                   exclusion.device ? exclusion.device->session() : std::string_view());
}

std::string write_parcel(const hub::Parcel& parcel) {
  std::string bytes;
  bytes.reserve(parcel.content.size() + parcel.hidden_session.size() + 32);
  base::WireWriter writer(bytes);
  writer.byte(flags_of(parcel.kind));
  writer.byte(static_cast<std::uint8_t>(parcel.shedding.rule));
  writer.number(parcel.shedding.stream);
  writer.text(parcel.hidden_session);
  writer.number(parcel.hidden_from.size());
  for (const std::string_view user : parcel.hidden_from) writer.text(user);
  writer.text(parcel.content);
  writer.number(parcel.id);
  return bytes;
}

std::optional<hub::Parcel> read_parcel(std::string_view bytes) {
  hub::Parcel parcel;
  base::WireReader reader(bytes);
  parcel.kind = read_kind(reader.byte());
  // A rule of a later version sheds nothing here.
  if (const std::uint8_t rule = reader.byte(); rule <= kRuleMax)
    parcel.shedding.rule = static_cast<base::Shedding::Rule>(rule);
  parcel.shedding.stream = reader.number();
  parcel.hidden_session = reader.text();
  for (std::uint64_t left = reader.number(); left > 0 && reader.ok(); --left)
    parcel.hidden_from.push_back(reader.text());
  parcel.content = reader.text();
  parcel.id = reader.number();
  if (!reader.ok()) return std::nullopt;
  return parcel;
}

std::string write_entry(const hub::Parcel& parcel) {
  std::string bytes(1, static_cast<char>(kParcelEntry));
  bytes += write_parcel(parcel);
  return bytes;
}

std::optional<hub::Parcel> read_entry(std::string_view bytes) {
  if (bytes.empty() || static_cast<std::uint8_t>(bytes.front()) != kParcelEntry)
    return std::nullopt;
  return read_parcel(bytes.substr(1));
}

}  // namespace microframe::cluster
