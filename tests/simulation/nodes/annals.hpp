// Annals: all that was ever said, whom it is not for, who has heard it; and of what no log keeps, who
// must still hear it. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace microframe::simulation::nodes {

inline constexpr std::size_t kClientsMax = 8;

// Who reads: a user, in a session.
struct Reader {
  std::string_view user;
  std::string_view session;
};

struct Message {
  enum class Kind : unsigned char { in_room, for_everyone, for_user };

  bool hidden_from(const Reader& reader) const {
    return (!not_user.empty() && not_user == reader.user) ||
           (!not_session.empty() && not_session == reader.session);
  }

  Kind kind = Kind::in_room;
  std::string to;           // a room or a user
  std::string not_user;     // "": nobody
  std::string not_session;  // the same
  std::size_t from = 0;     // the place of the node
  std::uint64_t turn = 0;   // when it was said, among all that has happened
  bool is_logged = false;
  bool is_acknowledged = false;
  unsigned heard = 0;  // by which clients, as bits
  unsigned owed = 0;   // to which clients
};

class Annals {
 public:
  // returns: its number.
  std::uint64_t begin(Message message);
  // errors: Violation, where nobody has said it.
  Message& of(std::uint64_t number);
  const Message& of(std::uint64_t number) const { return const_cast<Annals*>(this)->of(number); }
  const std::vector<Message>& all() const { return messages_; }

  // The client is at the node of that place.
  void place(std::size_t client, std::size_t node) { nodes_[client] = node; }
  // The client hears it.
  void hear(std::uint64_t number, std::size_t client);
  // What is under way to that node, or from it, may be lost.
  void excuse_node(std::size_t node);
  // The client need not hear what is still under way to it; room: there, "": anywhere.
  void excuse_client(std::size_t client, std::string_view room);
  // errors: Violation, if somebody has still not heard what it must.
  void check_settled() const;

 private:
  template <class Excuse>
  void for_each_owed(Excuse&& excuse);

  std::vector<Message> messages_;
  std::vector<std::uint64_t> unsettled_;  // numbers of those that may be owed
  std::array<std::size_t, kClientsMax> nodes_{};
};

}  // namespace microframe::simulation::nodes
