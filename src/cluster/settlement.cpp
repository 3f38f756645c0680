#include "cluster/settlement.hpp"

#include <chrono>
#include <utility>

#include "cluster/names.hpp"

namespace microframe::cluster {
namespace {

// Longer than nodes differ in when they find one dead.
constexpr std::chrono::minutes kRemembered{1};

// Whoever was the first has done it by then.
constexpr std::chrono::seconds kLookLater{15};

}  // namespace

void Settlement::settle(const std::string& node, std::uint64_t incarnation) {
  broker_.put(settled_note(node, incarnation), {}, kRemembered, true,
              [this, node, incarnation](const base::Result<bool, hub::Broker::Failure>& first) {
                if (!first) {
                  failed_.push_back([this, node, incarnation] { settle(node, incarnation); });
                } else if (*first) {
                  strike(node, incarnation);
                } else {
                  turns_.after(kLookLater,
                               [this, node, incarnation] { strike(node, incarnation); });
                }
              });
}

void Settlement::strike(const std::string& node, std::uint64_t incarnation) {
  if (is_back_(node, incarnation)) return;
  for (const auto& site : sites_) strike(*site, roll_entry(node, incarnation));
}

void Settlement::strike(Site& site, const std::string& entry) {
  site.roll().strike(entry, [this, &site, entry](bool succeeded) {
    if (!succeeded) failed_.push_back([this, &site, entry] { strike(site, entry); });
  });
}

void Settlement::check() {
  for (const auto& again : std::exchange(failed_, {})) again();
}

}  // namespace microframe::cluster
