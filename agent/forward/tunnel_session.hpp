// An SSH session to the hosting site, as the site's settings describe it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "common/config/site_settings.hpp"
#include "common/ssh/session.hpp"

namespace icom::forward {

/// For the frames. Throws ssh::Error. Cancellable.
boost::asio::awaitable<std::shared_ptr<ssh::Session>> connect_for_frames(
    config::TunnelSettings tunnel);
/// The same, marked as bulk for the routers on the way.
boost::asio::awaitable<std::shared_ptr<ssh::Session>> connect_for_forwards(
    config::TunnelSettings tunnel);

}  // namespace icom::forward
