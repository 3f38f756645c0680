// Outgoing: the numbered frames of a client that are not answered: those that wait to be sent, and
// those whose answer is waited for; which are sent again after a lost connection, and which are
// lost with their session. No I/O, no clock, no threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "v1/client_frame.hpp"

namespace microframe::v1 {

class Outgoing {
 public:
  enum class Kind : std::uint8_t { message, binary, join, leave, refresh };
  struct Frame {
    Frame() = default;
    Frame(Kind which, std::uint64_t whose, std::string what)
        : kind(which), ticket(whose), content(std::move(what)) {}

    Kind kind = Kind::message;
    std::uint64_t ticket = 0;    // of who is told the answer; 0: nobody
    std::string content;         // JSON text, bytes, a room's name, a token
    std::optional<Since> since;  // of a join
    std::uint64_t last = 0;      // of a join
    std::uint64_t id = 0;        // 0: never sent in this session
    std::string of;              // its Origin as it is written, if a former session sent it first
    std::uint64_t sent_ms = 0;   // when it was first sent, if it was
  };
  struct Bounds {
    std::size_t frames_max;
    std::size_t bytes_max;  // of content
  };

  // For so long after a message was first sent it may be sent again in another session: a minute less
  // than servers remember it, because it is on its way in that time too.
  static constexpr std::uint64_t kInheritedMs = 240'000;

  explicit Outgoing(Bounds bounds) : bounds_(bounds) {}

  // Puts the frame behind those that wait.
  // returns: false if there is no room; `frame` is then dropped.
  bool add(Frame frame);
  // Puts the frame before all others, whether there is room or not: for a session's first frames.
  void add_first(Frame frame);

  // The first frame that waits to be sent, which is thereby numbered and taken for sent; nullptr if
  // none waits.
  const Frame* send_next(std::uint64_t now_ms);
  bool has_unsent() const { return sent_ < frames_.size(); }
  // Takes out the frame that an answer is for.
  // returns: nullopt if there is none.
  std::optional<Frame> take(std::uint64_t id);

  // Takes out the frames that count as sent.
  std::vector<Frame> take_sent();
  // Takes out the frames that wait to be sent.
  std::vector<Frame> take_unsent();
  // The longest of the frames that count as sent, the first of several; nullptr if there is none.
  const Frame* longest_sent() const;
  // The frames numbered above `id`, which never arrived, wait to be sent again, as new ones.
  void rewind(std::uint64_t id);

  // A connection that goes on with the session: what is above `handled` is sent again.
  void resume(std::uint64_t handled);
  // A new session: numbers begin anew. What was never sent stays, and so does an application's
  // join, which does no harm twice. heir_of: the former session, where the new one may be sent what
  // that was; such messages stay, with their origins. "": it may not.
  // returns: what was sent, has had no answer and does not stay, each leave of a room that no such
  // join enters, and the joins of add_first.
  std::vector<Frame> begin_anew(std::string_view heir_of, std::uint64_t now_ms);
  // Takes all frames out.
  std::vector<Frame> clear();

  // Whether a join of the room is not answered yet.
  bool has_join(const std::string& room) const;
  // The same, of a join that says which messages must follow.
  bool has_wish(const std::string& room) const;
  // The highest number that a frame was given.
  std::uint64_t last_id() const { return last_id_; }
  std::size_t size() const { return frames_.size(); }

 private:
  void forget(const Frame& frame) { bytes_ -= frame.content.size(); }

  const Bounds bounds_;
  std::deque<Frame> frames_;
  std::size_t sent_ = 0;  // the first of them: over this connection, or before it and handled
  std::size_t bytes_ = 0;
  std::uint64_t last_id_ = 0;
};

}  // namespace microframe::v1
