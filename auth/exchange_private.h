/* What the files of an exchange share; nobody else includes this. */
#ifndef BUZON_AUTH_EXCHANGE_PRIVATE_H
#define BUZON_AUTH_EXCHANGE_PRIVATE_H

#include "auth/exchange.h"

struct exchange {
    struct peer *peer;
    struct arena *arena;
    struct sasl_start start; /* copied */
    struct sasl_channel channel;
    struct sasl_exchange sasl;
    struct question question;
    uint64_t asked_at;          /* age of the cache then */
    struct check_result result; /* of SECRET, until the proof is there */
    struct watch *delay;
    const char *user, *reason;
    enum sasl_refusal refusal;
    const char *explanation;
    bool is_waiting; /* for a worker or a delay: no further response is due */
    bool is_asked;   /* a worker has the question */
    bool is_abandoned;
};

/* exchange_challenge - the client's turn again */
void exchange_challenge(struct exchange *exchange, struct span challenge);

/* --- the end of it (exchange_end.c): the exchange may be gone when these return --------------------- */

/* exchange_end - without a word to its peer */
void exchange_end(struct exchange *exchange);
/* exchange_fail_later - after auth_failure_delay: whoever guesses shall wait */
void exchange_fail_later(struct exchange *exchange, const char *user, const char *reason);
void exchange_fail_unavailable(struct exchange *exchange, const char *user, const char *reason);
/* exchange_let_in - with a ticket, unless there are too many sessions */
void exchange_let_in(struct exchange *exchange, const struct check_result *result);

#endif
