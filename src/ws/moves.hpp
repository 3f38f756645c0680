// Moves: how a session of microframe.v1 comes from one node to another, as one endpoint does both sides
// of it. A node to which a client has come asks all others; the one that has the session watches from
// then on what the session is sent, and tells of its rooms. The new node then makes a place for it, so
// that whatever is sent reaches both, and fetches it. Threading: any thread; who asked is told on the
// broker's.
//
//   new node                     the others
//   seek  ------------------->   here (device, rooms), or no; or moved (it was here until lately)
//   (place is made, all nodes know of it)
//   fetch ------------------->   taken (the session), overtaken (the client is elsewhere), or no
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hub/elsewhere.hpp"
#include "hub/loop_port.hpp"
#include "ws/arrival.hpp"
#include "ws/departure.hpp"
#include "ws/session_export.hpp"
#include "ws/sessions.hpp"

namespace microframe::ws {

class Moves {
 public:
  // Asks that wait at once; past it, what is sought is not found.
  static constexpr std::size_t kAsksMax = 4'096;
  // A session that is on its way from one node to another is sought so often, while it is with neither.
  static constexpr int kRoundsMax = 100;
  // Of so many that have gone, the latest, it is known.
  static constexpr std::size_t kGoneMax = 1'024;

  // All outlive it.
  Moves(const Endpoint& endpoint, const Sessions& sessions, hub::Elsewhere& elsewhere,
        const std::vector<hub::LoopPort*>& loops)
      : endpoint_(endpoint), sessions_(sessions), elsewhere_(elsewhere), loops_(loops) {}

  using Wanted = Arrival::Wanted;
  using Place = Arrival::Place;

  bool has_others() const { return !elsewhere_.nodes().empty(); }
  // Place::node is "" where no node has the session, and the broker keeps it.
  // found: called once, unless some node does not answer: who asks has a clock, and forgets.
  // returns: the number to forget it by.
  using Found = std::function<void(std::optional<Place>)>;
  std::uint64_t seek(const Wanted& wanted, const Found& found);
  // node: Place::node. told: as found.
  using Fetched = std::function<void(Departure::End end, std::optional<SessionExport> session)>;
  std::uint64_t fetch(const std::string& node, const Wanted& wanted, const Fetched& told);
  void forget(std::uint64_t number);
  // A session that no node has, as it is kept in the broker.
  struct Kept {
    std::string secret;
    std::string user;
    std::uint64_t device = 0;
    SessionExport session;
  };
  void keep(const std::string& name, const Kept& kept, std::chrono::milliseconds for_time);
  // told: when all nodes send here what is for the users here; as Elsewhere has it.
  void when_known(std::function<void()> told) { elsewhere_.when_known(std::move(told)); }

  // As Arrivals has it.
  void letter(std::string_view node, std::string_view bytes);

 private:
  struct Ask {
    Wanted wanted;
    std::set<std::string, std::less<>> left;  // who has not answered
    bool has_moved = false;                   // as one of them says
    int rounds = 0;
    Found found;
    Fetched fetched;
  };

  std::optional<std::uint64_t> add(Ask ask);
  std::optional<Ask> take(std::uint64_t number);
  void ask_again(std::uint64_t number, Ask ask);
  void say_no(std::string_view node, std::uint64_t number);
  bool has_gone(const std::string& session);
  void note_gone(const std::string& session);
  void heard_seek(const std::string& node, std::uint64_t number, const Wanted& wanted);
  void heard_fetch(const std::string& node, std::uint64_t number, const Wanted& wanted);
  void heard_here(std::uint64_t number, Place place);
  void heard_no(std::string_view node, std::uint64_t number, bool has_moved);
  void heard_end(std::uint64_t number, Departure::End end, std::string_view bytes);
  // Asks the broker for what nobody has.
  void look_up(const Wanted& wanted, const Found& found);
  void take_kept(const Wanted& wanted, const Fetched& told);
  Sessions::Found find(const Wanted& wanted) const;
  void visit_loops(std::size_t first, std::function<void()> then) const;

  const Endpoint& endpoint_;
  const Sessions& sessions_;
  hub::Elsewhere& elsewhere_;
  const std::vector<hub::LoopPort*>& loops_;
  std::mutex mutex_;
  std::uint64_t number_ = 0;
  std::map<std::uint64_t, Ask> asks_;
  std::deque<std::string> gone_;
};

}  // namespace microframe::ws
