/* The parameters of MAIL and RCPT: SIZE (RFC 1870), BODY (RFC 6152), DSN (RFC 3461), XVERP (Postfix). */
#ifndef BUZON_LIB_QUEUE_PARAMETERS_H
#define BUZON_LIB_QUEUE_PARAMETERS_H

#include "lib/base/base.h"

struct parameters {
    uint64_t size;               /* SIZE=, 0 when not said */
    bool eight_bit;              /* BODY=8BITMIME */
    char dsn_ret;                /* 'F', 'H' or 0 */
    const char *dsn_envid;       /* decoded; NULL when not said */
    uint64_t dsn_notify;         /* NOTIFY_... */
    const char *unknown_notify;  /* why NOTIFY was refused, for the log: '"X" in "NEVER,X"'; NULL */
    const char *dsn_orcpt;       /* decoded, "rfc822;bob@x"; "" for nobody; NULL when not said */
    const char *verp;            /* XVERP as it came, "XVERP=-="; NULL when not said */
    const char *verp_delimiters; /* behind its "="; NULL when there is none */
};

enum parameters_of { PARAMETERS_OF_MAIL = 1, PARAMETERS_OF_RCPT = 2 };

/*
 * parameters_parse - what follows the path of MAIL or RCPT
 *
 *  arena       takes texts and the refusal
 *  text        NAME[=VALUE] separated by white space; may be empty
 *  dsn         DSN was announced
 *
 * Returns NULL, or the reply that refuses the command.
 */
const char *parameters_parse(struct arena *arena, enum parameters_of of, struct span text, bool dsn,
                             struct parameters *parameters_r);

#endif
