// What `icom-gateway check` prints.
#pragma once

#include <ostream>
#include <string>

#include "common/text/control.hpp"

namespace icom::serve {

/// A line for each thing: `ok`, `FAIL` or `note`, what, and how it is. For one thread; `out`
/// outlives it.
class CheckReport {
 public:
  explicit CheckReport(std::ostream& out) : out_(out) {}
  void line(bool ok, const std::string& what, const std::string& how) {
    say(ok ? "ok    " : "FAIL  ", what, how);
    failures_ += ok ? 0 : 1;
  }
  void note(const std::string& what, const std::string& how) { say("note  ", what, how); }
  /// What this account may not look at as the gateway does: all of it goes into one line.
  void leave_out(const std::string& what) { left_out_ += (left_out_.empty() ? "" : ", ") + what; }
  /// That line; nothing if all was looked at.
  void say_left_out(const std::string& why) {
    if (!left_out_.empty()) line(false, "not checked", left_out_ + ": " + why);
  }
  [[nodiscard]] int failures() const { return failures_; }

 private:
  /// Names of files and much of the rest are what others have written.
  void say(const char* mark, const std::string& what, const std::string& how) {
    out_ << mark << text::lines_without_controls(what + ": " + how) << '\n';
  }

  std::ostream& out_;
  std::string left_out_;
  int failures_ = 0;
};

}  // namespace icom::serve
