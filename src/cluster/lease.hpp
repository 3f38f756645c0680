// Lease: this node's right to its name, kept with the broker and renewed, and whether the other nodes
// still have theirs. Threading: the broker's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cluster/turns.hpp"
#include "hub/broker.hpp"

namespace microframe::cluster {

class Lease {
 public:
  static constexpr std::chrono::seconds kTime{10};
  static constexpr std::chrono::seconds kRenewal{3};

  // What a renewal has found.
  struct Found {
    bool taken = false;    // another node has the name
    bool lost = false;     // the broker no longer had the lease: what others have is not known
    bool settled = false;  // others have held this node for dead, and seen to its users
    std::vector<std::string> missing;  // of the nodes asked for, those without a lease
  };

  // broker, turns: outlive it.
  Lease(hub::Broker& broker, Turns& turns, std::string node, std::uint64_t incarnation);

  // Tries until the name is this node's, or is found to be a living one's. The lease of a node that
  // has died is waited for.
  // done: with whether the name is this node's.
  void claim(std::function<void(bool)> done);
  // Of a node that is away, nothing is found.
  void renew(const std::vector<std::string>& others, std::function<void(const Found&)> done);
  // Gives the name up. done: in any case.
  void give_up(std::function<void()> done);

 private:
  void look(std::string seen, std::function<void(bool)> done);
  void try_later(std::string seen, std::function<void(bool)> done);
  void attempt(std::string seen, std::function<void(bool)> done);
  std::string next_bytes();
  bool is_own(const std::string& bytes) const;

  hub::Broker& broker_;
  Turns& turns_;
  const std::string node_;
  const std::uint64_t incarnation_;
  std::uint64_t renewals_ = 0;
};

}  // namespace microframe::cluster
