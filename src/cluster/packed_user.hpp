// PackedUser: a user and its record in one block of memory, about as many bytes as it has letters.
// Rooms are numbers here, which the owner gives. No I/O.
//
//   block = its size (4 bytes), mark (1), user (text), present, receiving, rooms, then for each of
//           them its number and the devices there (record_codec.hpp)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/wire.hpp"
#include "hub/presence.hpp"
#include "hub/user_record.hpp"

namespace microframe::cluster {

// Shows a block, which outlives it.
class PackedUser {
 public:
  using Block = std::unique_ptr<char[]>;
  struct Packed {
    Block block;
    std::size_t size = 0;
  };

  // rooms: the numbers of the record's rooms, in their order.
  static Packed pack(std::string_view user, const hub::UserRecord& record,
                     const std::vector<std::uint32_t>& rooms);
  static std::uint32_t hash_of(std::string_view user);

  explicit PackedUser(const char* block) : block_(block) {}

  std::uint32_t hash() const { return hash_of(user()); }
  // What its owner writes on it.
  static void set_mark(char* block, std::uint8_t mark);
  std::uint8_t mark() const { return static_cast<std::uint8_t>(block_[sizeof(std::uint32_t)]); }
  std::string_view user() const;
  std::uint32_t present() const;
  std::uint32_t receiving() const;
  std::size_t size() const;  // of the block, in bytes
  // Calls visit(number, reader) for each room, where the reader is before the devices there, and the
  // visitor reads or skips them.
  template <class Visit>
  void for_each_room(Visit&& visit) const {
    base::WireReader reader = after_user();
    reader.number();
    reader.number();
    for (std::uint64_t left = reader.number(); left > 0; --left) {
      const auto room = static_cast<std::uint32_t>(reader.number());
      visit(room, reader);
    }
  }

 private:
  base::WireReader after_user() const;

  const char* block_;
};

}  // namespace microframe::cluster
