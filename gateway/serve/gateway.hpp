// Start here: the parts of icom-gateway and how they hang together.
//
//     agents ─▶ ingest::IngestServer ─▶ store::Store ─▶ archive::Archivist ─▶ PyMedPhys' tree
//               (acks what is stored)   (one writer)    (follows the store, on its own threads)
//                        └─▶ fanout::GatewayFanOut ─▶ iCom clients
//                            (copies, on a thread of its own)
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/config/gateway_settings.hpp"
#include "gateway/archive/archivist.hpp"
#include "gateway/fanout/gateway_fan_out.hpp"
#include "gateway/ingest/ingest_server.hpp"
#include "gateway/ingest/link_status_board.hpp"
#include "gateway/ingest/site_registry.hpp"
#include "gateway/serve/site_tokens.hpp"
#include "gateway/serve/store_sink.hpp"
#include "gateway/store/store.hpp"

namespace icom::serve {

/// The running gateway. For one thread.
class Gateway {
 public:
  /// Opens everything and listens, but accepts nobody before start(). Throws std::runtime_error
  /// with what and where.
  Gateway(const config::GatewaySettings& settings, std::vector<SiteToken> tokens);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  void start();
  /// Two phases, as IngestServer::stop(). Then fan-out clients get their FIN, the store is closed
  /// (everything submitted is committed), then the archive stopped. Returns when all is over. May
  /// be called again.
  void stop(std::chrono::milliseconds grace);

  [[nodiscard]] std::string address() const { return server_->address(); }

 private:
  // In the order in which they are opened; they are closed in the opposite one.
  std::unique_ptr<archive::Archivist> archivist_;  ///< null without an archive
  std::unique_ptr<store::Store> store_;
  std::optional<StoreSink> sink_;
  fanout::GatewayFanOut fan_out_;
  std::optional<fanout::FanOutSink> fan_out_sink_;
  ingest::LinkStatusBoard board_;
  std::optional<ingest::SiteRegistry> registry_;
  std::unique_ptr<ingest::IngestServer> server_;
};

}  // namespace icom::serve
