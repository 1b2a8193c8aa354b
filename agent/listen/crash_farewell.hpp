// A FIN for the Linac also when this process crashes. docs/agent.md, "Conduct towards the Linac".
#pragma once

namespace icom::listen {

/// Once a program, before there are threads: a signal that ends a process for a defect of its own
/// (segmentation fault, abort, …) first says goodbye on the connection that is set, and then ends
/// it as it would have.
void prepare_crash_farewell();

/// The one connection to say goodbye on; -1: none. `keeper`: the socket of whoever keeps it, -1:
/// nobody does; as long as that one lives nothing is said, and the connection outlives us. From any
/// thread.
void set_crash_farewell(int connection, int keeper = -1);

}  // namespace icom::listen
