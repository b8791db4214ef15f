/*
 * socketmap:inet:host:port:name and socketmap:unix:path:name, Sendmail's protocol of netstrings.
 * Source: Postfix socketmap_table(5).
 */
#include "lib/map/map_type.h"

#include "lib/map/replies.h"

#define TIMEOUT_MS  100000
#define IDLE_MS     10000
#define LIFETIME_MS 100000
#define REQUEST_MAX 10000  /* octets of name, blank and key */
#define REPLY_MAX   100000 /* octets within the netstring */

struct socketmap_table {
    struct kept_peer server;
    char *endpoint;
    const char *name; /* within `endpoint` */
    struct buf request;
};

static void close_table(void *opened)
{
    struct socketmap_table *table = opened;

    kept_peer_close(&table->server);
    buf_release(&table->request);
    mem_free(table->endpoint);
    mem_free(table);
}

/* The name stands behind the last colon; there must be one before it that belongs to the endpoint. */
static void *open_table(const struct config *config UNUSED, const char *text, struct error *err)
{
    struct socketmap_table *table = mem_new(struct socketmap_table);
    bool has_type = strncmp(text, "inet:", strlen("inet:")) == 0 ||
                    strncmp(text, "unix:", strlen("unix:")) == 0;
    char *colon;

    table->endpoint = mem_text(text);
    table->request = BUF(REQUEST_MAX + 32);
    colon = strrchr(table->endpoint, ':');
    if (!has_type || colon == table->endpoint + strlen("inet") || colon[1] == '\0') {
        error_set(err, ERROR_PERMANENT,
                  "expected inet:host:port:name or unix:pathname:name instead of \"%s\"", text);
        close_table(table);
        return NULL;
    }
    *colon = '\0';
    table->name = colon + 1;
    table->server = (struct kept_peer){
        .endpoint = table->endpoint,
        .timeout_ms = TIMEOUT_MS,
        .idle_ms = IDLE_MS,
        .lifetime_ms = LIFETIME_MS,
    };
    return table;
}

static enum map_result answer(const struct socketmap_reply *reply, struct buf *value_r,
                              struct error *err)
{
    if (span_equal_text(reply->status, "OK") && !reply->is_bare)
        return map_answer(reply->text, value_r, err);
    /* "OK" without any value, not even an empty one, is nothing found, as in Postfix. */
    if (span_equal_text(reply->status, "NOTFOUND") || span_equal_text(reply->status, "OK"))
        return MAP_ABSENT;
    error_set(err, ERROR_TEMPORARY, "the server says: %.*s %.*s", SPAN_PRINTF(reply->status),
              SPAN_PRINTF(reply->text));
    return MAP_UNAVAILABLE;
}

static enum map_result lookup(void *opened, struct span key, int flags UNUSED, struct buf *value_r,
                              struct error *err)
{
    struct socketmap_table *table = opened;
    struct socketmap_reply reply = {.limit = REPLY_MAX};
    size_t len = strlen(table->name) + 1 + key.len;

    if (len > REQUEST_MAX) {
        error_set(err, ERROR_TEMPORARY, "a request of %zu octets is too long", len);
        return MAP_UNAVAILABLE;
    }
    buf_clear(&table->request);
    buf_put_printf(&table->request, "%zu:%s ", len, table->name);
    buf_put(&table->request, key);
    buf_put_char(&table->request, ',');
    if (!kept_peer_ask(&table->server, buf_span(&table->request), REPLY_MAX + 32,
                       socketmap_reply_parse, &reply, err))
        return MAP_UNAVAILABLE;
    return answer(&reply, value_r, err);
}

const struct map_type map_type_socketmap = {
    .name = "socketmap",
    .traits = MAP_PATTERN | MAP_SERVER | MAP_WAITS | MAP_UNAUTHENTICATED,
    .open = open_table,
    .lookup = lookup,
    .close = close_table,
};
