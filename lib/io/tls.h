/*
 * TLS by OpenSSL 3. A context is made once per process, while privileges last (it reads the key);
 * a session is one connection. lib/io/stream uses sessions blocking, login uses them event-driven.
 * lib/io/tls_key.c alone touches private keys.
 */
#ifndef BUZON_LIB_IO_TLS_H
#define BUZON_LIB_IO_TLS_H

#include "lib/base/base.h"

#include <sys/types.h>

struct tls_context;
struct tls_session;

struct tls_server_settings {
    const char *certificate_file; /* PEM chain, leaf first */
    const char *key_file;         /* PEM; may be the same file; "" means certificate_file */
    const char
        *ec_certificate_file; /* ECDSA beside RSA: clients that know it get it; NULL or "" none */
    const char *ec_key_file;  /* likewise */
    const char *chain_files;  /* smtpd_tls_chain_files: PEM files, each with keys, a key before
                                     its chain; instead of the two above; "" none */
    const char *protocols;    /* Postfix's syntax: ">=TLSv1.2", "!SSLv3, !TLSv1". Older than
                                     TLS 1.2 only when named, or by ">="; "" TLS 1.2 and later */
    const char *cipher_list;  /* OpenSSL's syntax for TLS 1.2 and older; "" default */
    const char *dh_file;      /* "" or "auto": built in */
    bool prefer_server_ciphers;
    bool ask_certificate;       /* of the client; it need not have one, nor a good one */
    const char *client_ca_file; /* who signs good ones, PEM; NULL or "" */
};

/* A member that is NULL is like "". */
struct tls_client_settings {
    const char *ca_file, *ca_path; /* "" none */
    const char *certificate_file, *key_file;
    const char *protocols, *cipher_list;
};

/* tls_context_server - reads certificate and key; PERMANENT with the file's name when it cannot */
struct tls_context *tls_context_server(const struct tls_server_settings *settings,
                                       struct error *err) MUST_CHECK;
/* tls_context_client - reads those files that are named; PERMANENT likewise */
struct tls_context *tls_context_client(const struct tls_client_settings *settings,
                                       struct error *err) MUST_CHECK;
void tls_context_free(struct tls_context **context);

/* tls_session_server - one connection that came; the context must outlive it */
struct tls_session *tls_session_server(struct tls_context *context);
/* tls_session_client - `name` goes into SNI and, when `verify`, must match the certificate */
struct tls_session *tls_session_client(struct tls_context *context, const char *name, bool verify);
void tls_session_free(struct tls_session **session);

/* Event-driven use: attach to a non-blocking descriptor, then call until it no longer wants more. */
enum tls_progress { TLS_DONE, TLS_WANT_READ, TLS_WANT_WRITE, TLS_CLOSED, TLS_FAILED };
void tls_attach(struct tls_session *session, int fd); /* borrowed descriptor of a socket */

/* tls_attach_transport - instead of a descriptor: functions like recv(2) and send(2), where errno
 * EAGAIN gives TLS_WANT_... (lib/io/stream has deadlines there) */
struct tls_transport {
    ssize_t (*read)(void *context, void *data, size_t size);
    ssize_t (*write)(void *context, const void *data, size_t len);
    void *context;
};
void tls_attach_transport(struct tls_session *session, const struct tls_transport *transport);

enum tls_progress tls_handshake(struct tls_session *session);
enum tls_progress tls_read(struct tls_session *session, void *data, size_t size, size_t *len_r);
enum tls_progress tls_write(struct tls_session *session, const void *data, size_t len,
                            size_t *written_r);
/* tls_shutdown - send close_notify; the peer's is not waited for */
enum tls_progress tls_shutdown(struct tls_session *session);
/* tls_has_input - tls_read would give octets without reading from the peer */
bool tls_has_input(const struct tls_session *session);
/* tls_failure - why the last call gave TLS_FAILED (OpenSSL's reason); borrowed */
const char *tls_failure(const struct tls_session *session);

/* tls_describe - "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519
 * server-signature ECDSA (prime256v1) server-digest SHA256": Postfix's log text; arena's */
const char *tls_describe(struct arena *arena, const struct tls_session *session, bool server);
/* What was agreed on: "TLSv1.3"; "TLS_AES_256_GCM_SHA384"; 256, and the bits of the algorithm itself. Borrowed. */
const char *tls_protocol(const struct tls_session *session);
const char *tls_cipher(const struct tls_session *session);
int tls_cipher_bits(const struct tls_session *session, int *algorithm_bits_r);
/* tls_peer_verified - the peer has a certificate, by one whom we trust */
bool tls_peer_verified(const struct tls_session *session);
/* tls_channel_binding - tls-exporter (RFC 9266) octets for SCRAM-*-PLUS; false when there is none */
bool tls_channel_binding(const struct tls_session *session, unsigned char binding_r[32]) MUST_CHECK;

/* tls_binding_unique, tls_binding_endpoint - the older bindings of RFC 5929; 0: there is none */
#define TLS_BINDING_MAX 64
size_t tls_binding_unique(const struct tls_session *session,
                          unsigned char binding_r[TLS_BINDING_MAX]);
size_t tls_binding_endpoint(const struct tls_session *session,
                            unsigned char binding_r[TLS_BINDING_MAX]);

/*
 * tls_peer_name - a name in the peer's certificate, which was verified
 *
 *  field  "commonName" or another field of the subject, or "rfc822Name" of the alternative names
 *
 * False: no such certificate or field, or it has a NUL or too many octets.
 */
bool tls_peer_name(const struct tls_session *session, const char *field, char *text,
                   size_t size) MUST_CHECK;

#endif
