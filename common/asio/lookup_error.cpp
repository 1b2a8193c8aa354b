#include "common/asio/lookup_error.hpp"

#include <string>

namespace icom {

namespace {

class Category : public boost::system::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "lookup"; }
  [[nodiscard]] std::string message(int value) const override {
    switch (static_cast<LookupError>(value)) {
      case LookupError::late:
        return "no name server has answered in time";
      case LookupError::no_name:
        return "neither a name server nor this machine's hosts file has this name";
      case LookupError::no_answer:
        return "this machine's hosts file does not have this name, and no name server says whether "
               "there is one";
      case LookupError::too_many:
        break;
    }
    return "too many other names are being looked up, and this machine's name servers answer none "
           "of them: correct its DNS settings, or use addresses";
  }
};

}  // namespace

boost::system::error_code make_error_code(LookupError error) {
  static const Category category;
  return {static_cast<int>(error), category};
}

}  // namespace icom
