#include "cluster/packed_user.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>

#include "cluster/record_codec.hpp"

namespace microframe::cluster {
namespace {

constexpr std::size_t kHeaderBytes = sizeof(std::uint32_t) + 1;

}  // namespace

PackedUser::Packed PackedUser::pack(std::string_view user, const hub::UserRecord& record,
                                    const std::vector<std::uint32_t>& rooms) {
  std::string bytes(kHeaderBytes, '\0');
  base::WireWriter writer(bytes);
  writer.text(user);
  writer.number(record.present);
  writer.number(record.receiving);
  writer.number(rooms.size());
  for (std::size_t i = 0; i < rooms.size(); ++i) {
    writer.number(rooms[i]);
    write_devices(writer, record.rooms[i].devices);
  }
  const auto size = static_cast<std::uint32_t>(bytes.size());
  std::memcpy(bytes.data(), &size, sizeof size);
  Packed packed{std::make_unique<char[]>(bytes.size()), bytes.size()};
  std::copy(bytes.begin(), bytes.end(), packed.block.get());
  return packed;
}

std::uint32_t PackedUser::hash_of(std::string_view user) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>()(user));
}

void PackedUser::set_mark(char* block, std::uint8_t mark) {
  block[sizeof(std::uint32_t)] = static_cast<char>(mark);
}

std::size_t PackedUser::size() const {
  std::uint32_t size = 0;
  std::memcpy(&size, block_, sizeof size);
  return size;
}

std::string_view PackedUser::user() const {
  return base::WireReader({block_ + kHeaderBytes, size() - kHeaderBytes}).text();
}

base::WireReader PackedUser::after_user() const {
  base::WireReader reader({block_ + kHeaderBytes, size() - kHeaderBytes});
  reader.text();
  return reader;
}

std::uint32_t PackedUser::present() const {
  return static_cast<std::uint32_t>(after_user().number());
}

std::uint32_t PackedUser::receiving() const {
  base::WireReader reader = after_user();
  reader.number();
  return static_cast<std::uint32_t>(reader.number());
}

}  // namespace microframe::cluster
