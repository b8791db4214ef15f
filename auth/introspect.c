/* One request, one connection, HTTP/1.0: the answer ends where the connection does. */
#include "lib/base/base.h"

#include "auth/introspect.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/io/socket.h"

#include <fcntl.h>
#include <unistd.h>

#define TIMEOUT_MS   10000
#define RESPONSE_MAX 65536

static bool put_form_value(struct buf *out, struct span value)
{
    bool put = true;

    for (size_t i = 0; put && i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        put = is_alnum(c) || strchr("-._~", c) != NULL ? buf_append_char(out, (char)c)
                                                       : buf_printf(out, "%%%02X", c);
    }
    return put;
}

static bool send_all(int fd, struct span octets)
{
    while (octets.len > 0) {
        ssize_t sent = send(fd, octets.data, octets.len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        octets = span_skip(octets, (size_t)sent);
    }
    return true;
}

static bool ask(int fd, const char *path, struct span token)
{
    struct buf body = BUF(RESPONSE_MAX * 4), request = BUF(RESPONSE_MAX * 4);
    bool asked = buf_append_text(&body, "token=") && put_form_value(&body, token) &&
                 buf_printf(&request,
                            "POST %s HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n"
                            "Content-Type: application/x-www-form-urlencoded\r\n"
                            "Content-Length: %zu\r\n\r\n",
                            path, body.len) &&
                 buf_append_span(&request, buf_span(&body)) && send_all(fd, buf_span(&request));

    buf_release(&body);
    buf_release(&request);
    return asked;
}

static bool read_all(int fd, struct buf *response)
{
    for (;;) {
        char block[4096];
        ssize_t got = recv(fd, block, sizeof(block), 0);
        if (got == 0)
            return true;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || !buf_append(response, block, (size_t)got))
            return false;
    }
}

json_t *introspect_parse(struct span response, struct error *err)
{
    struct span line = span_take_until(&response, '\n'), status;
    json_t *object;

    (void)span_take_word(&line);
    status = span_take_word(&line);
    while (response.len > 0 && span_trim(span_take_until(&response, '\n')).len > 0)
        ; /* header fields */
    if (!span_equal_text(span_trim(status), "200")) {
        error_set(err, ERROR_TEMPORARY, "introspection answers with status %.*s",
                  SPAN_PRINTF(span_trim(status)));
        return NULL;
    }
    object = response.len == 0
                 ? NULL
                 : json_loadb(response.data, response.len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(object))
        return object;
    json_decref(object);
    error_set(err, ERROR_TEMPORARY, "introspection does not answer with a JSON object");
    return NULL;
}

json_t *introspect(const struct config *config, struct span token, struct error *err)
{
    const char *path = config->auth_oauth2_introspection;
    const struct timeval limit = {.tv_sec = TIMEOUT_MS / 1000};
    struct buf response = BUF(RESPONSE_MAX);
    json_t *object = NULL;
    int fd = socket_connect_unix_at(AT_FDCWD, strncmp(path, "unix:", 5) == 0 ? path + 5 : path,
                                    TIMEOUT_MS, err);

    if (fd < 0)
        return NULL;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) != 0 ||
        !ask(fd, config->auth_oauth2_introspection_path, token) || !read_all(fd, &response))
        error_errno(err, "introspection at %s", path);
    else
        object = introspect_parse(buf_span(&response), err);
    if (object == NULL)
        err->kind = ERROR_TEMPORARY;
    fd_close(&fd);
    buf_release(&response);
    return object;
}
