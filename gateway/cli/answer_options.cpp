#include <filesystem>
#include <memory>

#include "gateway/cli/answer.hpp"
#include "gateway/cli/commands.hpp"

namespace icom::cli {

void add_answer(CLI::App& app, Action& asked) {
  auto store = std::make_shared<std::filesystem::path>();
  auto* command = app.add_subcommand("answer", "What the gateway starts for a reader");
  command->group("");  // nobody's to type
  command->add_option("--store", *store, "the store's folder")->required();
  command->callback([store, &asked] { asked = [store] { return answer_reader(*store); }; });
}

}  // namespace icom::cli
