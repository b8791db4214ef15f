/* What the files of TLS share, for them alone. */
#ifndef BUZON_LIB_IO_TLS_INTERNAL_H
#define BUZON_LIB_IO_TLS_INTERNAL_H

#include "lib/io/tls.h"

#include <openssl/ssl.h>

struct tls_context {
    SSL_CTX *ssl;
};

struct tls_session {
    SSL *ssl;
    struct tls_transport transport;
    int fd;       /* of tls_attach, else -1 */
    bool hold;    /* nothing is read from the peer: a look at what is here */
    bool at_end;  /* the peer closed the connection */
    int io_errno; /* why the transport failed, 0: it did not */
    char failure[256];
};

/* tls_error - fill *err as PERMANENT: the text, ": " and OpenSSL's oldest reason; the queue is empty
 * afterwards */
void tls_error(struct error *err, const char *format, ...) PRINTF(2, 3);

#endif
