// AnswerWait<T>: the awaitable of a question that is answered by a call, once. Threading: awaited on any
// loop, or blocking on a thread without one; answered on any thread. It may be destroyed while it waits.
#pragma once

#include <atomic>
#include <coroutine>
#include <functional>
#include <memory>
#include <new>
#include <utility>

#include "microframe/detail/scheduler.hpp"

namespace microframe::ws {

template <class T>
class AnswerWait {
 public:
  using Told = std::function<void(T)>;

  // ask: called once it is awaited. Where what it is given is dropped without a call, the answer is T().
  // A call that throws std::bad_alloc may be made again.
  explicit AnswerWait(std::function<void(Told told)> ask) : ask_(std::move(ask)) {}
  AnswerWait(const AnswerWait&) = delete;
  AnswerWait& operator=(const AnswerWait&) = delete;
  ~AnswerWait() { state_->waiting.forget(); }

  bool await_ready() {
    state_->home = detail::Scheduler::current();
    if (state_->home) return false;
    ask_(told());
    state_->is_over.wait(false);
    return true;
  }
  // The answer comes by a post: what is asked may be on the stack.
  void await_suspend(std::coroutine_handle<> waiting) {
    state_->waiting.set(waiting);
    ask_(told());
  }
  T await_resume() { return std::move(state_->answer); }

 private:
  // Written by who answers, read after the hand-over to who waits.
  struct State {
    T answer{};
    std::atomic<bool> is_over{false};
    detail::Scheduler* home = nullptr;  // of who waits; nullptr: it blocks its thread
    detail::Waiting waiting;            // of the awaiting thread alone

    static void end(const std::shared_ptr<State>& state, T answer) {
      state->answer = std::move(answer);
      state->is_over = true;
      if (!state->home) return state->is_over.notify_all();
      state->home->post([state] { state->waiting.resume(); });
    }
  };
  // What is shared by the copies of what `ask` is given.
  class Voice {
   public:
    explicit Voice(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Voice(const Voice&) = delete;
    Voice& operator=(const Voice&) = delete;
    ~Voice() {
      try {
        if (!has_answered_) State::end(state_, T());
      } catch (const std::bad_alloc&) {  // nobody is left to tell it
      }
    }
    void answer(T what) {
      State::end(state_, std::move(what));
      has_answered_ = true;
    }

   private:
    const std::shared_ptr<State> state_;
    bool has_answered_ = false;
  };

  Told told() const {
    return
        [voice = std::make_shared<Voice>(state_)](T answer) { voice->answer(std::move(answer)); };
  }

  const std::function<void(Told told)> ask_;
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace microframe::ws
