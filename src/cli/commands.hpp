// The commands of the binary, each with its options. Each add_* declares a command and what it
// runs; the value the command ends with is put into `exit_code`.
#pragma once

#include <CLI/App.hpp>

namespace microframe::cli {

void add_serve_command(CLI::App& cli, int& exit_code);
void add_token_command(CLI::App& cli, int& exit_code);
void add_connect_command(CLI::App& cli, int& exit_code);

}  // namespace microframe::cli
