// Handlers: the application's handlers of one client, one of each kind or none, and those of them
// that are under way. Threading: the client's loop.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

#include "client/handler_runs.hpp"
#include "microframe/client/events.hpp"
#include "microframe/detail/client_handlers.hpp"
#include "v1/client_action.hpp"

namespace microframe::client {

class Handlers {
 public:
  using Any = detail::ClientHandlers::Any;

  // events: must outlive this.
  explicit Handlers(HandlerRuns::Events& events) : runs_(events) {}

  // Takes the place of an earlier handler of the same kind.
  void set(Any handler);

  // Each calls the handler that the event is for; HandlerRuns::Events::on_handler_ended follows.
  // returns: false where there is no such handler; `event` is then left as it was.
  bool tell(v1::TellMessage& event);
  bool tell(v1::TellBinary& event);
  bool tell(v1::TellText& event);
  bool tell(v1::TellPresence& event);
  bool tell(v1::TellProblem& event);
  bool tell(ClientStatus& event);
  bool tell(JoinedRoom& event);
  bool tell(LeftRoom& event);
  bool tell(ByeAdvice& event);

  // How many handlers wait.
  std::size_t waiting() const { return runs_.size(); }
  // Forgets all handlers, and tells nothing more: see HandlerRuns::drop().
  HandlerRuns::Dropped drop();

 private:
  template <class Kinds>
  struct OneOfEach;
  template <class... Kinds>
  struct OneOfEach<std::variant<Kinds...>> {
    std::tuple<std::shared_ptr<const Kinds>...> handlers;
  };

  template <class Kind, class Event, class Call>
  bool run(Event& event, Call call);
  template <class Event>
  bool run(Event& event);

  OneOfEach<Any> kept_;
  HandlerRuns runs_;
};

}  // namespace microframe::client
