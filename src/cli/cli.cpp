#include "cli/cli.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "app/process.hpp"
#include "cli/commands.hpp"
#include "microframe/version.hpp"

namespace microframe::cli {

int run_cli(int argc, char** argv) {
  app::open_standard_descriptors();
  CLI::App cli{"microframe: real-time WebSocket messaging", "microframe"};
  cli.set_version_flag("--version", "microframe " MICROFRAME_VERSION);
  cli.require_subcommand(1);
  int exit_code = 0;
  add_serve_command(cli, exit_code);
  add_token_command(cli, exit_code);
  add_connect_command(cli, exit_code);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "microframe: %s\n", error.what());
    return 1;
  }
  return exit_code;
}

}  // namespace microframe::cli
