/*
 * Message files that another server compressed (Dovecot's zlib plugin): gzip, bzip2, zstd. A message
 * cannot begin with the octets by which these are known, so that a look at the file is enough.
 */
#ifndef BUZON_LIB_STORE_UNPACK_H
#define BUZON_LIB_STORE_UNPACK_H

#include "lib/base/base.h"

#define UNPACK_MAX (UINT64_C(1) << 30) /* octets of a message; what is beyond is cut off */

/* unpack_is_needed - does the file begin as a compressed one does? unpack_begins - likewise, of a file of
 * which these are the first octets */
bool unpack_is_needed(int fd);
bool unpack_begins(struct span octets);

/*
 * unpack - the content of a compressed file as a file
 *
 * Small ones stay in memory, others go to a file without a name. What is damaged is unpacked up to where
 * the damage begins, with a warning; when that is nothing, the content is the file as it stands.
 *
 *  packed     read from its start
 *  directory  where a file without a name can be made
 *  name       for the log
 *  size_r     octets of the content
 *
 * Returns the caller's descriptor; -1 and *err (TEMPORARY) when there is no room for it.
 */
int unpack(int packed, int directory, const char *name, uint64_t *size_r,
           struct error *err) MUST_CHECK;

#endif
