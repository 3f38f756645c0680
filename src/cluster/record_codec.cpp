#include "cluster/record_codec.hpp"

#include <boost/json/object.hpp>
#include <cstdint>
#include <limits>
#include <utility>

#include "base/parse_json.hpp"

namespace microframe::cluster {
namespace {

std::uint32_t read_count(base::WireReader& reader) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
  const std::uint64_t value = reader.number();
  return static_cast<std::uint32_t>(value < kMax ? value : kMax);
}

bool is_empty_object(const Json& meta) {
  return meta.is_object() && meta.get_object().empty();
}

Json read_meta(std::string_view text) {
  std::string why;
  if (!text.empty())
    if (auto meta = base::parse_json(text, why)) return std::move(*meta);
  return boost::json::object();
}

}  // namespace

void write_devices(base::WireWriter& writer, const std::vector<hub::Presence::Device>& devices) {
  writer.number(devices.size());
  for (const hub::Presence::Device& device : devices) {
    writer.text(device.id);
    writer.text(is_empty_object(device.meta) ? std::string() : to_text(device.meta));
  }
}

std::vector<hub::Presence::Device> read_devices(base::WireReader& reader) {
  std::vector<hub::Presence::Device> devices;
  for (std::uint64_t left = reader.number(); left > 0 && reader.ok(); --left) {
    hub::Presence::Device device;
    device.id = reader.text();
    device.meta = read_meta(reader.text());
    devices.push_back(std::move(device));
  }
  return devices;
}

void skip_devices(base::WireReader& reader) {
  for (std::uint64_t left = reader.number(); left > 0 && reader.ok(); --left) {
    reader.text();
    reader.text();
  }
}

std::string write_record(const hub::UserRecord& record) {
  std::string bytes;
  base::WireWriter writer(bytes);
  writer.number(record.present);
  writer.number(record.receiving);
  writer.number(record.rooms.size());
  for (const hub::UserRecord::InRoom& in : record.rooms) {
    writer.text(in.room);
    write_devices(writer, in.devices);
  }
  return bytes;
}

std::optional<hub::UserRecord> read_record(std::string_view bytes) {
  hub::UserRecord record;
  base::WireReader reader(bytes);
  record.present = read_count(reader);
  record.receiving = read_count(reader);
  for (std::uint64_t left = reader.number(); left > 0 && reader.ok(); --left) {
    hub::UserRecord::InRoom in;
    in.room = reader.text();
    in.devices = read_devices(reader);
    const bool in_order = record.rooms.empty() || record.rooms.back().room < in.room;
    if (!in_order) return std::nullopt;
    record.rooms.push_back(std::move(in));
  }
  if (!reader.ok()) return std::nullopt;
  return record;
}

}  // namespace microframe::cluster
