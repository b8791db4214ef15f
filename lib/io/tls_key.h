/*
 * Certificates and their private keys. This is the one place that touches a private key.
 */
#ifndef BUZON_LIB_IO_TLS_KEY_H
#define BUZON_LIB_IO_TLS_KEY_H

#include "lib/io/tls_internal.h"

/* tls_key_use_pair - a chain, leaf first, and its key, which may be in the same file */
bool tls_key_use_pair(SSL_CTX *ssl, const char *certificate_file, const char *key_file,
                      struct error *err) MUST_CHECK;

/* tls_key_use_chains - files (a list in main.cf's syntax) of keys, each before its chain */
bool tls_key_use_chains(SSL_CTX *ssl, const char *files, struct error *err) MUST_CHECK;

#endif
