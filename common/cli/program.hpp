// A program's command line: its commands, their options, and what is said of mistakes. Wraps CLI11,
// whose headers take longer to compile than most of our sources: nothing outside this folder
// includes them.
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace icom::cli {

/// A command line that cannot be taken.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  UsageError(const std::string& option, const std::string& mistake);
};

/// An option, a flag or a word of a command. A handle: what it stands for is the program's.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option required();
  /// What help shows in the place of its value.
  Option type_name(const std::string& name);
  /// Help shows the value that the variable has now.
  Option capture_default_str();
  /// Help shows this text as the value that it has unless given.
  Option default_str(const std::string& text);
  /// Under which heading help shows it.
  Option group(const std::string& heading);
  /// Each value that it takes is given with a name of its own.
  Option one_value_each();
  /// Not together with that one.
  Option excludes(const Option& other);
  Option excludes(const std::string& other);
  /// `mistake` gives an empty text for a value that may be.
  Option check(const std::function<std::string(const std::string&)>& mistake);
  Option one_of(const std::vector<std::string>& values);
  template <typename Number>
  Option within(Number least, Number most) {
    if constexpr (std::floating_point<Number>) {
      return within_floats(least, most);
    } else if constexpr (std::unsigned_integral<Number>) {
      return within_unsigned(least, most);
    } else {
      return within_integers(least, most);
    }
  }

 private:
  Option within_floats(double least, double most);
  Option within_integers(std::int64_t least, std::int64_t most);
  Option within_unsigned(std::uint64_t least, std::uint64_t most);

  CLI::Option* option_;
};

/// A command, or the program itself. A handle: what it stands for is the program's.
class Command {
 public:
  explicit Command(CLI::App* app) : app_(app) {}

  Command add_subcommand(const std::string& name, const std::string& description) const;
  void require_subcommand() const;
  void footer(const std::string& text) const;
  /// Help does not show it.
  void hide() const;

  /// `value` is written when the command line is parsed. One without dashes is a word in its place.
  /// The types are those for which program.cpp has it.
  template <typename Value>
  Option add_option(const std::string& name, Value& value, const std::string& help = "") const;
  Option add_flag(const std::string& name, bool& value, const std::string& help) const;
  [[nodiscard]] Option get_option(const std::string& name) const;
  /// How often the option is given.
  [[nodiscard]] std::size_t count(const std::string& option) const;

  /// Called while the command line is parsed, when the command was found in it and its values are
  /// written. May throw UsageError.
  void callback(const std::function<void()>& found) const;

 protected:
  CLI::App* app_;
};

class Program : public Command {
 public:
  Program(const std::string& description, const std::string& name);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  Program(Program&&) = delete;
  Program& operator=(Program&&) = delete;
  ~Program();

  /// What --version prints.
  void version(const std::string& text) const;

  /// False if help or the version was asked for, which is printed then. Throws UsageError.
  bool parse(int argc, const char* const* argv) const;
  /// Prints to stderr what was wrong, with the command or the option that was probably meant.
  void tell(const UsageError& error) const;
  /// Both. Nothing where the program is to go on, else with which code it is to end.
  std::optional<int> parse_or_tell(int argc, const char* const* argv) const;

 private:
  std::unique_ptr<CLI::App> owned_;
};

}  // namespace icom::cli
