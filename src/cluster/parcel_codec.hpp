// A Parcel as bytes: in a message between nodes, and as an entry of a log. No I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/frame.hpp"
#include "hub/delivery.hpp"
#include "hub/history.hpp"
#include "hub/parcel.hpp"

namespace microframe::cluster {

// The parcel in which a frame travels. It shows what `frame` and `hidden_from` hold.
hub::Parcel parcel_of(const base::Frame& frame, const hub::HiddenFrom& hidden);
hub::Parcel parcel_of(const base::Frame& frame, const hub::Exclusion& exclusion);

std::string write_parcel(const hub::Parcel& parcel);
// What is behind the fields that this version knows is ignored.
// bytes: outlive the parcel.
// returns: nullopt if they are none.
std::optional<hub::Parcel> read_parcel(std::string_view bytes);

// An entry of a log has a kind in front, because entries of other kinds may come (text that grows).
std::string write_entry(const hub::Parcel& parcel);
// returns: nullopt for an entry of another kind, or none.
std::optional<hub::Parcel> read_entry(std::string_view bytes);

}  // namespace microframe::cluster
