/*
 * Why the recipients of a deferred message are still waiting: a file per message in defer/, written by
 * qmgr in each round of deliveries, read by showq, and by qmgr when an administrator lets
 * a message expire. Likewise in trace/, while their message is active, the recipients who were reached and of whom
 * the sender wants a report: read by a qmgr that follows one that was killed. Either may be lost at any time: then
 * there is no reason to show, and less to report.
 *
 * The first line is "buzon reasons 1". Each further line is a recipient: address, original, dsn_orcpt,
 * dsn_notify, status, text, remote_mta, diagnostic, and in trace/ action and action_address, separated by tabs;
 * octets below SP, DEL and the backslash are written as a backslash and three octal digits.
 */
#ifndef BUZON_LIB_DELIVERY_REASONS_H
#define BUZON_LIB_DELIVERY_REASONS_H

#include "lib/config/config.h"
#include "lib/delivery/notice.h"

/* The two kinds of such files, by their directories. */
#define REASONS_OF_DELAY   "defer"
#define REASONS_OF_SUCCESS "trace" /* what is still to be reported of recipients who were reached */

/* reasons_write - in the place of those of the last round; TEMPORARY when the file cannot be written */
bool reasons_write(int queue_directory, const struct config *config, const char *kind,
                   const char *queue_id, const struct notice_recipient *recipients, size_t count,
                   struct error *err) MUST_CHECK;
/* reasons_add - of more recipients, behind those that are there; all of them or none */
bool reasons_add(int queue_directory, const struct config *config, const char *kind,
                 const char *queue_id, const struct notice_recipient *recipients, size_t count,
                 struct error *err) MUST_CHECK;
/* reasons_read - none when there is no file; a line that is malformed is left out. Texts are the arena's. */
struct notice_recipient *reasons_read(int queue_directory, const struct config *config,
                                      const char *kind, const char *queue_id, struct arena *arena,
                                      size_t *count_r);
/* reasons_remove - of both kinds; a file that is not there is fine */
void reasons_remove(int queue_directory, const struct config *config, const char *queue_id);

/* reasons_parse - the content of such a file */
struct notice_recipient *reasons_parse(struct span content, struct arena *arena, size_t *count_r);
/* reasons_format - the opposite */
void reasons_format(struct buf *content, const struct notice_recipient *recipients, size_t count);

#endif
