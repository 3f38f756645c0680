// ConnectionData: what an application keeps with one connection, whatever its type is. Not for
// applications, which call WebSocket::data().
#pragma once

#include <memory>
#include <stdexcept>
#include <typeinfo>

namespace microframe::detail {

class ConnectionData {
 public:
  virtual ~ConnectionData() = default;
  virtual const std::type_info& type() const = 0;
};

// nullptr until an application asks for its data.
using DataSlot = std::unique_ptr<ConnectionData>;

template <class T>
class DataOf final : public ConnectionData {
 public:
  const std::type_info& type() const override { return typeid(T); }
  T& value() { return value_; }

 private:
  T value_{};
};

// returns: the T in the slot, which is made if the slot is empty.
// errors:  std::logic_error if the slot holds another type; what T's constructor throws.
template <class T>
T& data_in(DataSlot& slot) {
  if (!slot) slot = std::make_unique<DataOf<T>>();
  if (slot->type() != typeid(T))
    throw std::logic_error("the data of this connection has another type than data<T>() asks for");
  return static_cast<DataOf<T>&>(*slot).value();
}

}  // namespace microframe::detail
