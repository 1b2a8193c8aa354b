#include "agent/supervise/who_listens.hpp"

#include <algorithm>
#include <cstddef>
#include <system_error>
#include <utility>

#include "agent/forward/status_files.hpp"
#include "agent/listen/listener_status.hpp"
#include "agent/supervise/readable.hpp"
#include "agent/supervise/resolved_addresses.hpp"
#include "agent/supervise/site_plan.hpp"
#include "common/config/name.hpp"
#include "common/os/path_text.hpp"
#include "common/os/socket_owner.hpp"
#include "common/os/utc_clock.hpp"

namespace icom::supervise {

namespace {

constexpr const char* kCannotBeTold = "whether a listener is connected to it cannot be told: ";

/// A Linac of others, and all addresses that it is known by.
struct Other {
  std::string serial;
  std::string text;  ///< of its address
  std::vector<config::Address> addresses;
};

/// `linac` against all addresses of `others`; the first that is, or may be, the same one.
struct Clash {
  const Other* other = nullptr;
  std::string doubt;  ///< empty: it is the same
};

std::optional<Clash> find_clash(boost::asio::io_context& io, const config::Address& linac,
                                const std::vector<Other>& others) {
  std::vector<config::Address> all{linac};
  for (const Other& other : others) {
    all.insert(all.end(), other.addresses.begin(), other.addresses.end());
  }
  const auto resolved = resolve_all(io, all);
  const ResolvedAddress& ours = resolved.front();
  std::optional<Clash> doubtful;
  std::size_t next = 1;
  for (const Other& other : others) {
    std::string unknown;
    bool known = false;
    for (const config::Address& address : other.addresses) {
      const ResolvedAddress& theirs = resolved.at(next++);
      if (address == linac || theirs.meets(ours)) return Clash{.other = &other, .doubt = {}};
      known = known || theirs.known();
      if (!theirs.known()) unknown = address.host + " is not resolved (" + theirs.failure + ")";
    }
    if (!ours.known()) unknown = linac.host + " is not resolved (" + ours.failure + ")";
    // One whose real peer is known needs no name.
    const bool same_port = std::ranges::any_of(
        other.addresses, [&](const config::Address& one) { return one.port == linac.port; });
    if (!doubtful && same_port && (!known || !ours.known())) {
      doubtful = Clash{.other = &other, .doubt = std::move(unknown)};
    }
  }
  return doubtful;
}

}  // namespace

std::optional<std::string> why_not_to_connect(boost::asio::io_context& io,
                                              const config::Address& linac,
                                              const std::filesystem::path& spool_directory) {
  std::vector<Other> others;
  std::error_code error;
  for (std::filesystem::directory_iterator folder(spool_directory, error), end;
       !error && folder != end; folder.increment(error)) {
    std::error_code unknown;
    const bool is_spool =
        folder->is_directory(unknown) && config::parse_name(os::utf8(folder->path().filename()));
    if (!is_spool) continue;  // such as lost+found
    if (const auto why = why_listener_cannot_be_told(folder->path())) return kCannotBeTold + *why;
    const auto status = forward::read_listener_status(folder->path());
    const bool runs = is_running(folder->path());
    const bool lately =
        status && status->stream.connected &&
        forward::is_fresh(status->written_us, os::utc_now_us(), forward::kListenerFileLives);
    if (!runs && !lately) continue;
    if (!status) {
      return kCannotBeTold + os::utf8(folder->path() / listen::kListenerStatusFile) +
             " cannot be read, and that listener runs; ask again as the account that it runs as";
    }
    Other other{.serial = status->serial, .text = status->address, .addresses = {}};
    for (const std::string& text : {status->address, status->stream.peer}) {
      if (auto address = config::parse_address(text, config::kIcomPort)) {
        other.addresses.push_back(*std::move(address));
      }
    }
    others.push_back(std::move(other));
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return kCannotBeTold + os::utf8(spool_directory) + ": " + error.message() +
           "; ask again as the account that the listeners run as";
  }
  const auto clash = find_clash(io, linac, others);
  if (!clash) return std::nullopt;
  if (!clash->doubt.empty()) {
    return kCannotBeTold + clash->doubt + ", and the listener of Linac " + clash->other->serial +
           " (" + clash->other->text +
           ") runs: give the address instead of the name, or see to "
           "the name servers";
  }
  return "the listener of Linac " + clash->other->serial + " is connected to " + linac.text() +
         (clash->other->text == linac.text() ? std::string() : ", which is " + clash->other->text);
}

std::optional<std::string> why_it_is_taken(boost::asio::io_context& io,
                                           const config::Address& linac) {
  const auto resolved = resolve_all(io, {linac});
  const bool taken = std::ranges::any_of(resolved.front().hosts, [&](const auto& host) {
    return os::is_connected_to({host, linac.port});
  });
  if (!taken) return std::nullopt;
  return "a program of this machine is connected to " + linac.text() +
         " already, or just connects. Nobody is to be its second client: stop that one first, "
         "once no beam is on";
}

std::optional<std::string> why_not_to_add(boost::asio::io_context& io,
                                          const config::LinacSettings& linac,
                                          const std::vector<config::LinacSettings>& present) {
  std::vector<Other> others;
  for (const config::LinacSettings& one : present) {
    if (one.serial == linac.serial) continue;
    others.push_back({one.serial, one.address.text(), {one.address}});
  }
  const auto clash = find_clash(io, linac.address, others);
  if (!clash) return std::nullopt;
  const std::string which = "Linac " + clash->other->serial + " at " + clash->other->text;
  if (clash->doubt.empty()) {
    return linac.address.text() + " is the same address as that of " + which +
           ": a Linac is listened to once";
  }
  return "whether " + linac.address.text() + " is the same as " + which +
         " cannot be told: " + clash->doubt +
         ". Write addresses instead of names, or see to the name servers";
}

}  // namespace icom::supervise
