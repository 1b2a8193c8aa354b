// Does wrong what it is told to: that the laboratory notices. sanitizer_reports_test.py
#include <csignal>
#include <cstdlib>
#include <limits>
#include <string_view>

namespace {

void* volatile kept = nullptr;  // so that no allocation is left out

void overflow_the_heap() {
  auto* bytes = new char[8];
  volatile int behind = 8;
  bytes[behind] = 1;
  delete[] bytes;
}

void overflow_an_integer() {
  volatile int number = std::numeric_limits<int>::max();
  number = number + 1;
}

void leak() {
  // The newest may still stand in a register.
  for (int n = 0; n < 8; ++n) kept = new char[100];
  kept = nullptr;
}

/// As icom-listen does: with a handler of its own, after which the signal takes its effect.
void crash() {
  struct sigaction action {};
  action.sa_handler = [](int number) { ::raise(number); };
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  ::sigaction(SIGSEGV, &action, nullptr);
  auto* volatile nowhere = reinterpret_cast<int*>(4096);
  *nowhere = 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "heap") overflow_the_heap();
  if (what == "integer") overflow_an_integer();
  if (what == "leak") leak();
  if (what == "crash") crash();
  if (what == "abort") std::abort();
  return 0;
}
