// Routes: what is behind each path of each door. Set up before it serves, then const; shared by all
// loops.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "guard/arrival.hpp"
#include "ws/endpoint.hpp"
#include "ws/http_table.hpp"

namespace microframe::ws {

struct Registries;

struct Routes {
  // Once, before the first request: handlers may be asked for by those who have tokens.
  void open(Registries& registries);
  // returns: nullptr where the path has none.
  Endpoint* endpoint(std::string_view path) const;
  const HttpTable& table(guard::Door door) const {
    return door == guard::Door::admin ? admin : served;
  }

  std::vector<std::unique_ptr<Endpoint>> endpoints;
  HttpTable served;
  HttpTable admin;  // of a listener of their own
};

}  // namespace microframe::ws
