// icom-fanout: a site's Linacs for whoever wants to listen in. docs/agent.md.
#pragma once

namespace icom::fanout {

/// From its command line to its exit code.
int run_fan_out(int argc, char** argv);

}  // namespace icom::fanout
