// JPEG through libjpeg-turbo, with the settings that it comes with: the accurate integer DCT and smooth chroma.
// clang-format off
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <jpeglib.h>  // which needs those before it
// clang-format on

#include "failure.h"
#include "pictures/formats.h"

namespace oarlock {
namespace app {
namespace formats {
namespace {

constexpr const char* kKind = "JPEG";
constexpr uint8_t kExifMark[] = {'E', 'x', 'i', 'f', 0, 0};
constexpr unsigned kLongestSegment = 0xFFFF;

enum class Ending { kNone, kTruncated, kDamaged };

// libjpeg is C: it ends by a jump over frames that hold nothing to be destroyed.
struct Decoder {
  jpeg_decompress_struct info;
  jpeg_error_mgr errors;
  jpeg_source_mgr reader;
  std::jmp_buf jump;
  Ending ending;
  char words[JMSG_LENGTH_MAX];
};

Decoder& decoder_of(j_common_ptr info) { return *static_cast<Decoder*>(info->client_data); }

[[noreturn]] void give_up(j_common_ptr info) {
  Decoder& decoder = decoder_of(info);
  if (decoder.ending == Ending::kNone) {
    decoder.ending = Ending::kDamaged;
    (*info->err->format_message)(info, decoder.words);
  }
  std::longjmp(decoder.jump, 1);
}

void say_nothing(j_common_ptr) {}

void start_source(j_decompress_ptr) {}

boolean read_beyond_end(j_decompress_ptr info) {
  decoder_of(reinterpret_cast<j_common_ptr>(info)).ending = Ending::kTruncated;
  give_up(reinterpret_cast<j_common_ptr>(info));
}

void skip(j_decompress_ptr info, long count) {
  if (count <= 0) return;
  if (static_cast<size_t>(count) > info->src->bytes_in_buffer) read_beyond_end(info);
  info->src->next_input_byte += count;
  info->src->bytes_in_buffer -= static_cast<size_t>(count);
}

// Ready to be started; must be destroyed with jpeg_destroy_decompress.
void prepare(Decoder& decoder, const Source& source) {
  std::memset(&decoder, 0, sizeof decoder);
  decoder.info.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = give_up;
  decoder.errors.output_message = say_nothing;
  decoder.info.client_data = &decoder;
  decoder.reader.next_input_byte = source.data;
  decoder.reader.bytes_in_buffer = source.size;
  decoder.reader.init_source = start_source;
  decoder.reader.fill_input_buffer = read_beyond_end;
  decoder.reader.skip_input_data = skip;
  decoder.reader.resync_to_restart = jpeg_resync_to_restart;
  decoder.reader.term_source = start_source;
}

// False when it gave up.
bool read_header(Decoder& decoder) {
  if (setjmp(decoder.jump) != 0) return false;
  jpeg_create_decompress(&decoder.info);
  decoder.info.src = &decoder.reader;
  jpeg_save_markers(&decoder.info, JPEG_APP0 + 1, kLongestSegment);
  jpeg_read_header(&decoder.info, TRUE);
  return true;
}

bool read_rows(Decoder& decoder, uint8_t* rgb, size_t row_bytes) {
  if (setjmp(decoder.jump) != 0) return false;
  decoder.info.out_color_space = JCS_RGB;
  jpeg_start_decompress(&decoder.info);
  while (decoder.info.output_scanline < decoder.info.output_height) {
    JSAMPROW row = rgb + decoder.info.output_scanline * row_bytes;
    jpeg_read_scanlines(&decoder.info, &row, 1);
  }
  jpeg_finish_decompress(&decoder.info);
  return true;
}

// EXIF data may be spread over several segments.
int orientation_of(const jpeg_decompress_struct& info) {
  std::vector<uint8_t> exif;
  for (const jpeg_marker_struct* marker = info.marker_list; marker != nullptr; marker = marker->next) {
    if (marker->data_length < sizeof kExifMark || std::memcmp(marker->data, kExifMark, sizeof kExifMark) != 0) continue;
    exif.insert(exif.end(), marker->data + sizeof kExifMark, marker->data + marker->data_length);
  }
  return exif_orientation(exif.data(), exif.size());
}

[[noreturn]] void fail(const Decoder& decoder, const Source& source) {
  if (decoder.ending == Ending::kTruncated) fail_truncated(source, kKind);
  fail_damaged(source, kKind, decoder.words);
}

void check_kind(const jpeg_decompress_struct& info, const Source& source) {
  if (info.num_components == 1 || info.num_components == 3) return;
  const bool print = info.num_components == 4;
  fail_with("OAR-UNSUPPORTED-IMAGE", {source.name, ": is a JPEG picture of ",
                                      (print ? "four inks (CMYK)" : std::to_string(info.num_components) + " channels"),
                                      ", expected grey or colours (RGB, YCbCr): convert it, or use `oarlock predict`"});
}

}  // namespace

StoredPicture decode_jpeg(const Source& source) {
  struct Owned : Decoder {
    ~Owned() { jpeg_destroy_decompress(&info); }
  };
  Owned decoder;
  prepare(decoder, source);
  if (!read_header(decoder)) fail(decoder, source);
  check_size(source, decoder.info.image_width, decoder.info.image_height);
  check_kind(decoder.info, source);
  StoredPicture picture;
  picture.width = static_cast<int32_t>(decoder.info.image_width);
  picture.height = static_cast<int32_t>(decoder.info.image_height);
  picture.orientation = orientation_of(decoder.info);
  const size_t row_bytes = size_t{decoder.info.image_width} * 3;
  picture.rgb.resize(row_bytes * decoder.info.image_height);
  if (!read_rows(decoder, picture.rgb.data(), row_bytes)) fail(decoder, source);
  return picture;
}

}  // namespace formats
}  // namespace app
}  // namespace oarlock
