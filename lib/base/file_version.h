/* Whether a file that was read whole, and is kept in memory, is still as it was when it was read. */
#ifndef BUZON_LIB_BASE_FILE_VERSION_H
#define BUZON_LIB_BASE_FILE_VERSION_H

#include "lib/base/base.h"

#include <sys/stat.h>

struct file_version {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified, status_changed;
    bool is_settled; /* else it may be written again without any of these becoming another */
};

/* file_version_of - what was just found out about the file, before it is read: what is written meanwhile is then seen
 * the next time */
struct file_version file_version_of(const struct stat *status);
/*
 * file_version_is - is what was read then what there is now?
 *
 * Times of files go by the ticks of a clock, or by whole seconds: one that was changed in the same moment as it was
 * looked at is none that is known, until it was read once more.
 */
bool file_version_is(const struct file_version *then, const struct file_version *now);

#endif
