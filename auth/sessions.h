/*
 * How many sessions a user has from one address. A session begins when a ticket is given out and ends when
 * login says so, or when login's connection ends. After a reload login tells the new process of its sessions.
 */
#ifndef BUZON_AUTH_SESSIONS_H
#define BUZON_AUTH_SESSIONS_H

#include "lib/base/base.h"

struct session_office;

struct session_office *session_office_create(void) __attribute__((returns_nonnull));

/* A session as login names it: `holder` is the identity of its connection. */
struct session_key {
    const void *holder;
    uint64_t id;
};

/* sessions_count - of this user, from this address, by this protocol */
size_t sessions_count(const struct session_office *office, const char *protocol, const char *user,
                      const char *address);
void sessions_begin(struct session_office *office, struct session_key key, const char *protocol,
                    const char *user, const char *address);
void sessions_end(struct session_office *office, struct session_key key);
void sessions_end_all(struct session_office *office, const void *holder);

#endif
