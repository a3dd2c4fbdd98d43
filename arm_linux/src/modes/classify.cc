// Pictures, one after another; what `oarlock predict` does.
#include <iostream>

#include "classifier.h"
#include "failure.h"
#include "program.h"
#include "sources.h"
#include "status_line.h"
#include "writers.h"

namespace oarlock {
namespace app {
namespace {

class Pictures {
 public:
  explicit Pictures(const Program& program)
      : program_(program),
        classifier_(program.arguments, program.output),
        writer_(make_writer(program.arguments.format, program.output)) {}

  int classify() {
    visit_sources(program_.arguments.pictures, [this](const Item& item) {
      if (program_.stop.requested()) return false;
      classify(item);
      return true;
    });
    line_.erase();
    if (program_.stop.requested()) {
      std::cerr << "Interrupted after " << done_ << " picture" << (done_ == 1 ? "." : "s.") << std::endl;
      return program_.stop.exit_status();
    }
    if (failed_ == 0) return 0;
    std::cerr << "Error: " << failed_ << " of " << done_ << " pictures could not be classified" << std::endl;
    return 1;
  }

 private:
  void classify(const Item& item) {
    try {
      if (item.failure) throw Failure(*item.failure);
      const Answer answer = classifier_.classify(read(item.name));
      prepare_to_print();
      writer_->answer(item.name, classifier_.variant(), answer);
    } catch (const Failure& failure) {
      // A signal ends a read from a pipe; that is no failure of the picture's.
      if (program_.stop.requested() && failure.code() == "OAR-IO") return;
      prepare_to_print();
      writer_->failure(item.name, failure.code(), failure.what());
      ++failed_;
    } catch (const std::bad_alloc&) {
      prepare_to_print();
      writer_->failure(item.name, oar_status_code(OAR_OUT_OF_MEMORY), item.name + ": memory ran out");
      ++failed_;
    }
    ++done_;
    if (line_.is_due()) line_.draw(std::to_string(done_) + " pictures");
  }

  StoredPicture read(const std::string& path) const {
    const std::vector<uint8_t> content = read_picture_file(path);
    const std::string name = path == "-" ? "standard input" : path;
    return decode_picture(name, content.data(), content.size(), program_.arguments.max_pixels);
  }

  void prepare_to_print() {
    if (program_.output.is_terminal()) line_.erase();
  }

  const Program& program_;
  Classifier classifier_;
  std::unique_ptr<Writer> writer_;
  StatusLine line_;
  size_t done_ = 0;
  size_t failed_ = 0;
};

}  // namespace

int classify_pictures(const Program& program) {
  check_sources(program.arguments.pictures);
  return Pictures(program).classify();
}

}  // namespace app
}  // namespace oarlock
