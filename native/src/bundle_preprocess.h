// The `preprocess` object of bundle.json.
#ifndef OARLOCK_SRC_BUNDLE_PREPROCESS_H_
#define OARLOCK_SRC_BUNDLE_PREPROCESS_H_

#include "json_field.h"
#include "oarlock.h"

namespace oarlock {

// The spec that an object of $defs/preprocess in docs/schema/bundle.schema.json stands for. exif_orientation is
// checked and left out: it is for whoever decodes the picture.
oar_preprocess_spec read_bundle_preprocess(const JsonField& preprocess);

}  // namespace oarlock

#endif  // OARLOCK_SRC_BUNDLE_PREPROCESS_H_
