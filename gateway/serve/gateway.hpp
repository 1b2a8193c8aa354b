// Start here: the parts of icom-gateway and how they hang together.
//
//     agents ─▶ ingest::IngestServer ─▶ store::Store ─▶ archive::Archivist ─▶ PyMedPhys' tree
//               (acks what is stored)   (one writer)    (follows the store, on its own threads)
//                        └─▶ fanout::GatewayFanOut ─▶ iCom clients
//                            (copies, on a thread of its own)
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/config/gateway_settings.hpp"
#include "common/log/rate_limit.hpp"
#include "common/os/handle.hpp"
#include "gateway/archive/archivist.hpp"
#include "gateway/fanout/gateway_fan_out.hpp"
#include "gateway/ingest/ingest_server.hpp"
#include "gateway/ingest/link_status_board.hpp"
#include "gateway/ingest/site_registry.hpp"
#include "gateway/pending/pending_linacs.hpp"
#include "gateway/registration/places.hpp"
#include "gateway/registration/proved_sites.hpp"
#include "gateway/registration/site_access.hpp"
#include "gateway/registration/site_desk.hpp"
#include "gateway/serve/connections_writer.hpp"
#include "gateway/serve/keys_writer.hpp"
#include "gateway/serve/pending_newcomers.hpp"
#include "gateway/serve/store_sink.hpp"
#include "gateway/serve/tunnels_account.hpp"
#include "gateway/store/store.hpp"

namespace icom::serve {

/// What the process has for it.
struct GatewayMeans {
  os::Connection ingest{};          ///< ingest_socket(); not valid: the gateway opens its own
  std::size_t descriptors = 1'024;  ///< that it may have open
  /// The group that may read the archive, one of this process's; nullopt: whom its folders say.
  std::optional<os::UserId> readers{};
};

/// The running gateway. For one thread.
class Gateway {
 public:
  /// Opens everything and listens, but accepts nobody before start(). Throws std::runtime_error
  /// with what and where.
  explicit Gateway(const config::GatewaySettings& settings, GatewayMeans means = {});
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  void start();
  /// From now on these sites, Linacs, forwards and fan-out ports count; what has not changed is not
  /// touched. What cannot change while it runs must be as it was: config::reload_gateway().
  void apply(const config::GatewaySettings& settings);
  /// Two phases, as IngestServer::stop(). Then fan-out clients get their FIN, the store is closed
  /// (everything submitted is committed), then the archive stopped, for which a share that does not
  /// answer is waited for five seconds at most. Returns when all is over. May be called again.
  void stop(std::chrono::milliseconds grace);
  /// After stop(): a thread of the archive still waits for its share. The process must end without
  /// the usual cleaning up.
  [[nodiscard]] bool left_archive_behind() const { return left_archive_behind_; }

  /// Looks at what each site is let in by, as it stands on disk: what a command, an administrator
  /// or the desk has changed counts from then on, and a site that was revoked is told so and cut
  /// off. To be called once a second, or when these files change. Thread-safe.
  void refresh_access();
  /// Where this machine did not know the account of the tunnels, looks for it again now and then.
  /// To be called once a second.
  void look_for_tunnels_account();
  /// Whether the store is in its place. May wait for the disk.
  [[nodiscard]] bool has_its_store() const { return store_->is_in_place(); }
  /// Another store has the place of the one that is open: why this process is to end, in order, and
  /// be started anew. Empty otherwise. To be called once a second.
  [[nodiscard]] std::string why_to_end() const { return store_->why_to_end(); }
  /// The archive says how it is, where there is something to say. To be called once a second.
  void log_state_of_archive();
  /// The sites' forwards have changed, or the gateway begins: sshd learns what each key may do,
  /// soon. Does nothing where no site was ever added. What goes wrong is logged, and tried again.
  /// Thread-safe, never waits.
  void write_authorized_keys() { keys_writer_.request(); }

  [[nodiscard]] std::string address() const { return server_->address(); }

 private:
  void refresh_access(const std::string& site);
  void warn_of_used_keys();
  void forget_registered(const config::GatewaySettings& settings);
  void end_replaced(const std::string& site);  ///< by the desk, so there is a server
  std::vector<ingest::RegisteredSite> sites_of(const config::GatewaySettings& settings);

  registration::Places places_;
  std::mutex access_mutex_;  ///< guards the two below, not what they hold
  std::map<std::string, ingest::Credentials> credentials_;
  std::map<std::string, registration::SiteAccess> access_;  ///< as it was when last looked at
  registration::SiteDesk desk_;
  registration::ProvedSites proved_;
  log::RateLimit fault_lines_{1, std::chrono::minutes(1)};  ///< guarded by access_mutex_
  std::map<std::string, log::RateLimit> used_key_lines_;    ///< by site; guarded by access_mutex_
  KeysWriter keys_writer_;
  TunnelsAccount tunnels_account_;

  pending::PendingLinacs pending_;
  PendingNewcomers newcomers_;
  // In the order in which they are opened; they are closed in the opposite one.
  std::unique_ptr<archive::Archivist> archivist_;  ///< null without an archive
  bool left_archive_behind_ = false;
  std::unique_ptr<store::Store> store_;
  std::optional<StoreSink> sink_;
  fanout::GatewayFanOut fan_out_;
  std::optional<fanout::FanOutSink> fan_out_sink_;
  ingest::LinkStatusBoard board_;
  ConnectionsWriter connections_;
  std::optional<ingest::SiteRegistry> registry_;
  std::unique_ptr<ingest::IngestServer> server_;
};

}  // namespace icom::serve
