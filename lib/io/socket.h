/* Sockets: listening, connecting with a deadline, addresses as text. */
#ifndef BUZON_LIB_IO_SOCKET_H
#define BUZON_LIB_IO_SOCKET_H

#include "lib/base/base.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

/* An address of any family that we know, with its length. */
struct address_socket {
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
        struct sockaddr_storage storage;
    };
    socklen_t len;
};

#define SOCKET_TEXT_MAX 64 /* numeric address as text, with NUL */

/* socket_address_text - "192.0.2.1", "2001:db8::1"; v4-mapped is shown as IPv4; others "unknown" */
const char *socket_address_text(const struct address_socket *address, char text[SOCKET_TEXT_MAX]);
unsigned socket_address_port(const struct address_socket *address); /* 0 for AF_UNIX */
/* socket_parse_numeric - "192.0.2.1", "2001:db8::1" or "IPv6:2001:db8::1"; no look-up */
bool socket_parse_numeric(struct span text, unsigned port,
                          struct address_socket *address_r) MUST_CHECK;

/* socket_window_size - tcp_windowsize: from now on TCP sockets are made with buffers of so many octets; 0: of
 * those that the system chooses */
void socket_window_size(int octets);
/* socket_listen_inet / _unix - bound, listening, non-blocking, close-on-exec; -1 and *err. A socket
 * of an earlier process at `path` is replaced. */
int socket_listen_inet(const struct address_socket *address, int backlog,
                       struct error *err) MUST_CHECK;
int socket_listen_unix(const char *path, mode_t mode, int backlog, struct error *err) MUST_CHECK;
/* socket_connect - TCP, blocking mode; `from` may be NULL or a source address; -1 and *err, whose
 * number is ETIMEDOUT when the time passed */
int socket_connect(const struct address_socket *address, const struct address_socket *from,
                   int timeout_ms, struct error *err) MUST_CHECK;
/* socket_connect_unix_at - a path seen from an open directory or AT_FDCWD; TEMPORARY when nothing is
 * there. With a directory it changes the working directory during the call. */
int socket_connect_unix_at(int directory, const char *path, int timeout_ms,
                           struct error *err) MUST_CHECK;
/* socket_send_fd / socket_receive_fd - one descriptor with at least one octet of data, over a UNIX
 * stream socket. Kind NONE: the peer closed. */
bool socket_send_fd(int socket, int fd, struct span data, struct error *err) MUST_CHECK;
bool socket_receive_fd(int socket, int *fd_r, void *data, size_t size, size_t *len_r,
                       struct error *err) MUST_CHECK;
/* socket_peer, socket_local - the addresses of both ends; false: errno */
bool socket_peer(int fd, struct address_socket *address_r) MUST_CHECK;
bool socket_local(int fd, struct address_socket *address_r) MUST_CHECK;

#endif
