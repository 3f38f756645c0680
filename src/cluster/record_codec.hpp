// A UserRecord as bytes, in a message between nodes. No I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/wire.hpp"
#include "hub/presence.hpp"
#include "hub/user_record.hpp"

namespace microframe::cluster {

std::string write_record(const hub::UserRecord& record);
// What is behind the fields that this version knows is ignored.
// returns: nullopt if the bytes are no record, or its rooms are not in order.
std::optional<hub::UserRecord> read_record(std::string_view bytes);

// The devices of a user in a room; metadata that is no JSON reads as {}.
void write_devices(base::WireWriter& writer, const std::vector<hub::Presence::Device>& devices);
std::vector<hub::Presence::Device> read_devices(base::WireReader& reader);
void skip_devices(base::WireReader& reader);

}  // namespace microframe::cluster
