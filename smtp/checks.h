/*
 * smtp_header_checks and its kin, and lmtp_'s: what tables of patterns change in a message when it leaves. Source:
 * header_checks(5), postconf(5).
 */
#ifndef BUZON_SMTP_CHECKS_H
#define BUZON_SMTP_CHECKS_H

#include "smtp/failure.h"
#include "smtp/outgoing.h"

struct checks;

/* checks_create - NULL: no table is configured; in a process that has not given up its rights yet */
struct checks *checks_create(const struct config *config, bool lmtp);

/*
 * checks_apply - do what the tables say
 *
 *  checks    NULL: the message goes as it is
 *  outgoing  its content so far; what replaces it lives in the arena of the request
 *
 * Only the header is read when there are tables for nothing else; else all of the content is, and held in
 * memory while that lasts: what was accepted fits there. False: a table or the file failed, *failure_r says so;
 * the message must wait.
 */
bool checks_apply(const struct checks *checks, struct outgoing *outgoing,
                  struct failure *failure_r) MUST_CHECK;

#endif
