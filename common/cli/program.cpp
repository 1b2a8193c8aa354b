#include "common/cli/program.hpp"

#include <CLI/CLI.hpp>

#include "common/cli/usage.hpp"
#include "common/os/path_text.hpp"

namespace icom::cli {

namespace {

constexpr int kWrongUsage = 2;

}  // namespace

UsageError::UsageError(const std::string& option, const std::string& mistake)
    : std::runtime_error(option + ": " + mistake) {}

Option Option::required() {
  option_->required();
  return *this;
}

Option Option::type_name(const std::string& name) {
  option_->type_name(name);
  return *this;
}

Option Option::capture_default_str() {
  option_->capture_default_str();
  return *this;
}

Option Option::default_str(const std::string& text) {
  option_->default_str(text);
  return *this;
}

Option Option::group(const std::string& heading) {
  option_->group(heading);
  return *this;
}

Option Option::one_value_each() {
  option_->allow_extra_args(false);
  return *this;
}

Option Option::excludes(const Option& other) {
  option_->excludes(other.option_);
  return *this;
}

Option Option::excludes(const std::string& other) {
  option_->excludes<CLI::App>(other);
  return *this;
}

Option Option::check(const std::function<std::string(const std::string&)>& mistake) {
  option_->check(mistake);
  return *this;
}

Option Option::one_of(const std::vector<std::string>& values) {
  option_->check(CLI::IsMember(values));
  return *this;
}

Option Option::within_floats(double least, double most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

Option Option::within_integers(std::int64_t least, std::int64_t most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

Option Option::within_unsigned(std::uint64_t least, std::uint64_t most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

Command Command::add_subcommand(const std::string& name, const std::string& description) const {
  return Command(app_->add_subcommand(name, description));
}

void Command::require_subcommand() const {
  app_->require_subcommand(1);
}

void Command::footer(const std::string& text) const {
  app_->footer(text);
}

void Command::hide() const {
  app_->group("");
}

template <typename Value>
Option Command::add_option(const std::string& name, Value& value, const std::string& help) const {
  return Option(app_->add_option(name, value, help));
}
/// What the command line has is UTF-8.
template <>
Option Command::add_option(const std::string& name, std::filesystem::path& value,
                           const std::string& help) const {
  auto* const option = app_->add_option_function<std::string>(
      name, [&value](const std::string& text) { value = os::path_of_utf8(text); }, help);
  option->default_function([&value] { return os::utf8(value); });
  return Option(option);
}
template Option Command::add_option(const std::string&, std::string&, const std::string&) const;
template Option Command::add_option(const std::string&, std::vector<std::string>&,
                                    const std::string&) const;
template Option Command::add_option(const std::string&, double&, const std::string&) const;
template Option Command::add_option(const std::string&, int&, const std::string&) const;
template Option Command::add_option(const std::string&, std::int64_t&, const std::string&) const;
template Option Command::add_option(const std::string&, std::uint8_t&, const std::string&) const;
template Option Command::add_option(const std::string&, std::uint16_t&, const std::string&) const;
template Option Command::add_option(const std::string&, std::uint32_t&, const std::string&) const;
template Option Command::add_option(const std::string&, std::uint64_t&, const std::string&) const;

Option Command::add_flag(const std::string& name, bool& value, const std::string& help) const {
  return Option(app_->add_flag(name, value, help));
}

Option Command::get_option(const std::string& name) const {
  return Option(app_->get_option(name));
}

std::size_t Command::count(const std::string& option) const {
  return app_->count(option);
}

void Command::callback(const std::function<void()>& found) const {
  app_->callback(found);
}

Program::Program(const std::string& description, const std::string& name)
    : Command(nullptr), owned_(std::make_unique<CLI::App>(description, name)) {
  app_ = owned_.get();
}

Program::~Program() = default;

void Program::version(const std::string& text) const {
  app_->set_version_flag("--version", text);
}

bool Program::parse(int argc, const char* const* argv) const {
  try {
    app_->parse(argc, argv);
    return true;
  } catch (const CLI::Success& asked) {
    app_->exit(asked);
    return false;
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
}

void Program::tell(const UsageError& error) const {
  tell_usage(*app_, CLI::ParseError(error.what(), kWrongUsage));
}

std::optional<int> Program::parse_or_tell(int argc, const char* const* argv) const {
  try {
    if (parse(argc, argv)) return std::nullopt;
    return 0;
  } catch (const UsageError& error) {
    tell(error);
    return kWrongUsage;
  }
}

}  // namespace icom::cli
