// Link: one simulated connection of a client's: what is under way in each direction, whole frames
// in order, until the network cuts it or goes silent, or an end leaves. The bytes below are
// simulated elsewhere (Wire).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/ref.hpp"
#include "v1/names.hpp"

namespace microframe::simulation::sessions {

class Host;

class Link : public base::RefCounted {
 public:
  struct Item {
    enum class Kind : unsigned char {
      request,   // up: the handshake's
      accepted,  // down: its answer; `bytes` is the subprotocol
      refused,   // down: the same; `code` is the status
      text,
      binary,
      close,
      end,  // without a Close
    };
    Kind kind;
    std::string bytes = {};
    std::uint16_t code = 1006;
    std::uint64_t count = 0;  // down: of a session's counted frames, its place; 0: it is none
  };

  Link(std::string shown, std::optional<v1::ResumeOffer> wanted, std::size_t server_loop)
      : token(std::move(shown)), offer(std::move(wanted)), loop(server_loop) {
    push_up({Item::Kind::request});
  }

  void push_up(Item item) {
    if (state_ == State::good) up_.push_back(std::move(item));
  }
  void push_down(Item item) {
    if (state_ == State::good && client_listens_) down_.push_back(std::move(item));
  }

  // The network loses what is under way, and both ends are told sooner or later.
  void cut() {
    if (state_ == State::cut) return;
    state_ = State::cut;
    up_.assign(1, {Item::Kind::end});
    down_.assign(1, {Item::Kind::end});
  }
  // The network loses what is under way and all that follows, and nobody is told before cut().
  void stall() {
    if (state_ != State::good) return;
    state_ = State::stalled;
    up_.clear();
    down_.clear();
  }
  bool is_stalled() const { return state_ == State::stalled; }
  // The client lets go of it.
  void drop() {
    client_listens_ = false;
    down_.clear();
    push_up({Item::Kind::end});
  }

  // held: on its way to its host, which has not taken it yet.
  bool up_waiting() const { return !up_.empty() && !held; }
  bool down_waiting() const { return !down_.empty() && client_listens_; }
  Item take_up() { return take(up_); }
  Item take_down() { return take(down_); }

  const std::string token;
  const std::optional<v1::ResumeOffer> offer;
  std::size_t loop;      // of the server, where it is read
  Host* host = nullptr;  // who reads it
  bool held = false;

 private:
  enum class State : unsigned char { good, stalled, cut };

  static Item take(std::deque<Item>& from) {
    Item first = std::move(from.front());
    from.pop_front();
    return first;
  }

  State state_ = State::good;
  bool client_listens_ = true;
  std::deque<Item> up_;
  std::deque<Item> down_;
};

// A link whose handshake was accepted, on its way to a session.
struct Arrival {
  base::Ref<Link> link;
  std::string user;
  std::uint64_t expires_ms = 0;  // of its token
  std::uint64_t received = 0;    // frames, as the client counts
  std::uint64_t attempt = 0;     // to resume the session, as the client counts
};

}  // namespace microframe::simulation::sessions
