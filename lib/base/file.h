/*
 * Safe file operations: whole reads and writes, durable replacement, opening of files that others
 * may have planted.
 */
#ifndef BUZON_LIB_BASE_FILE_H
#define BUZON_LIB_BASE_FILE_H

#include "lib/base/buf.h"

#include <sys/stat.h>
#include <sys/types.h>

/* write_all - all octets, however many calls it takes (EINTR and short writes are handled) */
bool write_all(int fd, struct span octets) MUST_CHECK;
/* pread_all - exactly len octets; false with errno 0 when the file is shorter */
bool pread_all(int fd, void *data, size_t len, off_t offset) MUST_CHECK;
/* pwrite_all - all octets, at that offset; these three: false with errno */
bool pwrite_all(int fd, const void *data, size_t len, off_t offset) MUST_CHECK;
/* file_append - all octets to the end of a file that nobody else writes to meanwhile, or none: what the next ones
 * would be joined to is cut off again. False: errno */
bool file_append(int fd, struct span octets) MUST_CHECK;

/* file_read - append a whole regular file to `content`, up to its limit (PERMANENT beyond) */
bool file_read(int directory, const char *path, struct buf *content, struct error *err) MUST_CHECK;

/* file_nameless - a new file in it, open for reading and writing, which goes with its descriptor (the caller's to close); -1
 * with errno. Where the file system knows none without a name, it has one for a moment. */
int file_nameless(int directory) MUST_CHECK;

/*
 * file_replace - put new content in the place of a file, all or nothing
 *
 * When it returns true, content, inode and directory entry are on stable storage. At any moment,
 * also after a crash, a reader finds the old file or the new one, whole.
 *
 *  directory  open descriptor of the directory; borrowed
 *  name       a plain file name in it, never a path
 *  mode       permission bits of the new file; its owner is the effective uid
 *  content    any octets, may be empty; borrowed for the call
 *  err        why not, of the kind that error_errno knows
 *
 * After false, which of the two files is there is not known, but no half of one ever is.
 */
bool file_replace(int directory, const char *name, mode_t mode, struct span content,
                  struct error *err) MUST_CHECK;
/*
 * file_replace_in_kind - likewise; mode, owner and group are those of `old`, before anybody sees the new file
 *
 *  kept_r  false: the owner and group could not be kept, they are ours
 */
bool file_replace_in_kind(int directory, const char *name, const struct stat *old,
                          struct span content, bool *kept_r, struct error *err) MUST_CHECK;
/* file_replace_alone - likewise, by a caller who keeps all others out (a lock): what a process that was killed has left
 * of a new file is written over, not added to */
bool file_replace_alone(int directory, const char *name, mode_t mode, struct span content,
                        struct error *err) MUST_CHECK;

/* file_sync_directory - fsync of the directory `path` seen from `directory` */
bool file_sync_directory(int directory, const char *path, struct error *err) MUST_CHECK;

/*
 * file_spread_directories - ask the file system to place directories made in this one far apart
 *
 * A file is placed near its directory. ext4 does not use the inode of a removed file again for minutes,
 * and passes those one by one when it looks for a free one: where thousands of files come and go, a new
 * file costs half a millisecond. Directories that lie apart share that out, and keep it from others. The
 * flag is FS_TOPDIR_FL (chattr +T); file systems that have none do not need it, so it may fail silently.
 */
void file_spread_directories(int directory);

/* fd_close - close and set to -1; -1 is fine */
void fd_close(int *fd);
/* fd_set_nonblocking - O_NONBLOCK on or off */
void fd_set_nonblocking(int fd, bool on);

#endif
