// Annals: all that was ever said in rooms, where it stands there and who is not to see it: what the
// views of members are measured by. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace microframe::simulation::sessions {

// Who reads: a user, in a session.
struct Reader {
  std::string_view user;
  std::string_view session;  // "" for none
};

class Annals {
 public:
  struct Entry {
    std::string room;
    std::string not_user;     // "" for nobody
    std::string not_session;  // the same
    std::string epoch;        // "" in a room that keeps nothing
    std::uint64_t offset = 0;

    bool hidden_from(const Reader& reader) const {
      return (!not_user.empty() && not_user == reader.user) || hidden_from_session(reader.session);
    }
    bool hidden_from_session(std::string_view session) const {
      return !not_session.empty() && not_session == session;
    }
  };

  // returns: the number of what is about to be said.
  unsigned begin(Entry entry);
  // The hub has given the message its place.
  // errors: Violation, unless the place is the next of its epoch.
  void place(unsigned number, const std::string& epoch, std::uint64_t offset);

  // errors: Violation, where nobody has said it.
  const Entry& of(std::uint64_t number) const;
  const Entry& at(const std::string& epoch, std::uint64_t offset) const;
  // Of the latest message; 0: there is none.
  std::uint64_t last_offset(const std::string& epoch) const;

 private:
  std::vector<Entry> entries_;
  std::map<std::string, std::vector<unsigned>> epochs_;  // numbers, by offset
};

}  // namespace microframe::simulation::sessions
