#include "cli/cli.hpp"

int main(int argc, char** argv) {
  return microframe::cli::run_cli(argc, argv);
}
