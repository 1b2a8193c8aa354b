// A site's forwards: what `ssh -L` and `ssh -R` would do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/config/address.hpp"

namespace YAML {
struct Mark;
}

namespace icom::config {

enum class ForwardDirection : std::uint8_t {
  local,   ///< as ssh -L: listens at the site, connects at the hosting site
  remote,  ///< as ssh -R: listens at the hosting site, connects at the site
};

struct ForwardSettings {
  std::string name;  ///< of this forward among those of its site: [A-Za-z0-9_-]{1,32}
  ForwardDirection direction = ForwardDirection::local;
  Address listen;                         ///< on loopback unless given otherwise
  Address target;                         ///< as the other end resolves and reaches it
  std::size_t max_connections = 64;       ///< at once; 1 to kMaxForwardConnections
  std::optional<std::uint64_t> max_rate;  ///< bytes a second, of all its connections, each way

  bool operator==(const ForwardSettings&) const = default;
};

inline constexpr std::size_t kMaxForwards = 200;
inline constexpr std::size_t kMaxForwardConnections = 1000;

class MapReader;

/// Reads the list `forwards` of `from`, which may be left out. What is wrong is noted there. Where
/// each one's `listen` stands goes into `listen_marks`.
std::vector<ForwardSettings> read_forwards(MapReader& from, std::vector<YAML::Mark>& listen_marks);

}  // namespace icom::config
