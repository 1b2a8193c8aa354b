#include "agent/forward/forward_program.hpp"

int main(int argc, char** argv) {
  return icom::forward::run_forward(argc, argv);
}
