#include "cluster/outgoing.hpp"

#include <utility>

#include "cluster/names.hpp"

namespace microframe::cluster {

using base::Lock;

Outgoing::Outgoing(hub::Broker& broker, Turns& turns, std::string node, std::uint64_t incarnation)
    : broker_(broker), turns_(turns), node_(std::move(node)), incarnation_(incarnation) {}

void Outgoing::publish(std::string topic, ItemKind kind, std::string_view body) {
  BusWriter message(node_, incarnation_);
  message.add(kind, body);
  const Lock lock(order_);
  flush_locked();
  publish_locked(std::move(topic), std::move(message));
}

void Outgoing::to_node(std::string_view node, ItemKind kind, std::string_view body) {
  bool is_first = false;
  {
    const Lock lock(order_);
    is_first = inboxes_.empty();
    auto inbox = inboxes_.find(node);
    if (inbox == inboxes_.end())
      inbox = inboxes_.emplace(node, BusWriter(node_, incarnation_)).first;
    inbox->second.add(kind, body);
    if (inbox->second.size() > kInboxBytesMax) flush_locked();
  }
  if (is_first) turns_.post([this] { flush(); });
}

void Outgoing::flush() {
  const Lock lock(order_);
  flush_locked();
}

void Outgoing::append(hub::Broker::Append what, hub::Broker::Done<hub::Broker::Appended> told) {
  const Lock lock(order_);
  flush_locked();
  broker_.append(std::move(what), std::move(told));
}

void Outgoing::flush_locked() {
  while (!inboxes_.empty()) {
    auto inbox = inboxes_.extract(inboxes_.begin());
    publish_locked(inbox_topic(inbox.key()), std::move(inbox.mapped()));
  }
}

void Outgoing::publish_locked(std::string topic, BusWriter&& message) {
  (broker_.is_up() ? messages_ : dropped_).fetch_add(1, std::memory_order_relaxed);
  broker_.publish(std::move(topic), message.take(++sequence_));
}

}  // namespace microframe::cluster
