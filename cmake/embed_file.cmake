# Writes the header OUT that holds the file IN as the string NAME. Called by microframe_embed at build time.
file(READ ${IN} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
file(WRITE ${OUT} "#pragma once
#include <string_view>
namespace microframe::embedded {
inline constexpr char ${NAME}_bytes[] = {${bytes} '\\0'};
inline constexpr std::string_view ${NAME}{${NAME}_bytes, sizeof ${NAME}_bytes - 1};
}  // namespace microframe::embedded
")
