// What the core calls of an engine: one table of C functions, exported by a plugin library.
//
// The core is built without any Paddle Lite file. A plugin is a small library of ours that is linked against the soname
// of one Paddle Lite library and includes lite_api.h with one of its layouts; the core opens plugins after the engine
// until one fits, and from then on speaks only through the functions of its table. No C++ type and no exception
// crosses.
//
// Functions that can fail return 0 on success and otherwise put a NUL-terminated text into `error`, cut to
// kOarlockPluginErrorBytes. A predictor may be used by one thread at a time.
#ifndef OARLOCK_PLUGIN_PLUGIN_ABI_H_
#define OARLOCK_PLUGIN_PLUGIN_ABI_H_

#include <stddef.h>
#include <stdint.h>

#include "oarlock.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { kOarlockPluginAbi = 2, kOarlockPluginErrorBytes = 512, kOarlockPluginVersionBytes = 64 };

typedef struct oarlock_predictor oarlock_predictor;

typedef struct oarlock_predictor_options {
  const char* path; /* NULL: the model is in memory */
  const void* data; /* copied by the engine */
  size_t size;
  int32_t threads;
  oar_power power;
} oarlock_predictor_options;

typedef struct oarlock_plugin_table {
  int32_t abi;                 /* kOarlockPluginAbi of the plugin's build */
  const char* const* versions; /* of the engine, whose interface the plugin declares: "2.12", …; ends with NULL */

  /* Whether the loaded library lays its configuration out as the plugin declares. Called once, before all others. */
  int (*check_layout)(char* error);

  /* What the engine says of its own version, "v2.12" or a commit, cut to kOarlockPluginVersionBytes with the NUL. Not
   * to be called while another thread creates. */
  int (*engine_version)(char* version, char* error);

  /* Not to be called by two threads at once: the engine fills global registries. */
  int (*create)(const oarlock_predictor_options* options, oarlock_predictor** out, char* error);
  void (*destroy)(oarlock_predictor* predictor);

  /* Texts live as long as the predictor. */
  size_t (*input_count)(const oarlock_predictor* predictor);
  size_t (*output_count)(const oarlock_predictor* predictor);
  const char* (*input_name)(const oarlock_predictor* predictor, size_t index);
  const char* (*output_name)(const oarlock_predictor* predictor, size_t index);

  /* Copies dims[0] x … x dims[rank - 1] values, `bytes` in all, into input `index`. */
  int (*set_input)(oarlock_predictor* predictor, size_t index, oar_dtype dtype, const int64_t* dims, int32_t rank,
                   const void* data, size_t bytes, char* error);
  int (*run)(oarlock_predictor* predictor, char* error);
  /* Fills dtype, rank, dims, data and bytes. Only after a run. */
  int (*output)(oarlock_predictor* predictor, size_t index, oar_tensor* out, char* error);
} oarlock_plugin_table;

/* The table, of static storage. The core looks this symbol up by name. */
#define OARLOCK_PLUGIN_SYMBOL "oarlock_plugin_table_v1"
OAR_API const oarlock_plugin_table* oarlock_plugin_table_v1(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* OARLOCK_PLUGIN_PLUGIN_ABI_H_ */
