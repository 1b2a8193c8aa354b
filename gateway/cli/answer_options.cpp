#include <memory>

#include "gateway/cli/answer.hpp"
#include "gateway/cli/commands.hpp"

namespace icom::cli {

/// Its options are as gateway/readers/reader_server.cpp gives them.
void add_answer(const Command& app, Action& asked) {
  auto sources = std::make_shared<Sources>();
  const auto command = app.add_subcommand("answer", "What the gateway starts for a reader");
  command.hide();  // nobody's to type
  command.add_option("--store", sources->store, "the store's folder").required();
  command.add_option("--sites", sources->sites, "the folder of the sites' files").required();
  command.add_option("--registration", sources->registration, "what is remembered of sites")
      .required();
  command.callback([sources, &asked] { asked = [sources] { return answer_reader(*sources); }; });
}

}  // namespace icom::cli
