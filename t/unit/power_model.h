/*
 * A disk that loses power. Calls of lib/store that change files are caught by the linker (--wrap): what
 * was not synced when the power fails may be there, or not, or in part.
 *
 *   content of a file    is there when it was synced; else it is the old one, the new one, or its start
 *                        with zeros behind it; where it was written in place, parts of both, and as long as one of them
 *   names                are there when their directory was synced; of the others any may be missing,
 *                        a rename as a whole
 *
 * Files below a directory "mail" are watched, but not the index's and lock files.
 */
#ifndef BUZON_T_UNIT_POWER_MODEL_H
#define BUZON_T_UNIT_POWER_MODEL_H

#include "lib/base/base.h"

/* power_watch - from now on; what is there is on the disk. `before_change` is called before each change
 * and sync. */
void power_watch(void (*before_change)(void));
void power_forget(void);

enum power_loss {
    LOSE_ALL,      /* what was not synced is not there */
    LOSE_CONTENT,  /* names are there, content is not */
    LOSE_NEWEST,   /* names up to some moment, content at random */
    LOSE_ANYTHING, /* each name and content at random */
};

/* power_fail - what would be found on the disk now, as the directory "crashed/mail" */
void power_fail(enum power_loss loss);

#endif
