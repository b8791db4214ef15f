/* Password checks by PAM, the system's own way. Blocks: for workers only. */
#ifndef BUZON_AUTH_PAM_H
#define BUZON_AUTH_PAM_H

#include "auth/database.h"

/* pam_check - authentication and account phases; *reason_r is PAM's text, the arena's */
enum database_answer pam_check(const char *service, const char *user, struct span password,
                               const char *remote_address, struct arena *arena,
                               const char **reason_r);

#endif
