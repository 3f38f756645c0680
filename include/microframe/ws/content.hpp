// Content: what is sent, as an argument: a Json, whatever makes one, or a Message.
#pragma once

#include <boost/json/value_ref.hpp>
#include <concepts>
#include <initializer_list>
#include <optional>
#include <type_traits>

#include "microframe/json.hpp"
#include "microframe/ws/message.hpp"

namespace microframe::ws {

// Made where a function is called: send({{"type", "chat"}}), send(json), send(Message::text("hi")). A view of
// what it was made from, which is good until the call returns.
class Content {
 public:
  Content(const Json& json) : json_(&json) {}
  Content(const Message& message) : message_(&message) {}
  Content(std::initializer_list<boost::json::value_ref> members)
      : made_(Json(members)), json_(&*made_) {}
  // A string, a number or a boost::json::object.
  template <class T>
    requires(std::constructible_from<Json, const T&> && !std::derived_from<T, Message> &&
             !std::same_as<T, Json> && !std::same_as<T, Content>)
  Content(const T& value) : made_(Json(value)), json_(&*made_) {}
  Content(const Content&) = delete;
  Content& operator=(const Content&) = delete;

  // returns: nullptr for a Message.
  const Json* json() const { return json_; }
  // returns: nullptr for a Json.
  const Message* message() const { return message_; }

 private:
  std::optional<Json> made_;
  const Json* json_ = nullptr;
  const Message* message_ = nullptr;
};

}  // namespace microframe::ws
