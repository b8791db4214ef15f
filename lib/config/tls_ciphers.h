/* Postfix's cipher grades (tls_medium_cipherlist and so on) in OpenSSL's terms, for smtpd, smtp and
 * login. */
#ifndef BUZON_LIB_CONFIG_TLS_CIPHERS_H
#define BUZON_LIB_CONFIG_TLS_CIPHERS_H

#include "lib/config/config.h"

/*
 * config_tls_ciphers - the cipher list of a grade
 *
 *  grade    "high", "medium", "low", "export" or "null"; another is logged and means medium
 *  exclude  names to leave out, separated by commas or white space; "" for none
 *
 * The text is the arena's.
 */
const char *config_tls_ciphers(const struct config *config, struct arena *arena, const char *grade,
                               const char *exclude);

#endif
