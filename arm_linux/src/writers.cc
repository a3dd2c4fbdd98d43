#include "writers.h"

#include <cmath>
#include <cstdio>

#include "utf8.h"

namespace oarlock {
namespace app {
namespace {

// Bytes of the UTF-8 character at the beginning of `text`; 0 when there is none.
size_t character_length(std::string_view text) {
  for (size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    if (is_utf8_text(text.substr(0, length))) return length;
  }
  return 0;
}

// `text` with what `replace` makes of each byte that belongs to no character.
template <class Replace>
std::string mend(std::string_view text, Replace replace) {
  if (is_utf8_text(text)) return std::string(text);
  std::string mended;
  while (!text.empty()) {
    const size_t length = text[0] == '\0' ? 1 : character_length(text);
    mended += length == 0 ? replace(static_cast<unsigned char>(text[0])) : std::string(text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return mended;
}

// A byte XX that is no UTF-8 travels through the JSON serialiser, which knows no lone surrogates, as the private
// character U+10FFXX, whose UTF-8 begins with these two bytes.
constexpr const char* kHidden = "\xF4\x8F";

std::string hidden(unsigned char byte) {
  return kHidden + std::string{static_cast<char>(0xBC | byte >> 6), static_cast<char>(0x80 | (byte & 0x3F))};
}

void hide_foreign_bytes(OrderedJson& value) {
  if (value.is_string()) {
    auto& text = value.get_ref<std::string&>();
    if (!is_utf8_text(text)) text = mend(text, hidden);
  } else if (value.is_structured()) {
    for (OrderedJson& item : value) hide_foreign_bytes(item);
  }
}

std::string decimals(double value, int digits) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f", digits, value);
  return buffer;
}

class JsonWriter : public Writer {
 public:
  explicit JsonWriter(Output& output) : output_(output) {}

  void answer(const std::string& file, const std::string& variant, const Answer& answer) override {
    OrderedJson top = OrderedJson::array();
    for (const Prediction& it : answer.best) {
      const OrderedJson label = it.label ? OrderedJson(*it.label) : OrderedJson();
      top.push_back({{"class_id", it.class_id}, {"label", label}, {"score", static_cast<double>(it.score)}});
    }
    const double milliseconds = std::round(answer.milliseconds * 1000) / 1000;
    output_.print(to_json_line({{"file", file}, {"variant", variant}, {"top", std::move(top)}, {"ms", milliseconds}}));
  }

  void failure(const std::string& file, const std::string& code, const std::string& sentence) override {
    output_.print(to_json_line({{"file", file}, {"error", {{"code", code}, {"message", sentence}}}}));
  }

 private:
  Output& output_;
};

class CsvWriter : public Writer {
 public:
  explicit CsvWriter(Output& output) : output_(output) {
    output_.print(to_csv_line({"file", "variant", "rank", "class_id", "label", "score", "ms", "error"}));
  }

  void answer(const std::string& file, const std::string& variant, const Answer& answer) override {
    std::string lines;
    for (size_t i = 0; i < answer.best.size(); ++i) {
      const Prediction& it = answer.best[i];
      lines += to_csv_line({file, variant, std::to_string(i + 1), std::to_string(it.class_id), it.label.value_or(""),
                            decimals(static_cast<double>(it.score), 6), decimals(answer.milliseconds, 3), ""});
    }
    output_.print(lines);
  }

  void failure(const std::string& file, const std::string& code, const std::string& sentence) override {
    output_.print(to_csv_line({file, "", "", "", "", "", "", code + ": " + sentence}));
  }

 private:
  Output& output_;
};

class TextWriter : public Writer {
 public:
  explicit TextWriter(Output& output) : output_(output) {}

  void answer(const std::string& file, const std::string& variant, const Answer& answer) override {
    std::string lines = file + "  (" + variant + ", " + decimals(answer.milliseconds, 1) + " ms)\n";
    for (const Prediction& it : answer.best) {
      char id[16];
      std::snprintf(id, sizeof id, "%5d", it.class_id);
      lines += "  " + decimals(static_cast<double>(it.score), 4) + "  " + id;
      lines += it.label ? "  " + *it.label + "\n" : "\n";
    }
    output_.print(printable(lines));
  }

  void failure(const std::string& file, const std::string&, const std::string& sentence) override {
    output_.print(printable(file + "\n  error: " + sentence + "\n"));
  }

 private:
  Output& output_;
};

}  // namespace

std::string printable(const std::string& text) {
  return mend(text, [](unsigned char) { return std::string("?"); });
}

std::string to_json_line(const OrderedJson& value) {
  OrderedJson mended = value;
  hide_foreign_bytes(mended);
  std::string line = mended.dump() + "\n";
  for (size_t place = line.find(kHidden); place != std::string::npos; place = line.find(kHidden, place)) {
    // The last two bytes of the character have 6 bits each, of which the lowest 8 are the byte.
    const unsigned byte =
        (static_cast<unsigned char>(line[place + 2]) & 3u) << 6 | (static_cast<unsigned char>(line[place + 3]) & 0x3Fu);
    char escape[8];
    std::snprintf(escape, sizeof escape, "\\udc%02x", byte);
    line.replace(place, 4, escape);
  }
  return line;
}

std::string to_csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += ',';
    if (cells[i].find_first_of(",\"\r\n") == std::string::npos) {
      line += cells[i];
      continue;
    }
    line += '"';
    for (const char c : cells[i]) line += c == '"' ? std::string("\"\"") : std::string(1, c);
    line += '"';
  }
  return printable(line) + "\n";
}

std::unique_ptr<Writer> make_writer(Format format, Output& output) {
  switch (format) {
    case Format::kJson:
      return std::make_unique<JsonWriter>(output);
    case Format::kCsv:
      return std::make_unique<CsvWriter>(output);
    default:
      return std::make_unique<TextWriter>(output);
  }
}

std::string render_failure(Format format, const std::string& code, const std::string& sentence) {
  if (format != Format::kJson) return "";
  return to_json_line({{"ok", false}, {"error", {{"code", code}, {"message", sentence}}}});
}

RenderFailure failure_renderer(Format format) {
  return
      [format](const std::string& code, const std::string& sentence) { return render_failure(format, code, sentence); };
}

}  // namespace app
}  // namespace oarlock
