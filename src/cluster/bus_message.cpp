#include "cluster/bus_message.hpp"

#include <utility>

#include "cluster/parcel_codec.hpp"
#include "cluster/record_codec.hpp"

namespace microframe::cluster {
namespace {

constexpr std::uint8_t kVersion = 1;

// returns: what was read, if all of it could be.
template <class Body>
std::optional<Body> if_read(const base::WireReader& reader, Body body) {
  if (!reader.ok()) return std::nullopt;
  return body;
}

// Reads the parcel behind what was read already.
template <class Body>
std::optional<Body> with_parcel(base::WireReader& reader, Body body) {
  auto parcel = read_parcel(reader.text());
  if (!parcel || !reader.ok()) return std::nullopt;
  body.parcel = std::move(*parcel);
  return body;
}

}  // namespace

BusWriter::BusWriter(std::string_view node, std::uint64_t incarnation) {
  std::string header;
  base::WireWriter in_header(header);
  in_header.fixed(0);
  in_header.fixed(incarnation);
  in_header.text(node);
  base::WireWriter writer(bytes_);
  writer.byte(kVersion);
  writer.text(header);
  sequence_at_ = bytes_.size() - header.size();
}

void BusWriter::add(ItemKind kind, std::string_view body) {
  base::WireWriter writer(bytes_);
  writer.byte(static_cast<std::uint8_t>(kind));
  writer.text(body);
  ++items_;
}

std::string BusWriter::take(std::uint64_t sequence) {
  std::string bytes;
  base::WireWriter(bytes).fixed(sequence);
  bytes_.replace(sequence_at_, bytes.size(), bytes);
  return std::move(bytes_);
}

BusReader::BusReader(std::string_view bytes) : reader_(bytes) {
  if (reader_.byte() != kVersion) return;
  base::WireReader in_header(reader_.text());
  BusHeader header;
  header.sequence = in_header.fixed();
  header.incarnation = in_header.fixed();
  header.node = in_header.text();
  if (reader_.ok()) header_ = if_read(in_header, header);
}

std::optional<BusReader::Item> BusReader::next() {
  if (!header_ || reader_.at_end()) return std::nullopt;
  Item item;
  item.kind = reader_.byte();
  item.body = reader_.text();
  return if_read(reader_, item);
}

std::string write_body(const ForEveryone& body) {
  std::string bytes;
  base::WireWriter writer(bytes);
  writer.text(body.endpoint);
  writer.text(write_parcel(body.parcel));
  return bytes;
}

std::string write_body(const InRoom& body) {
  std::string bytes;
  base::WireWriter writer(bytes);
  writer.text(body.endpoint);
  writer.text(body.room);
  writer.text(write_parcel(body.parcel));
  return bytes;
}

std::string write_body(const ForUsers& body) {
  std::string bytes;
  base::WireWriter writer(bytes);
  writer.text(body.endpoint);
  writer.number(body.users.size());
  for (const std::string_view user : body.users) writer.text(user);
  writer.text(write_parcel(body.parcel));
  return bytes;
}

std::string write_body(const UserAndText& body) {
  std::string bytes;
  base::WireWriter writer(bytes);
  writer.text(body.endpoint);
  writer.text(body.user);
  writer.text(body.text);
  return bytes;
}

std::string write_body(const Records& body) {
  std::string bytes;
  base::WireWriter writer(bytes);
  writer.number(body.number);
  writer.number(body.records.size());
  for (const Record& record : body.records) {
    writer.text(record.endpoint);
    writer.text(record.user);
    writer.text(write_record(record.record));
  }
  return bytes;
}

std::string write_number(std::uint64_t number) {
  std::string bytes;
  base::WireWriter(bytes).number(number);
  return bytes;
}

std::optional<ForEveryone> read_for_everyone(std::string_view bytes) {
  base::WireReader reader(bytes);
  ForEveryone body;
  body.endpoint = reader.text();
  return with_parcel(reader, std::move(body));
}

std::optional<InRoom> read_in_room(std::string_view bytes) {
  base::WireReader reader(bytes);
  InRoom body;
  body.endpoint = reader.text();
  body.room = reader.text();
  return with_parcel(reader, std::move(body));
}

std::optional<ForUsers> read_for_users(std::string_view bytes) {
  base::WireReader reader(bytes);
  ForUsers body;
  body.endpoint = reader.text();
  for (std::uint64_t left = reader.number(); left > 0 && reader.ok(); --left)
    body.users.push_back(reader.text());
  return with_parcel(reader, std::move(body));
}

std::optional<UserAndText> read_user_and_text(std::string_view bytes) {
  base::WireReader reader(bytes);
  UserAndText body;
  body.endpoint = reader.text();
  body.user = reader.text();
  body.text = reader.text();
  return if_read(reader, body);
}

std::optional<Records> read_records(std::string_view bytes) {
  base::WireReader reader(bytes);
  Records body;
  body.number = reader.number();
  for (std::uint64_t left = reader.number(); left > 0 && reader.ok(); --left) {
    Record one;
    one.endpoint = reader.text();
    one.user = reader.text();
    auto record = read_record(reader.text());
    if (!record) return std::nullopt;
    one.record = std::move(*record);
    body.records.push_back(std::move(one));
  }
  return if_read(reader, std::move(body));
}

std::optional<std::uint64_t> read_number(std::string_view bytes) {
  base::WireReader reader(bytes);
  const std::uint64_t number = reader.number();
  return if_read(reader, number);
}

}  // namespace microframe::cluster
