// Why a name was not looked up to the end, or has no address. What else the operating system says
// of one is told by Asio's own errors.
#pragma once

#include <boost/system/error_code.hpp>
#include <type_traits>

namespace icom {

enum class LookupError {
  late = 1,   ///< the wait's limit has passed
  too_many,   ///< as many names are being looked up as may be at once
  no_name,    ///< nobody who was asked knows it
  no_answer,  ///< nobody could be asked, or has said whether there is such a name
};

boost::system::error_code make_error_code(LookupError error);

}  // namespace icom

template <>
struct boost::system::is_error_code_enum<icom::LookupError> : std::true_type {};
