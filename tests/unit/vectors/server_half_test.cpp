// The exchanges of tests/vectors, the client's part played to the server's half of microframe.v1.
#include <gtest/gtest.h>

#include "unit/vectors/server_player.hpp"

namespace microframe::vectors {
namespace {

class ServerHalf : public testing::TestWithParam<std::string> {};

TEST_P(ServerHalf, SaysWhatTheVectorSays) {
  const Json vector = test::read_vector(GetParam());
  ServerPlayer player;
  for (const Json& step : vector.at("steps").as_array()) {
    SCOPED_TRACE(to_text(step));
    player.play(step.as_object());
    if (HasFailure()) return;
  }
  EXPECT_EQ(player.rest(), "") << "and no step for it";
}

INSTANTIATE_TEST_SUITE_P(Vectors, ServerHalf, testing::ValuesIn(test::vector_names()),
                         [](const auto& vector) { return vector.param; });

}  // namespace
}  // namespace microframe::vectors
