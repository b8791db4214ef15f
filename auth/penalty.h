/*
 * Penalties by address: who has guessed wrong waits longer with each further guess, 2, 4, 8 seconds and so on up
 * to auth_penalty_limit, and is forgiven when he is right or has kept quiet. The same wrong password again is
 * no new guess (a phone that was not told of the new one). IPv6 counts by /64. Bounded: under a flood the oldest
 * addresses are forgotten.
 */
#ifndef BUZON_AUTH_PENALTY_H
#define BUZON_AUTH_PENALTY_H

#include "lib/config/config.h"

struct penalty_office;

struct penalty_office *penalty_office_create(const struct config *config)
    __attribute__((returns_nonnull));

/* penalty_delay_ms - how long a question of this address has to wait before it is asked */
int64_t penalty_delay_ms(struct penalty_office *office, const char *address);

/* penalty_note - `guess` is what was wrong: name and password, any octets */
void penalty_note_failure(struct penalty_office *office, const char *address, struct span guess);
void penalty_note_success(struct penalty_office *office, const char *address);

#endif
