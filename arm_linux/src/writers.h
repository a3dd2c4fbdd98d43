// How answers are printed: as text, JSON lines or CSV, with the fields of `oarlock predict`.
#ifndef OARLOCK_ARM_LINUX_WRITERS_H_
#define OARLOCK_ARM_LINUX_WRITERS_H_

#include <memory>
#include <string>

#include "arguments.h"
#include "classifier.h"
#include "crash.h"
#include "json.h"
#include "output.h"

namespace oarlock {
namespace app {

// The text with "?" for bytes that are no UTF-8, as a file name in another encoding may have.
std::string printable(const std::string& text);

// A line of JSON. Bytes that are no UTF-8, in file names, become the escapes \udcXX by which Python has them (PEP 383),
// and which lead back to the name.
std::string to_json_line(const OrderedJson& value);

// A table row in RFC 4180's quoting, as Python's csv module writes it.
std::string to_csv_line(const std::vector<std::string>& cells);

class Writer {
 public:
  virtual ~Writer() = default;
  // The classes of a picture or frame, and where the error came in their place.
  virtual void answer(const std::string& file, const std::string& variant, const Answer& answer) = 0;
  virtual void failure(const std::string& file, const std::string& code, const std::string& sentence) = 0;
};

// CSV begins with a heading at once. The output must outlive the writer.
std::unique_ptr<Writer> make_writer(Format format, Output& output);

// What the failure of the whole program is on stdout: docs/schema/failure.schema.json with --json, else nothing.
std::string render_failure(Format format, const std::string& code, const std::string& sentence);
RenderFailure failure_renderer(Format format);

}  // namespace app
}  // namespace oarlock

#endif  // OARLOCK_ARM_LINUX_WRITERS_H_
