// Whether what is asked for is there at all.
#pragma once

#include "gateway/cli/sources.hpp"
#include "gateway/readers/reader_request.hpp"

namespace icom::cli {

/// Throws std::invalid_argument, with the names that there are, where the request names a site or a
/// Linac that neither the store nor a site's file knows: an empty list would say that nothing was
/// recorded. Throws std::runtime_error if the store cannot be read.
void require_known(const readers::ReaderRequest& request, const Sources& sources);

}  // namespace icom::cli
