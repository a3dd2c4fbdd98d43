/*
 * oarlock.h - the whole public interface of the Oarlock core (C, also valid C++).
 *
 * A classification from a bundle and a picture, errors left out:
 *
 *     oar_bundle* bundle;
 *     oar_bundle_open("dpn68.oar", NULL, &bundle);
 *     oar_engine* engine;
 *     oar_engine_load("/path/to/libpaddle_light_api_shared.so", &engine);
 *     oar_session* session;
 *     oar_bundle_open_session(bundle, engine, NULL, NULL, &session);   // the most exact variant that fits this CPU
 *     oar_preprocess_spec spec = {sizeof spec};
 *     oar_bundle_preprocess(bundle, &spec);
 *     oar_preprocessor* preprocessor;
 *     oar_preprocessor_create(&spec, &preprocessor);
 *     oar_preprocessor_run(preprocessor, &image, tensor, 3 * 224 * 224);
 *     oar_session_set_input(session, &input);                         // a description that points at `tensor`
 *     oar_session_run(session);
 *     oar_session_output(session, 0, &output);
 *     oar_softmax(output.data, 1000, scores);
 *     oar_top_k(scores, 1000, 5, ids, best, &count);
 *
 * Rules that hold for every function:
 * - The result is an oar_status; OAR_OK is 0. On any other value the outputs are untouched, unless said otherwise, and
 *   oar_last_error() holds a sentence naming the file or field, what was found and what was expected.
 * - Nothing here prints, aborts, or lets a C++ exception out.
 * - Objects are made by *_open, *_create or *_load and freed by the *_close or *_destroy of the same noun, which
 * accepts NULL. Strings and arrays that an object hands out live as long as that object, unless said otherwise.
 * - Threads: an oar_bundle, oar_preprocessor, oar_nb and oar_engine are immutable once made and may be shared. An
 *   oar_session may be used by one thread at a time; different sessions may run at the same time.
 * - Paths are UTF-8 and NUL-terminated.
 * - Every struct that a caller fills in begins with struct_size = sizeof(the struct), so that it can grow.
 */
#ifndef OARLOCK_H_
#define OARLOCK_H_

#include <stddef.h>
#include <stdint.h>

/* The one place that holds the version of the core and of both Python distributions. */
#define OARLOCK_VERSION "0.1.0"

#if defined(_WIN32)
#define OAR_API
#else
#define OAR_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Status ------------------------------------------------------------------------------------------------------ */

typedef enum oar_status {
  OAR_OK = 0,
  OAR_INVALID_ARGUMENT = 1,    /* a NULL pointer, a size or an option outside its range */
  OAR_NOT_FOUND = 2,           /* no such file, variant, input or output */
  OAR_IO = 3,                  /* the operating system could not read a file */
  OAR_BAD_MODEL = 4,           /* a .nb file that is no .nb file, is truncated or contradicts itself */
  OAR_VERSION_MISMATCH = 5,    /* a .nb file or bundle of a version that this library or engine does not read */
  OAR_WRONG_TARGET = 6,        /* a .nb file with kernels for another kind of processor */
  OAR_BAD_BUNDLE = 7,          /* a bundle.json that breaks the format, or a bundle lacking a file */
  OAR_HASH_MISMATCH = 8,       /* a file of a bundle whose SHA-256 is not the recorded one */
  OAR_BAD_SHAPE = 9,           /* a tensor whose shape the model does not take */
  OAR_BAD_DTYPE = 10,          /* a tensor whose dtype the model does not take */
  OAR_BAD_IMAGE = 11,          /* pixels that cannot be a picture: sizes, strides, format */
  OAR_NOT_FINITE = 12,         /* NaN or infinity among scores */
  OAR_ENGINE_UNAVAILABLE = 13, /* the engine's library cannot be loaded, or is not one that the plugin knows */
  OAR_ENGINE_CONFLICT = 14,    /* another engine file is already loaded in this process */
  OAR_ENGINE_FAILED = 15,      /* the engine reported a failure or gave no result */
  OAR_OUT_OF_MEMORY = 16,
  OAR_NOT_A_CLASSIFIER = 17,      /* the bundle has no preprocessing: its model does not take pictures */
  OAR_INTERNAL = 18,              /* a defect of Oarlock */
  OAR_UNSIGNED = 19,              /* a bundle without a signature */
  OAR_BAD_SIGNATURE = 20,         /* a bundle.sig that is no signature, or not the key's signature of the bundle */
  OAR_WRONG_KEY = 21,             /* a bundle that was signed with another key */
  OAR_CHANGED_AFTER_SIGNING = 22, /* a bundle that was changed after it was signed */
  OAR_BAD_KEY = 23,               /* a key that is no Ed25519 public key in PEM */
  OAR_NO_GOLDEN = 24              /* a bundle without golden cases, or without a limit for what they show */
} oar_status;

/* Stable code for programs, "OAR-WRONG-TARGET" for OAR_WRONG_TARGET; "OAR-INTERNAL" for values outside the enum. */
OAR_API const char* oar_status_code(oar_status status);
/* What the status means, one English sentence without particulars. Static storage. */
OAR_API const char* oar_status_message(oar_status status);
/* The particulars of the last failure on the calling thread; "" when there was none. Valid until the thread's next call
 * into Oarlock that fails. */
OAR_API const char* oar_last_error(void);
/* OARLOCK_VERSION of the loaded library. */
OAR_API const char* oar_version(void);

/* ---- Pictures to tensors ----------------------------------------------------------------------------------------- */

typedef enum oar_pixel_format {
  OAR_PIXEL_RGB = 0,  /* 3 bytes a pixel */
  OAR_PIXEL_BGR = 1,  /* 3 bytes a pixel */
  OAR_PIXEL_RGBA = 2, /* 4 bytes a pixel; alpha is dropped, as OpenCV does */
  OAR_PIXEL_GRAY = 3  /* 1 byte a pixel, copied to all three channels */
} oar_pixel_format;

/* Borrowed pixels, row by row from the top. */
typedef struct oar_image {
  uint32_t struct_size;
  oar_pixel_format format;
  const uint8_t* data;
  int32_t width;      /* pixels, 1 to 1,000,000 */
  int32_t height;     /* pixels, 1 to 1,000,000 */
  int64_t row_stride; /* bytes from a row to the next, at least width * bytes a pixel */
} oar_image;

typedef enum oar_color_order { OAR_COLOR_RGB = 0, OAR_COLOR_BGR = 1 } oar_color_order;

typedef enum oar_resize {
  OAR_RESIZE_NONE = 0,
  OAR_RESIZE_SHORT = 1, /* the shorter side to resize_short, the other by round-half-even(side * (short / shorter)) */
  OAR_RESIZE_EXACT = 2  /* to resize_width x resize_height, whatever the proportions */
} oar_resize;

typedef enum oar_interpolation {
  OAR_INTERPOLATION_BILINEAR = 0, /* OpenCV's 8-bit INTER_LINEAR, to the byte */
  OAR_INTERPOLATION_BICUBIC =
      1,                        /* OpenCV's 8-bit INTER_CUBIC without IPP: within 1, the same bytes on every platform */
  OAR_INTERPOLATION_NEAREST = 2 /* OpenCV's INTER_NEAREST */
} oar_interpolation;

typedef enum oar_layout { OAR_LAYOUT_NCHW = 0, OAR_LAYOUT_NHWC = 1 } oar_layout;

/* Applied in the order of the fields; then every value x of channel c becomes (x * scale - mean[c]) / std[c] in
 * float32, three roundings and no fused multiply-add, which is what numpy computes in PaddleClas' evaluation. Channels
 * are numbered in `color` order. */
typedef struct oar_preprocess_spec {
  uint32_t struct_size;
  oar_color_order color; /* the order in which the model wants the channels */
  /* 0: none. In (0, 1]: first cut the centred square of side floor(crop_fraction * shorter side); its left and top are
   * floor((side - square + 1) / 2), TensorFlow's rule for the EfficientNet family. */
  double crop_fraction;
  oar_resize resize;
  int32_t resize_short;
  int32_t resize_width;
  int32_t resize_height;
  oar_interpolation interpolation;
  /* 0: none. Centre crop after the resize, left = (width - crop_width) / 2 and top alike, rounded down (PaddleClas). */
  int32_t crop_width;
  int32_t crop_height;
  float scale;
  float mean[3];
  float std[3];
  oar_layout layout;
} oar_preprocess_spec;

typedef struct oar_preprocessor oar_preprocessor;

OAR_API oar_status oar_preprocessor_create(const oar_preprocess_spec* spec, oar_preprocessor** out);
OAR_API void oar_preprocessor_destroy(oar_preprocessor* preprocessor);
/* Width and height in pixels of what a picture of width x height becomes. */
OAR_API oar_status oar_preprocessor_output_size(const oar_preprocessor* preprocessor, int32_t width, int32_t height,
                                                int32_t* out_width, int32_t* out_height);
/* The picture after resizing and cropping: 8-bit, height x width x 3 in `color` order. out_bytes must be exactly that.
 */
OAR_API oar_status oar_preprocessor_crop(const oar_preprocessor* preprocessor, const oar_image* image, uint8_t* out,
                                         size_t out_bytes);
/* The whole way: float32 of one picture in `layout`. out_count (in floats) must be exactly 3 * height * width. */
OAR_API oar_status oar_preprocessor_run(const oar_preprocessor* preprocessor, const oar_image* image, float* out,
                                        size_t out_count);

/* ---- Camera frames ----------------------------------------------------------------------------------------------- */

/* What the planes of a frame hold, and the pixel_stride each must have. Chroma has half the resolution, rounded up, in
 * both directions (in YUYV only from left to right), so that a frame of odd width or height is welcome. */
typedef enum oar_frame_format {
  OAR_FRAME_NV21 = 0, /* Y (1); pairs V, U (2) */
  OAR_FRAME_NV12 = 1, /* Y (1); pairs U, V (2) */
  OAR_FRAME_I420 = 2, /* Y (1); U (1); V (1) */
  /* Android's ImageFormat.YUV_420_888, Image.getPlanes() as they are: Y (1); U (1 or 2); V (1 or 2) */
  OAR_FRAME_YUV_420_888 = 3,
  OAR_FRAME_YUYV = 4, /* V4L2's YUYV: groups Y, U, Y, V for two pixels side by side (4) */
  OAR_FRAME_RGB = 5,  /* (3) */
  OAR_FRAME_BGR = 6,  /* (3) */
  OAR_FRAME_RGBA = 7  /* (4); alpha is dropped. Android's RGBA_8888 */
} oar_frame_format;

/* How the camera maps light to YUV, always by BT.601; the wrong choice washes colours out or clips them, so there is no
 * default. With u = U - 128, v = V - 128, >> rounding down and everything clamped to 0 to 255:
 *
 * OAR_YUV_FULL, JFIF 1.02 in the integers of libjpeg, whose bytes these are:
 *   R = Y + ((91881 * v + 32768) >> 16)
 *   G = Y + ((-22554 * u - 46802 * v + 32768) >> 16)
 *   B = Y + ((116130 * u + 32768) >> 16)
 * OAR_YUV_LIMITED, BT.601 in the integers of OpenCV's cvtColor, whose bytes these are; y = max(Y - 16, 0) * 1220542:
 *   R = (y + 1673527 * v + 524288) >> 20
 *   G = (y - 409993 * u - 852492 * v + 524288) >> 20
 *   B = (y + 2116026 * u + 524288) >> 20
 *
 * Every pixel takes the chroma sample of its own 2 x 2 (YUYV: 2 x 1) block; nothing is interpolated between samples. */
typedef enum oar_yuv_range {
  OAR_YUV_NONE = 0,   /* for RGB, BGR and RGBA, where the range is not looked at */
  OAR_YUV_FULL = 1,   /* 0 to 255: JPEG's, and that of most phone cameras */
  OAR_YUV_LIMITED = 2 /* luma 16 to 235, chroma 16 to 240: video's, and that of many USB cameras */
} oar_yuv_range;

/* A plane of a frame. `size` bytes may be read, none beyond; the last row need not be as long as row_stride. */
typedef struct oar_plane {
  const uint8_t* data;
  size_t size;
  int64_t row_stride;   /* bytes from a row to the next */
  int32_t pixel_stride; /* bytes from an element of a row to the next: by oar_frame_format */
} oar_plane;

/* Borrowed pixels of a camera. oar_plane, which lives only inside, has no struct_size of its own. */
typedef struct oar_frame {
  uint32_t struct_size;
  oar_frame_format format;
  int32_t width;       /* pixels as they lie in memory, before any rotation, 1 to 1,000,000 */
  int32_t height;      /* the same */
  oar_plane planes[3]; /* as many as the format has; the others are not looked at */
  int32_t rotation;    /* degrees clockwise that make the picture upright: 0, 90, 180 or 270 */
  int32_t mirror;      /* 1: left and right are exchanged after the rotation; 0: not */
  oar_yuv_range range;
} oar_frame;

/* oar_preprocessor_crop and oar_preprocessor_run for a frame. The result equals, to the byte, that for the picture that
 * one gets by converting the whole frame to RGB, turning it clockwise by `rotation` and then mirroring it; but only
 * pixels that the resize needs are read and converted. Sizes are those of the upright picture: at 90 and 270 degrees
 * ask oar_preprocessor_output_size with width and height exchanged. Memory for some rows is allocated per call and
 * freed before it returns; the preprocessor holds none, so that threads may share it. */
OAR_API oar_status oar_preprocessor_crop_frame(const oar_preprocessor* preprocessor, const oar_frame* frame,
                                               uint8_t* out, size_t out_bytes);
OAR_API oar_status oar_preprocessor_run_frame(const oar_preprocessor* preprocessor, const oar_frame* frame, float* out,
                                              size_t out_count);

/* ---- Scores ------------------------------------------------------------------------------------------------------ */

/* probabilities[i] = exp(logits[i] - max) / sum, summed in double. In place is allowed. OAR_NOT_FINITE on NaN or inf.
 */
OAR_API oar_status oar_softmax(const float* logits, size_t count, float* probabilities);
/* The k best of `count` scores, best first, equal scores by lower index; k is clamped to count. ids and best hold k
 * entries; *found is how many were written. OAR_NOT_FINITE on NaN or infinity. */
OAR_API oar_status oar_top_k(const float* scores, size_t count, size_t k, int32_t* ids, float* best, size_t* found);

/* ---- Tensors ----------------------------------------------------------------------------------------------------- */

typedef enum oar_dtype {
  OAR_FLOAT32 = 0,
  OAR_FLOAT64 = 1,
  OAR_FLOAT16 = 2,
  OAR_INT64 = 3,
  OAR_INT32 = 4,
  OAR_INT16 = 5,
  OAR_INT8 = 6,
  OAR_UINT8 = 7,
  OAR_BOOL = 8
} oar_dtype;

/* "float32" and so on, numpy's names; NULL outside the enum. */
OAR_API const char* oar_dtype_name(oar_dtype dtype);

#define OAR_MAX_RANK 8

/* A dense, row-major tensor, borrowed. */
typedef struct oar_tensor {
  uint32_t struct_size;
  oar_dtype dtype;
  const char* name;
  int32_t rank;
  int64_t dims[OAR_MAX_RANK]; /* -1 in a description: any size */
  const void* data;           /* NULL in a description */
  size_t bytes;
} oar_tensor;

/* ---- Model files (.nb) ------------------------------------------------------------------------------------------- */

/* A verified Paddle Lite model file: container, FlatBuffers program and the bounds of every parameter. Weights are not
 * read. */
typedef struct oar_nb oar_nb;

OAR_API oar_status oar_nb_open(const char* path, oar_nb** out);
/* The bytes are borrowed for the life of the object. `name` stands for the file in messages. */
OAR_API oar_status oar_nb_open_memory(const char* name, const void* data, size_t size, oar_nb** out);
OAR_API void oar_nb_close(oar_nb* nb);
/* JSON, by docs/schema/nb.schema.json: version, targets, inputs, outputs, ops, kernels, parameters. */
OAR_API const char* oar_nb_description(const oar_nb* nb);

/* ---- Engine ------------------------------------------------------------------------------------------------------ */

/* A Paddle Lite library, loaded once for the life of the process. */
typedef struct oar_engine oar_engine;

/* Loads `library` (lite.so of the PyPI wheel, or libpaddle_light_api_shared.so) and the plugin that speaks to it, which
 * is looked for beside the core, else by name where the system looks. The same file again gives the same engine; a
 * different one is OAR_ENGINE_CONFLICT, since two Paddle Lite libraries corrupt each other; so is one after a library
 * that was loaded and then refused, which stays in the process too. Any thread; the loads are serialised. The engine is
 * never unloaded and must not be freed. */
OAR_API oar_status oar_engine_load(const char* library, oar_engine** out);
OAR_API const char* oar_engine_path(const oar_engine* engine);
/* "2.12", as the engine says of itself; "2.12+COMMIT" for a library built from sources without a version tag. */
OAR_API const char* oar_engine_version(const oar_engine* engine);

/* ---- Sessions ---------------------------------------------------------------------------------------------------- */

/* Paddle Lite's power modes (big.LITTLE core binding; ARM only). Its maintainers advise NO_BIND. */
typedef enum oar_power {
  OAR_POWER_HIGH = 0,
  OAR_POWER_LOW = 1,
  OAR_POWER_FULL = 2,
  OAR_POWER_NO_BIND = 3,
  OAR_POWER_RAND_HIGH = 4,
  OAR_POWER_RAND_LOW = 5
} oar_power;

typedef struct oar_session_options {
  uint32_t struct_size;
  int32_t threads; /* 1 to 64 */
  oar_power power;
} oar_session_options;

typedef struct oar_session oar_session;

/* Verifies the file (oar_nb_open), its target against this CPU and its version against the engine, then loads it.
 * options NULL: one thread, OAR_POWER_NO_BIND. */
OAR_API oar_status oar_session_open(oar_engine* engine, const char* path, const oar_session_options* options,
                                    oar_session** out);
/* The same from memory; the bytes may be freed after the call. `name` stands for the file in messages. */
OAR_API oar_status oar_session_open_memory(oar_engine* engine, const char* name, const void* data, size_t size,
                                           const oar_session_options* options, oar_session** out);
OAR_API void oar_session_close(oar_session* session);

OAR_API size_t oar_session_input_count(const oar_session* session);
OAR_API size_t oar_session_output_count(const oar_session* session);
/* What the model takes: name, dtype, rank and dims with -1 where any size goes; data is NULL. out->struct_size must be
 * set. */
OAR_API oar_status oar_session_input(const oar_session* session, size_t index, oar_tensor* out);
/* Copies tensor->data into the input called tensor->name (NULL: the only input). dtype, rank, dims and bytes are
 * checked against the model; nothing is converted. Inputs keep their value between runs, but for those that the model
 * itself overwrites, which must be set before every run. */
OAR_API oar_status oar_session_set_input(oar_session* session, const oar_tensor* tensor);
/* OAR_INVALID_ARGUMENT while an input was never set. The number of threads holds for this run alone, whatever other
 * sessions use. */
OAR_API oar_status oar_session_run(oar_session* session);
/* Name, dtype, dims and data of an output; data points into the engine and is valid until the session's next
 * oar_session_run, oar_session_set_input or close. Before the first run: name only, data NULL and rank 0.
 * out->struct_size must be set. OAR_ENGINE_FAILED when the engine gave no value. */
OAR_API oar_status oar_session_output(const oar_session* session, size_t index, oar_tensor* out);

/* ---- Bundles ----------------------------------------------------------------------------------------------------- */

/* A NAME.oar directory whose bundle.json obeys docs/schema/bundle.schema.json (format version 1) and whose files are
 * all there, plain names inside the directory, of the recorded size. Hashes are checked when a file is asked for, that
 * of the labels when the bundle is opened. */
typedef struct oar_bundle oar_bundle;

typedef struct oar_bundle_options {
  uint32_t struct_size;
  /* A folder for what shall be remembered from process to process, such as Android's getCacheDir(); its parent must
   * exist. The file "verified" in it holds which files have been hashed and found right, as long as each keeps its
   * device, inode, size and times of change. It has 128 KiB at most, any number of processes may use it at once, and
   * one that another user could have written is not believed. Where it cannot be read or written, files are hashed
   * again. NULL: nothing is remembered. */
  const char* cache;
} oar_bundle_options;

/* options NULL: nothing is remembered from process to process. */
OAR_API oar_status oar_bundle_open(const char* path, const oar_bundle_options* options, oar_bundle** out);
OAR_API void oar_bundle_close(oar_bundle* bundle);
/* Checks that the owner of a key has signed the bundle: its file bundle.sig (docs/schema/signature.schema.json) holds
 * the key's Ed25519 signature of bundle.json as it was read, which has the hash of every file, and the folder holds
 * nothing else. The files are compared with those hashes when they are asked for.
 *
 * public_key is the text of a PEM file with an Ed25519 public key ("-----BEGIN PUBLIC KEY-----", what
 * `openssl pkey -pubout` writes); key_name stands for it in messages. OAR_UNSIGNED, OAR_BAD_SIGNATURE, OAR_WRONG_KEY,
 * OAR_CHANGED_AFTER_SIGNING, OAR_BAD_KEY. */
OAR_API oar_status oar_bundle_verify_signature(const oar_bundle* bundle, const char* key_name, const char* public_key);
/* The text of bundle.json. */
OAR_API const char* oar_bundle_json(const oar_bundle* bundle);
/* The absolute path of a file that bundle.json lists ("labels.txt"), its SHA-256 checked. The string lives as long as
 * the bundle. */
OAR_API oar_status oar_bundle_file(const oar_bundle* bundle, const char* name, const char** path);
/* The id of the variant called id ("arm64-fp32"), or for NULL of the most exact that fits this CPU: fp32, fp16, int16w,
 * int8w, int8. OAR_NOT_FOUND names those there are; OAR_WRONG_TARGET when none fits. */
OAR_API oar_status oar_bundle_pick_variant(const oar_bundle* bundle, const char* id, const char** out);
/* oar_bundle_pick_variant, the hash of its file, then oar_session_open. */
OAR_API oar_status oar_bundle_open_session(const oar_bundle* bundle, oar_engine* engine, const char* variant,
                                           const oar_session_options* options, oar_session** out);
/* spec->struct_size must be set. OAR_NOT_A_CLASSIFIER when the bundle has none. */
OAR_API oar_status oar_bundle_preprocess(const oar_bundle* bundle, oar_preprocess_spec* spec);
/* The name of a class; NULL where the bundle has no label for it. */
OAR_API const char* oar_bundle_label(const oar_bundle* bundle, int32_t class_id);

/* ---- Selftest ---------------------------------------------------------------------------------------------------- */

/* The golden cases of a bundle, replayed on this machine: does it answer as the reference did? Without the reference,
 * without a decoder for pictures, and with the limits of the bundle. A case at a time, so that the caller may show how
 * far it is, or stop:
 *
 *     oar_selftest* selftest;
 *     oar_selftest_open(bundle, NULL, &selftest);
 *     oar_selftest_state state = {sizeof state};
 *     while (oar_selftest_next(selftest, &state) == OAR_OK && state.variant != NULL) {
 *       oar_selftest_run_next(selftest, engine);
 *     }
 *     puts(oar_selftest_sentence(selftest));
 *     oar_selftest_close(selftest);
 *
 * A case has three stages. Preprocessing: the recorded picture, through this core, must equal the recorded input to the
 * bit. Engine: of the recorded input, the largest |difference| / largest |reference| of every output must be at most
 * the limit for the variant's precision; outputs of whole numbers must be equal. End to end: the same from the picture.
 * Cases of tensors, and all of a model that takes no pictures, have the second only. NaN and infinity are counted
 * first, and fail whatever the limit is. Which class comes first is told and not judged.
 *
 * One thread at a time. The bundle must outlive the selftest. */
typedef struct oar_selftest oar_selftest;

typedef struct oar_selftest_options {
  uint32_t struct_size;
  const char* variant; /* its id; NULL: the one that oar_bundle_pick_variant takes */
  int32_t all;         /* 1: every variant that this processor runs, the others are named; `variant` is NULL then */
  double max_relative_error;   /* the limit for every precision; 0: those of the bundle */
  oar_session_options session; /* its struct_size must be set as well */
} oar_selftest_options;

/* options NULL: the picked variant, one thread. Nothing is run. OAR_NO_GOLDEN when the bundle has no cases, or no limit
 * for the variant's precision and none was given; OAR_WRONG_TARGET, OAR_NOT_FOUND, OAR_INVALID_ARGUMENT. */
OAR_API oar_status oar_selftest_open(const oar_bundle* bundle, const oar_selftest_options* options, oar_selftest** out);
OAR_API void oar_selftest_close(oar_selftest* selftest);

typedef struct oar_selftest_state {
  uint32_t struct_size;
  size_t done;           /* cases */
  size_t total;          /* the same, of all variants that are run */
  const char* variant;   /* id of the variant whose turn it is; NULL when all is done */
  const char* case_name; /* of its case that comes next; NULL likewise */
} oar_selftest_state;

/* How far it is and what oar_selftest_run_next will do. state->struct_size must be set; the strings live as long as the
 * selftest. */
OAR_API oar_status oar_selftest_next(const oar_selftest* selftest, oar_selftest_state* state);
/* Runs the next case; with the first of a variant its model is loaded, with the last it is freed. What goes wrong in
 * the model or in its engine is a failure of the variant, and OAR_OK here. OAR_BAD_BUNDLE, OAR_HASH_MISMATCH and OAR_IO
 * are about the recorded files; OAR_INVALID_ARGUMENT when nothing is left. */
OAR_API oar_status oar_selftest_run_next(oar_selftest* selftest, oar_engine* engine);
/* For a caller who has found out elsewhere, such as in a child process, that the variant whose turn it is cannot be
 * run: it has failed with this code, "OAR-ENGINE-CRASHED", and sentence, and its remaining cases are left out. */
OAR_API oar_status oar_selftest_give_up(oar_selftest* selftest, const char* code, const char* sentence);

typedef enum oar_verdict {
  OAR_VERDICT_OPEN = 0, /* something is left to be run */
  OAR_VERDICT_PASSED = 1,
  OAR_VERDICT_FAILED = 2
} oar_verdict;

/* Of all variants that are run; NULL gives OAR_VERDICT_OPEN. */
OAR_API oar_verdict oar_selftest_verdict(const oar_selftest* selftest);
/* The verdict in words, naming the stage that differs and by how much. Both strings are valid until the next call but
 * for this and oar_selftest_json; "" when memory ran out. */
OAR_API const char* oar_selftest_sentence(const oar_selftest* selftest);
/* Everything there is to tell, JSON by docs/schema/selftest.schema.json. */
OAR_API const char* oar_selftest_json(const oar_selftest* selftest);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* OARLOCK_H_ */
