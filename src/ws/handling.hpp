// Handling: what a session knows of the message that its hook handles where servers stand for one
// another (Settings::inherits): under which names the hook's publications are stored, and which of
// them must be stored before the message is answered. Answers leave in the order of their messages.
// Threading: the session's loop, but for what says otherwise. Owned by its session.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/ref.hpp"
#include "microframe/detail/turn.hpp"
#include "v1/server_step.hpp"

namespace microframe::ws {

// The session. It outlives the handling.
class HandlingHost {
 public:
  virtual std::string_view user() const = 0;
  virtual std::string_view session_name() const = 0;
  // What keeps the session alive while it is retained. Any thread.
  virtual const base::RefCounted& kept_by() const = 0;
  virtual void say_answer(const v1::Reply& answer) = 0;
  // Says that what the message `id` (0: it has none) was to publish is not stored, as far as is
  // known.
  virtual void say_unavailable(std::uint64_t id) = 0;
  // Answers that waited have left.
  virtual void on_answers_left() = 0;
  // Runs `task` on the session's loop; the session lives until then. Any thread.
  virtual void post(std::function<void()> task) = 0;

 protected:
  ~HandlingHost() = default;
};

class Handling final : public detail::TurnOwner {
 private:
  struct Wait;

 public:
  // Something that must end before a message is answered. Any thread; all must have ended when the
  // loops of the server are destroyed.
  class Pending {
   public:
    Pending() = default;
    Pending(Pending&& other) noexcept = default;
    Pending& operator=(Pending&& other) noexcept {
      std::swap(wait_, other.wait_);
      return *this;
    }
    // What is dropped has failed.
    ~Pending() { end(false); }

    // Call once; again it does nothing. ok: false has the message answered with `unavailable`.
    void end(bool ok) noexcept;

   private:
    friend class Handling;
    explicit Pending(std::shared_ptr<Wait> wait) : wait_(std::move(wait)) {}
    std::shared_ptr<Wait> wait_;
  };

  explicit Handling(HandlingHost& host) : host_(host) {}
  Handling(const Handling&) = delete;
  Handling& operator=(const Handling&) = delete;

  // Of the message whose hook calls this, before or after a co_await.
  // returns: nullptr where no such hook does.
  static Handling* current();

  // --- for code that the hook calls

  // The name of the next thing that the hook publishes: the same again if the message is handled
  // again, by whichever server.
  // returns: "" for a message without an id, which is never sent again.
  std::string next_key();
  // Whether the message was sent before in a session that is gone, so that its hook may have run.
  bool may_repeat() const { return lasts() && !of_.empty(); }
  // The message is not answered before the Pending has ended.
  // errors: std::bad_alloc.
  Pending begin_pending();

  // --- for the session

  // The turn of a message begins. of: its Origin as it is written, "" for none.
  void begin(std::uint64_t id, std::string_view of);
  bool lasts() const { return turn_number_ != 0; }
  detail::Turn turn() { return lasts() ? detail::Turn{this, turn_number_} : detail::Turn(); }
  // The hook has given an answer, which leaves when the turn has ended.
  void give(std::optional<v1::Reply> answer) { given_ = std::move(answer); }
  // The hook has ended. answer: in place of none given; nullopt: nothing is said.
  void end(std::optional<v1::Reply> answer);
  // The hook has ended with an error, which waits for nothing but the answers before it.
  void fail(v1::Reply error);
  // Bytes of the answers that wait.
  std::size_t held_bytes() const { return held_bytes_; }
  // Nobody is answered any more.
  void stop();

  // detail::TurnOwner
  void retain() const override { host_.kept_by().retain(); }
  void release() const override { host_.kept_by().release(); }
  std::uint64_t turn_number() const override { return turn_number_; }

 private:
  struct Answer {
    std::uint64_t id;
    std::optional<v1::Reply> reply;
    std::shared_ptr<Wait> wait;  // nullptr: for nothing
  };

  void on_stored() noexcept;
  void settle(Answer answer);
  void say(const Answer& answer);
  void flush();

  HandlingHost& host_;
  std::uint64_t turns_ = 0;
  std::uint64_t turn_number_ = 0;  // 0: none lasts
  // Of the turn that lasts.
  std::uint64_t id_ = 0;
  std::string of_;
  std::uint64_t published_ = 0;
  std::optional<v1::Reply> given_;
  std::shared_ptr<Wait> wait_;  // nullptr: nothing has been pending

  std::deque<Answer> held_;  // that wait, or come behind one that does
  std::size_t held_bytes_ = 0;
  bool stopped_ = false;
  std::atomic<bool> posted_{false};  // a flush is on its way
};

}  // namespace microframe::ws
