/*
 * TLS sessions. OpenSSL reads and writes through a BIO of our own, which asks the session's
 * transport: so a stream has its deadlines in the middle of a record too, no write can raise
 * SIGPIPE, and tls_has_input can look into OpenSSL without waiting for the peer.
 */
#include "lib/io/tls_internal.h"

#include "lib/base/log.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* --- between OpenSSL and the transport ------------------------------------------------------- */

static int keep_result(struct tls_session *session, BIO *bio, ssize_t result, bool reading)
{
    if (result >= 0)
        return (int)result; /* not more than the int that was asked for */
    if (errno != EAGAIN && errno != EINTR) {
        session->io_errno = errno;
        return -1;
    }
    if (reading)
        BIO_set_retry_read(bio);
    else
        BIO_set_retry_write(bio);
    return -1;
}

static int bio_read(BIO *bio, char *data, int size)
{
    struct tls_session *session = BIO_get_data(bio);
    ssize_t got = -1;

    BIO_clear_retry_flags(bio);
    errno = EAGAIN;
    if (!session->hold)
        got = session->transport.read(session->transport.context, data, (size_t)size);
    if (got == 0)
        session->at_end = true;
    return keep_result(session, bio, got, true);
}

static int bio_write(BIO *bio, const char *data, int len)
{
    struct tls_session *session = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    return keep_result(session, bio,
                       session->transport.write(session->transport.context, data, (size_t)len),
                       false);
}

static long bio_control(BIO *bio, int command, long number UNUSED, void *argument UNUSED)
{
    const struct tls_session *session = BIO_get_data(bio);

    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_EOF:
        return session->at_end ? 1 : 0;
    default:
        return 0;
    }
}

static BIO *create_bio(struct tls_session *session)
{
    static BIO_METHOD *method;
    BIO *bio;

    if (method == NULL) {
        method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "buzon");
        if (method == NULL || BIO_meth_set_read(method, bio_read) != 1 ||
            BIO_meth_set_write(method, bio_write) != 1 ||
            BIO_meth_set_ctrl(method, bio_control) != 1)
            log_fatal("out of memory for TLS");
    }
    bio = BIO_new(method);
    if (bio == NULL)
        log_fatal("out of memory for TLS");
    BIO_set_data(bio, session);
    BIO_set_init(bio, 1);
    return bio;
}

static ssize_t receive_from_socket(void *context, void *data, size_t size)
{
    const struct tls_session *session = context;

    return recv(session->fd, data, size, 0);
}

static ssize_t send_to_socket(void *context, const void *data, size_t len)
{
    const struct tls_session *session = context;

    return send(session->fd, data, len, MSG_NOSIGNAL);
}

void tls_attach(struct tls_session *session, int fd)
{
    session->fd = fd;
    session->transport = (struct tls_transport){receive_from_socket, send_to_socket, session};
}

void tls_attach_transport(struct tls_session *session, const struct tls_transport *transport)
{
    session->transport = *transport;
}

/* --- making and ending ----------------------------------------------------------------------- */

static struct tls_session *create(struct tls_context *context)
{
    struct tls_session *session = mem_new(struct tls_session);
    BIO *bio = create_bio(session);

    session->fd = -1;
    session->ssl = SSL_new(context->ssl);
    if (session->ssl == NULL)
        log_fatal("out of memory for TLS");
    SSL_set_bio(session->ssl, bio, bio);
    return session;
}

struct tls_session *tls_session_server(struct tls_context *context)
{
    struct tls_session *session = create(context);

    SSL_set_accept_state(session->ssl);
    return session;
}

static bool is_numeric(const char *name)
{
    unsigned char octets[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, name, octets) == 1 || inet_pton(AF_INET6, name, octets) == 1;
}

struct tls_session *tls_session_client(struct tls_context *context, const char *name, bool verify)
{
    struct tls_session *session = create(context);
    bool named = name != NULL && name[0] != '\0';
    bool done = true;

    SSL_set_connect_state(session->ssl);
    if (verify)
        SSL_set_verify(session->ssl, SSL_VERIFY_PEER, NULL);
    if (named && is_numeric(name)) {
        done = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session->ssl), name) == 1;
    } else if (named) {
        SSL_set_hostflags(session->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        done = SSL_ctrl(session->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                        (void *)(uintptr_t)name) == 1 && /* copied, whatever the type says */
               SSL_set1_host(session->ssl, name) == 1;
    }
    if (!done)
        log_fatal("out of memory for TLS");
    return session;
}

void tls_session_free(struct tls_session **session)
{
    if (*session == NULL)
        return;
    SSL_free((*session)->ssl);
    free(*session);
    *session = NULL;
}

/* --- progress -------------------------------------------------------------------------------- */

static void begin(struct tls_session *session)
{
    ERR_clear_error();
    session->io_errno = 0;
    session->failure[0] = '\0';
}

static void note_failure(struct tls_session *session)
{
    unsigned long code = ERR_peek_error();
    const char *reason = ERR_reason_error_string(code);
    long verified = SSL_get_verify_result(session->ssl);

    if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        (void)snprintf(session->failure, sizeof(session->failure), "%s: %s", reason,
                       X509_verify_cert_error_string(verified));
    else if (reason != NULL)
        (void)snprintf(session->failure, sizeof(session->failure), "%s", reason);
    else
        (void)snprintf(session->failure, sizeof(session->failure), "%s",
                       session->io_errno != 0 ? strerror(session->io_errno) : "protocol error");
}

static enum tls_progress judge(struct tls_session *session, int result)
{
    if (result > 0)
        return TLS_DONE;
    switch (SSL_get_error(session->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return TLS_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return TLS_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_CLOSED;
    default:
        break;
    }
    if (session->at_end && ERR_peek_error() == 0)
        return TLS_CLOSED;
    note_failure(session);
    ERR_clear_error();
    return TLS_FAILED;
}

enum tls_progress tls_handshake(struct tls_session *session)
{
    begin(session);
    return judge(session, SSL_do_handshake(session->ssl));
}

enum tls_progress tls_read(struct tls_session *session, void *data, size_t size, size_t *len_r)
{
    begin(session);
    *len_r = 0;
    return judge(session, SSL_read_ex(session->ssl, data, size, len_r));
}

enum tls_progress tls_write(struct tls_session *session, const void *data, size_t len,
                            size_t *written_r)
{
    *written_r = 0;
    if (len == 0)
        return TLS_DONE;
    begin(session);
    return judge(session, SSL_write_ex(session->ssl, data, len, written_r));
}

enum tls_progress tls_shutdown(struct tls_session *session)
{
    int result;

    if (SSL_in_init(session->ssl))
        return TLS_DONE; /* there is nothing to close yet */
    begin(session);
    result = SSL_shutdown(session->ssl);
    return result == 0 ? TLS_DONE : judge(session, result);
}

/* A record that was read ahead counts when it is whole: only OpenSSL can tell, by a peek. */
static bool peek(struct tls_session *session)
{
    char octet;
    size_t len;
    int result;

    begin(session);
    session->hold = true;
    result = SSL_peek_ex(session->ssl, &octet, 1, &len);
    session->hold = false;
    ERR_clear_error();
    return result == 1;
}

bool tls_has_input(const struct tls_session *session)
{
    struct tls_session *own =
        (struct tls_session *)(uintptr_t)session; /* nothing visible changes */

    return SSL_pending(session->ssl) > 0 || (SSL_has_pending(session->ssl) == 1 && peek(own));
}

const char *tls_failure(const struct tls_session *session)
{
    return session->failure;
}
