// What comes over the bus and out of a log: any bytes, from a node of any version.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cluster/bus_message.hpp"
#include "cluster/parcel_codec.hpp"

namespace {

namespace cluster = microframe::cluster;

void check(bool holds) {
  if (!holds) std::abort();
}

// What was read is written, and read, as the same.
template <class Body, class Read>
void check_again(const std::optional<Body>& body, Read&& read) {
  if (!body) return;
  const std::string bytes = write_body(*body);
  const auto again = read(bytes);
  check(again && write_body(*again) == bytes);
}

void check_body(std::string_view body) {
  check_again(cluster::read_for_everyone(body), cluster::read_for_everyone);
  check_again(cluster::read_in_room(body), cluster::read_in_room);
  check_again(cluster::read_for_users(body), cluster::read_for_users);
  check_again(cluster::read_user_and_text(body), cluster::read_user_and_text);
  check_again(cluster::read_records(body), cluster::read_records);
  cluster::read_number(body);
  if (const auto parcel = cluster::read_entry(body)) {
    const std::string bytes = cluster::write_entry(*parcel);
    const auto again = cluster::read_entry(bytes);
    check(again && again->content == parcel->content && cluster::write_entry(*again) == bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_body(bytes);
  cluster::BusReader reader(bytes);
  while (const auto item = reader.next()) check_body(item->body);
  return 0;
}
