// The command line of the binary `microframe`.
#pragma once

namespace microframe::cli {

// Runs `microframe COMMAND ...`.
// returns: the process's exit code. Says on stderr what is wrong, and what to type instead.
int run_cli(int argc, char** argv);

}  // namespace microframe::cli
