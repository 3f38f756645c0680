#include "ws/takeover.hpp"

#include <algorithm>

namespace microframe::ws {
namespace {

using proto::Context;
using proto::DeflateParams;

proto::DeflateSettings negotiated(const Compression& settings) {
  proto::DeflateSettings result;
  result.context_takeover = settings.context_takeover;
  result.window_bits = static_cast<std::uint8_t>(settings.window_bits);
  return result;
}

std::uint8_t own_window_bits(const DeflateParams& params, const Compression& settings) {
  return std::min(params.server_window_bits(), static_cast<std::uint8_t>(settings.window_bits));
}

std::size_t bytes_held(const DeflateParams& params, const Compression& settings) {
  std::size_t bytes = 0;
  if (params.server_takes_over()) {
    bytes += proto::Deflater::bytes_held(
        deflater_options(settings, own_window_bits(params, settings), Context::kept));
  }
  if (params.client_takes_over()) bytes += proto::Inflater::bytes_held(params.client_window_bits());
  return bytes;
}

}  // namespace

DeflateAgreement agree_on_deflate(const std::vector<proto::Extension>& offers,
                                  const Compression& settings, guard::TakeoverBudget& budget) {
  DeflateAgreement agreement;
  if (!settings.enabled || offers.empty()) return agreement;
  proto::DeflateSettings wishes = negotiated(settings);
  agreement.params = proto::accept_deflate(offers, wishes);
  const std::size_t bytes = agreement.params ? bytes_held(*agreement.params, settings) : 0;
  if (bytes == 0) return agreement;
  if (auto share = budget.take(bytes)) {
    agreement.share = std::move(*share);
  } else {
    wishes.context_takeover = false;
    agreement.params = proto::accept_deflate(offers, wishes);
  }
  return agreement;
}

proto::DeflaterOptions deflater_options(const Compression& settings, std::uint8_t window_bits,
                                        Context context) {
  proto::DeflaterOptions options;
  options.level = settings.level;
  options.memory_level = settings.memory_level;
  options.window_bits = window_bits;
  options.context = context;
  return options;
}

Takeover::Takeover(const DeflateParams& params, const Compression& settings,
                   guard::TakeoverBudget::Share share, proto::CompressionCounts* received)
    : share_(std::move(share)) {
  if (params.server_takes_over())
    deflater_.emplace(deflater_options(settings, own_window_bits(params, settings), Context::kept));
  if (params.client_takes_over())
    inflaters_.emplace(params.client_window_bits(), Context::kept, received);
}

StreamDeflate set_up_deflate(DeflateAgreement agreed, const Compression& settings,
                             proto::CompressionCounts* received) {
  StreamDeflate made;
  if (!agreed.params) return made;
  const DeflateParams& params = *agreed.params;
  made.window_bits = params.server_window_bits();
  if (params.server_takes_over() || params.client_takes_over())
    made.takeover.reset(new Takeover(params, settings, std::move(agreed.share), received));
  return made;
}

}  // namespace microframe::ws
