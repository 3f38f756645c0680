#include "client/handlers.hpp"

#include <optional>

#include "base/bytes.hpp"

namespace microframe::client {

using Kinds = detail::ClientHandlers;

void Handlers::set(Any handler) {
  std::visit(
      [this]<class Kind>(Kind& one) {
        std::get<std::shared_ptr<const Kind>>(kept_.handlers) =
            std::make_shared<const Kind>(std::move(one));
      },
      handler);
}

// Runs call(handler, event, reply) if there is a handler of that kind.
template <class Kind, class Event, class Call>
bool Handlers::run(Event& event, Call call) {
  const auto& handler = std::get<std::shared_ptr<const Kind>>(kept_.handlers);
  if (!handler) return false;
  runs_.run(std::move(event), handler, call);
  return true;
}

// The same for a handler that takes the event as it is.
template <class Event>
bool Handlers::run(Event& event) {
  return run<Kinds::Of<Event>>(
      event, [](const auto& handler, const Event& told, auto&) { return handler(told); });
}

bool Handlers::tell(v1::TellMessage& event) {
  return run<Kinds::Message>(
      event, [](const auto& handler, const v1::TellMessage& told, std::optional<Json>& reply) {
        return handler(told.data, told.room, told.offset, reply);
      });
}

bool Handlers::tell(v1::TellBinary& event) {
  return run<Kinds::Binary>(event, [](const auto& handler, const v1::TellBinary& told, auto&) {
    return handler(base::as_bytes(told.bytes), told.room, told.offset);
  });
}

bool Handlers::tell(v1::TellText& event) {
  return run(event.text);
}

bool Handlers::tell(v1::TellPresence& event) {
  return run<Kinds::Presence>(event, [](const auto& handler, const v1::TellPresence& told, auto&) {
    return handler(told.room, told.joins, told.leaves);
  });
}

bool Handlers::tell(v1::TellProblem& event) {
  ClientError error(event.code, event.message);
  return run(error);
}

bool Handlers::tell(ClientStatus& event) {
  return run(event);
}

bool Handlers::tell(JoinedRoom& event) {
  return run(event);
}

bool Handlers::tell(LeftRoom& event) {
  return run(event);
}

bool Handlers::tell(ByeAdvice& event) {
  return run(event);
}

HandlerRuns::Dropped Handlers::drop() {
  // What a handler holds is the application's, which may count on its end.
  kept_ = {};
  return runs_.drop();
}

}  // namespace microframe::client
