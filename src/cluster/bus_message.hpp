// BusMessage: what nodes send each other: who says it, and items of many kinds. Nodes of other
// versions are among them: a message of another format is skipped whole, an item of an unknown kind
// by itself, and fields behind those that are known are ignored. No I/O; a reader trusts nobody.
//
//   message = version (1), header as a text, items
//   header  = sequence (8 bytes), incarnation (8 bytes), node (text)
//   item    = kind (1), body as a text
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/wire.hpp"
#include "hub/parcel.hpp"
#include "hub/user_record.hpp"

namespace microframe::cluster {

enum class ItemKind : std::uint8_t {
  for_everyone = 1,  // ForEveryone
  in_room = 2,       // InRoom
  for_users = 3,     // ForUsers
  join_user = 4,     // UserAndText: a room
  leave_user = 5,    // UserAndText: a room
  disconnect = 6,    // UserAndText: a reason
  evict = 7,         // UserAndText: ""
  changes = 8,       // Records: what has changed since the number before
  whole_begin = 9,   // a number: all records follow, as they were told up to this number
  whole_part = 10,   // Records
  whole_end = 11,    // a number: the same again
  ask_whole = 12,    // nothing
  beat = 13,         // a number: of the changes told last
  goodbye = 14,      // nothing
  probe = 15,        // a number: when it was sent
  letter = 16,       // UserAndText: of no user, what an endpoint says to itself elsewhere
  ask_known = 17,    // a number: whether all that was said before has been heard
  known = 18,        // the same number: it has
};

// Who says it. node: a view.
struct BusHeader {
  std::string_view node;
  std::uint64_t incarnation = 0;
  std::uint64_t sequence = 0;  // among all messages of the incarnation
};

class BusWriter {
 public:
  BusWriter(std::string_view node, std::uint64_t incarnation);

  void add(ItemKind kind, std::string_view body);
  bool empty() const { return items_ == 0; }
  std::size_t size() const { return bytes_.size(); }
  // The message, with its sequence number. The writer is not used any more.
  std::string take(std::uint64_t sequence);

 private:
  std::string bytes_;
  std::size_t sequence_at_ = 0;
  std::size_t items_ = 0;
};

class BusReader {
 public:
  struct Item {
    std::uint8_t kind = 0;  // an ItemKind, or one of a later version
    std::string_view body;
  };

  // bytes: outlive the reader and what it gives.
  explicit BusReader(std::string_view bytes);

  // nullopt if the message has another format, or none.
  const std::optional<BusHeader>& header() const { return header_; }
  // nullopt at the end, or where no item can be read any more.
  std::optional<Item> next();

 private:
  base::WireReader reader_;
  std::optional<BusHeader> header_;
};

// --- bodies: views of what they are read from; nullopt if the bytes are none

struct ForEveryone {
  std::string_view endpoint;
  hub::Parcel parcel;
};
struct InRoom {
  std::string_view endpoint;
  std::string_view room;
  hub::Parcel parcel;
};
struct ForUsers {
  std::string_view endpoint;
  std::vector<std::string_view> users;
  hub::Parcel parcel;
};
struct UserAndText {
  std::string_view endpoint;
  std::string_view user;
  std::string_view text;
};
struct Record {
  std::string_view endpoint;
  std::string_view user;
  hub::UserRecord record;  // empty: the user has nothing there any more
};
struct Records {
  std::uint64_t number = 0;
  std::vector<Record> records;
};

std::string write_body(const ForEveryone& body);
std::string write_body(const InRoom& body);
std::string write_body(const ForUsers& body);
std::string write_body(const UserAndText& body);
std::string write_body(const Records& body);
std::string write_number(std::uint64_t number);

std::optional<ForEveryone> read_for_everyone(std::string_view bytes);
std::optional<InRoom> read_in_room(std::string_view bytes);
std::optional<ForUsers> read_for_users(std::string_view bytes);
std::optional<UserAndText> read_user_and_text(std::string_view bytes);
std::optional<Records> read_records(std::string_view bytes);
std::optional<std::uint64_t> read_number(std::string_view bytes);

}  // namespace microframe::cluster
