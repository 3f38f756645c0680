#include "simulation/sessions/ledger.hpp"

#include "simulation/trace.hpp"

namespace microframe::simulation::sessions {
namespace {

// Outcomes that say that it was handled, and one that says that it was not. The others leave it
// open.
bool means_handled(std::string_view code) {
  return code.empty() || code == "failed" || code == "bad_message";
}
bool means_not_handled(std::string_view code) {
  return code == "queue_full";
}

}  // namespace

unsigned Ledger::ask(Kind kind) {
  fates_.push_back({kind, 0, std::nullopt});
  return static_cast<unsigned>(fates_.size());
}

void Ledger::handle(unsigned number) {
  require(number != 0 && number <= fates_.size(), [] { return "what nobody asked is handled"; });
  Fate& fate = fates_[number - 1];
  require(++fate.handled == 1,
          [&] { return "message " + std::to_string(number) + " is handled twice"; });
  const bool told =
      fate.outcome && (means_handled(*fate.outcome) || means_not_handled(*fate.outcome));
  require(!told,
          [&] { return "message " + std::to_string(number) + " is handled after its answer"; });
}

void Ledger::settle(unsigned number, std::string_view code) {
  require(number != 0 && number <= fates_.size(), [] { return "what nobody asked is settled"; });
  Fate& fate = fates_[number - 1];
  const auto what = [&](const char* fault) {
    return std::to_string(number) + " is settled with \"" + std::string(code) + "\"" + fault;
  };
  require(!fate.outcome, [&] { return what(" and was before"); });
  fate.outcome = code;
  if (fate.kind != Kind::message) return;
  require(!means_handled(code) || fate.handled == 1,
          [&] { return what(" and was never handled"); });
  require(!means_not_handled(code) || fate.handled == 0, [&] { return what(" and was handled"); });
}

void Ledger::check_settled() const {
  for (std::size_t i = 0; i < fates_.size(); ++i)
    require(fates_[i].outcome.has_value(),
            [&] { return std::to_string(i + 1) + " is never settled"; });
}

}  // namespace microframe::simulation::sessions
