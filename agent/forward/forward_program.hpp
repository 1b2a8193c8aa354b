// icom-forward: sends a site's spools to the gateway. docs/agent.md.
#pragma once

namespace icom::forward {

/// From its command line to its exit code.
int run_forward(int argc, char** argv);

}  // namespace icom::forward
