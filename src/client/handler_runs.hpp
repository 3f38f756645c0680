// HandlerRuns: the handlers of one client that are under way, each with the arguments of its call.
// Threading: the client's loop.
#pragma once

#include <cstddef>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "microframe/json.hpp"
#include "microframe/task.hpp"
#include "v1/client_action.hpp"

namespace microframe::client {

class HandlerRuns {
 public:
  class Events {
   public:
    // A handler has ended.
    // message: the message that the handler was called for; nullptr if that was another event.
    // failure: what the handler threw, in words; nullptr if it threw nothing.
    virtual void on_handler_ended(const v1::TellMessage* message, const std::optional<Json>& reply,
                                  const char* failure) = 0;

   protected:
    ~Events() = default;
  };
  // The handlers that were under way when drop() was called.
  using Dropped = std::shared_ptr<void>;

  // events: must outlive this.
  explicit HandlerRuns(Events& events) : state_(std::make_shared<State>(events)) {}
  ~HandlerRuns() { drop(); }
  HandlerRuns(const HandlerRuns&) = delete;
  HandlerRuns& operator=(const HandlerRuns&) = delete;

  // Runs the Task<> that call(handler, event, reply) returns. Events::on_handler_ended follows, in
  // here or later. `event` and `handler` live until then.
  template <class Event, class Handler, class Call>
  void run(Event event, std::shared_ptr<const Handler> handler, Call&& call) {
    struct Kept {
      Event event;
      std::shared_ptr<const Handler> handler;
    };
    const auto kept = std::make_shared<Kept>(Kept{std::move(event), std::move(handler)});
    Run& run = add(kept);
    if constexpr (std::is_same_v<Event, v1::TellMessage>) run.message = &kept->event;
    go(run, [&] { return call(*kept->handler, kept->event, run.reply); });
  }
  // How many handlers wait.
  std::size_t size() const { return state_->runs.size(); }
  // Stops telling `events` anything.
  // returns: the owner of the handlers that wait. The caller must not destroy it inside a handler.
  Dropped drop();

 private:
  struct State;
  struct Run {
    std::shared_ptr<State> state;
    std::shared_ptr<const void> kept;
    const v1::TellMessage* message = nullptr;
    std::optional<Json> reply;
    Task<> task;
    std::list<Run>::iterator self;
  };
  struct State {
    explicit State(Events& told) : events(&told) {}
    Events* events;  // nullptr once dropped
    std::list<Run> runs;
  };

  Run& add(std::shared_ptr<const void> kept);
  template <class Call>
  static void go(Run& run, Call&& call) {
    try {
      run.task = call();
      if (run.task && !run.task.start(&resumed, &run)) return;
    } catch (const std::exception& thrown) {
      return end(run, thrown.what());
    } catch (...) {
      return end(run, kUnknown);
    }
    ended(run);
  }
  static constexpr const char* kUnknown = "it threw what is no std::exception";
  static void resumed(void* run) { ended(*static_cast<Run*>(run)); }
  static void ended(Run& run);
  static void end(Run& run, const char* failure);

  std::shared_ptr<State> state_;
};

}  // namespace microframe::client
