// What is wrong in a settings file, and where.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace icom::config {

/// One thing that is wrong. Settings files hold no secrets and no patient data, so the value read
/// may be shown.
struct Problem {
  std::string file;
  int line = 0;          ///< from 1; 0: the file as a whole
  int column = 0;        ///< from 1; 0 with line 0
  std::string key;       ///< its path, e.g. `linacs[1].address`; empty: the file as a whole
  std::string read;      ///< what stands there, shortened; empty: nothing
  std::string expected;  ///< what should, for a reader: `a port from 1 to 65535`

  /// `file:line: key: read "...", expected ...`
  [[nodiscard]] std::string text() const;
  bool operator==(const Problem&) const = default;
};

/// Thrown by everything that loads settings. what() holds one line for each problem.
class ConfigError : public std::runtime_error {
 public:
  /// Precondition: `problems` is not empty.
  explicit ConfigError(std::vector<Problem> problems);
  /// Everything wrong that could be found in one go, in the order of the files.
  [[nodiscard]] const std::vector<Problem>& problems() const { return problems_; }
  [[nodiscard]] const Problem& first() const { return problems_.front(); }

 private:
  std::vector<Problem> problems_;
};

/// Throws: the file as a whole is not as `expected`. Nothing of its content is shown.
[[noreturn]] void refuse_file(const std::filesystem::path& file, const std::string& expected);

}  // namespace icom::config
