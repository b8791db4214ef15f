/* Files of maildrop/ (lib/queue/maildrop.h) for buzoncat: what sendmail(1) has handed in, and pickup has not taken yet. */
#ifndef BUZON_TOOLS_DROPPED_FILE_H
#define BUZON_TOOLS_DROPPED_FILE_H

#include "lib/queue/queue_file.h"

#include <stdio.h>

/* The attribute that has the name of who called sendmail(1). */
#define DROPPED_FULL_NAME "sender_fullname"

/* dropped_file_is - that is what it begins like */
bool dropped_file_is(int file);

/*
 * dropped_file_read - such a file as if it were in the queue already
 *
 *  file        read from where it stands
 *  envelope_r  the arena's; content_offset is 0, recipients' status_offset is where their records are in `file`
 *  content     gets the content: the queue file that it might be
 *  err         MALFORMED: it is none, or has no end; TEMPORARY
 */
bool dropped_file_read(int file, struct arena *arena, struct queue_envelope *envelope_r,
                       FILE *content, struct error *err) MUST_CHECK;

#endif
