/* The parameters of SELECT and EXAMINE: RFC 4466, RFC 7162. */
#ifndef BUZON_IMAPD_SELECT_H
#define BUZON_IMAPD_SELECT_H

#include "imapd/set.h"

/* What a client knows of a mailbox that it had selected before (RFC 7162 section 3.2.5). */
struct resync {
    uint32_t uidvalidity;
    uint64_t modseq;
    struct set known;                /* UIDs; count 0: all of them */
    struct set numbers, numbers_are; /* sequence numbers, and their UIDs; count 0: not told */
};

struct select_parameters {
    bool condstore, qresync;
    struct resync resync;
};

/* select_parameters_parse - [SP "(" parameter *(SP parameter) ")"], to the end */
bool select_parameters_parse(struct arena *arena, struct cursor *at,
                             struct select_parameters *parameters_r) MUST_CHECK;

/* resync_tell - VANISHED (EARLIER) and FETCH of what changed since, for the mailbox that was selected.
 * false: *err */
struct imapd_session;
bool resync_tell(struct imapd_session *session, const struct resync *resync,
                 struct error *err) MUST_CHECK;
/* resync_put_vanished - "* VANISHED (EARLIER) ..." of the UIDs in `known` (count 0: any) that were
 * expunged after that modseq; nothing when there are none */
bool resync_put_vanished(struct imapd_session *session, uint64_t modseq, const struct set *known,
                         uint32_t above, struct error *err) MUST_CHECK;

#endif
