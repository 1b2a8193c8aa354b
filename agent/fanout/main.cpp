#include "agent/fanout/fan_out_program.hpp"

int main(int argc, char** argv) {
  return icom::fanout::run_fan_out(argc, argv);
}
