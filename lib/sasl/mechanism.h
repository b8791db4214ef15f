/*
 * SASL mechanisms, the server's side: what to ask next, and in the end who it is. No I/O and no table here:
 * whoever runs an exchange checks passwords and tokens, and fetches stored secrets, when a step says so.
 * Sources: RFC 4422; RFC 4616 (PLAIN), draft-murchison-sasl-login (LOGIN), RFC 5802, 7677 and 9266 (SCRAM),
 * RFC 2195 (CRAM-MD5), RFC 7628 (OAUTHBEARER) and Google's XOAUTH2.
 */
#ifndef BUZON_LIB_SASL_MECHANISM_H
#define BUZON_LIB_SASL_MECHANISM_H

#include "lib/sasl/password.h"

struct sasl_mechanism;

enum sasl_step {
    SASL_STEP_CHALLENGE, /* *challenge_r is to be sent */
    SASL_STEP_PASSWORD,  /* user and password are there: check them */
    SASL_STEP_SECRET,    /* user is there: fetch `wanted` and go on with sasl_supply */
    SASL_STEP_TOKEN, /* password is a bearer token: find out whose it is; sasl_refuse when it is bad */
    SASL_STEP_IDENTITY,  /* user comes from the channel: no password is due */
    SASL_STEP_VERIFIED,  /* after SECRET: the client has proved that it knows the password */
    SASL_STEP_FAILED,    /* after SECRET: it has not; after sasl_refuse: that is all */
    SASL_STEP_MALFORMED, /* the client's octets are wrong */
};

/* What the front knows of the connection; everything is borrowed. */
struct sasl_channel {
    const char *hostname;                   /* ours */
    struct span exporter, unique, endpoint; /* channel bindings; empty: there is none */
    const char *certificate_name;           /* of a verified client certificate; "" */
};

/* One exchange; texts are the arena's. */
struct sasl_exchange {
    const struct sasl_mechanism *mechanism;
    struct arena *arena;
    const struct sasl_channel *channel;
    unsigned round;
    const char *authzid; /* whom to act as, "" for the user himself */
    const char *user;
    struct span password;
    const char *wanted; /* SECRET: "SHA1", "SHA256" (of SCRAM), "CRAM-MD5" */
    void *state;        /* the mechanism's own */
};

/* A stored secret; `is_known` false: there is no such user, or no such secret of his, and the client shall
 * not notice before the end. */
struct sasl_secret {
    bool is_known;
    struct scram_secret scram; /* also filled when unknown: with what looks like one */
    unsigned char cram_md5[CRAM_MD5_LEN];
};

/* What a mechanism needs in order to work. */
enum {
    SASL_SENDS_PASSWORD = 1,    /* in the clear: not without TLS */
    SASL_NEEDS_SECRET = 2,      /* a database that gives out stored passwords */
    SASL_NEEDS_BINDING = 4,     /* a TLS session to bind to */
    SASL_NEEDS_CERTIFICATE = 8, /* a client certificate that was verified */
    SASL_NEEDS_OAUTH = 16,      /* somebody who knows tokens */
};

/* sasl_mechanism_find - by name without case; NULL: there is none */
const struct sasl_mechanism *sasl_mechanism_find(const char *name);
const char *sasl_mechanism_name(const struct sasl_mechanism *mechanism);
unsigned sasl_mechanism_traits(const struct sasl_mechanism *mechanism);

/*
 * sasl_advance - take the client's next response
 *
 *  response     decoded octets, borrowed; data NULL when the client sent no initial response
 *  challenge_r  the arena's
 */
enum sasl_step sasl_advance(struct sasl_exchange *exchange, struct span response,
                            struct span *challenge_r);

/* sasl_supply - after SASL_STEP_SECRET */
enum sasl_step sasl_supply(struct sasl_exchange *exchange, const struct sasl_secret *secret,
                           struct span *challenge_r);

/* sasl_refuse - the token is bad: CHALLENGE with last words for the client, whose answer then gives FAILED */
enum sasl_step sasl_refuse(struct sasl_exchange *exchange, struct span *challenge_r);

#endif
