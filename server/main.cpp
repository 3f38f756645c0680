#include "app/cli.hpp"

int main(int argc, char** argv) {
  return microframe::app::run_cli(argc, argv);
}
