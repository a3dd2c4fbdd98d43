// A model for asking an engine who it is.
#ifndef OARLOCK_PLUGIN_EMPTY_MODEL_H_
#define OARLOCK_PLUGIN_EMPTY_MODEL_H_

namespace oarlock {

// A .nb file whose program has one block and nothing in it. Every version from 2.10 on opens it, whatever the version
// in it. native/tests/nb_test.cc holds that it is the file that the core's own reader understands so.
constexpr unsigned char kEmptyModel[] = {
    // Meta version, "v2.12" in 16 bytes, size of the program.
    2, 0, 'v', '2', '.', '1', '2', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 76, 0, 0, 0, 0, 0, 0, 0,
    // The program in FlatBuffers: a ProgramDesc with a Version of 0 and one BlockDesc, whose parent is -1 and whose
    // vectors of variables and operators are empty.
    12, 0, 0, 0, 8, 0, 12, 0, 4, 0, 8, 0, 8, 0, 0, 0, 8, 0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 24, 0, 0, 0, 4, 0, 4, 0, 4,
    0, 0, 0, 12, 0, 16, 0, 0, 0, 4, 0, 8, 0, 12, 0, 12, 0, 0, 0, 255, 255, 255, 255, 12, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0,
    // Parameters: version, meta size, header size, count, largest.
    0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0};

}  // namespace oarlock

#endif  // OARLOCK_PLUGIN_EMPTY_MODEL_H_
