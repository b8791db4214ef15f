/*
 * header_checks and its kin: what tables of patterns order for a field or for a line of a body, and what the
 * strictness about MIME refuses. Log lines and replies are Postfix's. Source: header_checks(5).
 */
#ifndef BUZON_CLEANUP_CHECKS_H
#define BUZON_CLEANUP_CHECKS_H

#include "cleanup/message.h"

#include "lib/message/mime_walk.h"

struct checks;

/* checks_open - the tables, while files outside the queue can be seen */
struct checks *checks_open(const struct config *config);
void checks_free(struct checks **checks);
bool checks_changed(const struct checks *checks);
/* checks_want_lines - there are tables for bodies */
bool checks_want_lines(const struct checks *checks);

/* checks_apply_to - is this message one whose content is looked at? Not mail that was forwarded here, and of our
 * own only what internal_mail_filter_classes has. */
bool checks_apply_to(const struct message *message);

enum check_verdict {
    CHECK_KEEP,
    CHECK_DROP,
    CHECK_REPLACE, /* *text_r is what stands in its place, without a line end; until the next check */
};

/*
 * checks_field, checks_line - ask the tables, and do what they say: the message is refused, held, has other
 * recipients, ..., and the log has a line of it
 *
 *  name  of the field
 *  text  the field, with its folds, or the line; without the line end. An empty line is not asked for.
 */
enum check_verdict checks_field(struct message *message, enum mime_header header, struct span name,
                                struct span text, struct span *text_r);
enum check_verdict checks_line(struct message *message, struct span text, struct span *text_r);

/* checks_characters - message_reject_characters: a line has one of them */
void checks_characters(struct message *message, struct span line);
/* checks_fault - the structure of the message is refused */
void checks_fault(struct message *message, unsigned fault, struct span text);

#endif
