// Which files have been hashed and found right, remembered from process to process.
#ifndef OARLOCK_SRC_HASH_MEMO_H_
#define OARLOCK_SRC_HASH_MEMO_H_

#include <string>

#include "byte_source.h"

namespace oarlock {

// A file FOLDER/verified of fixed size: a table of records, each of which is the SHA-256 of a file's identity and its
// content's hash. There is nothing in it to be damaged but records, and a damaged record stands for no file, so that
// any number of processes write at once without a lock, and one that dies in the middle costs a hash. A full place in
// the table loses its oldest record.
//
// No function fails: where the folder or the file cannot be used, nothing is known and nothing is remembered. So it is
// with a file that another user owns or could have written. Immutable; threads may share it.
class HashMemo {
 public:
  // The folder is made when its parent exists. An empty name: nothing is remembered.
  explicit HashMemo(const std::string& folder);
  ~HashMemo();
  HashMemo(const HashMemo&) = delete;
  HashMemo& operator=(const HashMemo&) = delete;

  // Whether a file of this identity had the hash.
  bool knows(const FileIdentity& file, const std::string& sha256) const;
  // For a settled identity only.
  void remember(const FileIdentity& file, const std::string& sha256) const;

 private:
  int descriptor_ = -1;
};

}  // namespace oarlock

#endif  // OARLOCK_SRC_HASH_MEMO_H_
