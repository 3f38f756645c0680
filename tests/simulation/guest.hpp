// Guest: a hub's member as the simulation knows it, with a record of what it must receive, what it
// may receive, and what it has received.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hub/member.hpp"

namespace microframe::simulation {

class Shadow;

// What a frame that goes through the hub says of itself:
// "kind|sender|number|target|user|device|padding".
struct Note {
  enum class Kind : char { everyone = 'b', room = 'r', user = 'p' };
  Kind kind = Kind::everyone;
  unsigned sender = 0;        // a connection's id, or 0 for a thread without one
  unsigned number = 0;        // of its messages, rising
  std::string_view target;    // room or user
  std::string_view left_out;  // a user, or ""
  unsigned left_out_device = 0;
};
std::string to_text(const Note& note, std::string_view padding);
Note parse_note(std::string_view text);

// What the model knows of a guest. The guest keeps it; the shadow reads and writes it.
struct Record {
  enum class Presence : unsigned char { absent, present, leaving, removed };
  struct Owed {
    unsigned sender;
    unsigned number;
    std::string room;       // "" for everyone's and its own
    bool under_way = true;  // the call that sends it has not returned
  };

  Presence presence = Presence::absent;
  bool evicted = false;  // told to go, for a newer device
  std::set<std::string, std::less<>> rooms;
  // Of joins and leaves made on other loops: how many posts its loop must have run for them to have
  // come into force.
  std::map<std::string, std::uint64_t, std::less<>> seated_after;
  std::map<std::string, std::uint64_t, std::less<>> unseated_after;
  std::vector<Owed> owed;
  std::map<unsigned, unsigned> last_number;  // by sender
};

class Guest : public hub::Member {
 public:
  Guest(unsigned id, std::string user, std::size_t loop, Shadow& shadow)
      : Member(std::move(user), loop), id_(id), shadow_(shadow) {}

  unsigned id() const { return id_; }
  Record& record() { return record_; }
  const Record& record() const { return record_; }
  // As the hub should know them.
  bool is_present() const { return record_.presence == Record::Presence::present; }
  const std::set<std::string, std::less<>>& rooms() const { return record_.rooms; }

 protected:
  // hub::Sink
  void deliver(const base::Frame& frame) override;
  // A frame that has passed the checks. `text` is its payload.
  virtual void received(const base::SharedBuffer& frame, std::string_view text) = 0;

 private:
  const unsigned id_;
  Shadow& shadow_;
  Record record_;
};

}  // namespace microframe::simulation
