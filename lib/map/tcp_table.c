/* tcp:host:port, a server that answers one line to each key. Source: Postfix tcp_table(5). */
#include "lib/map/map_type.h"

#include "lib/map/replies.h"

#define TIMEOUT_MS 100000
#define REPLY_MAX  4096 /* octets with the newline */

struct tcp_table {
    struct kept_peer server;
    char *name;
    struct buf request;
};

static void *open_table(const struct config *config UNUSED, const char *name,
                        struct error *err UNUSED)
{
    struct tcp_table *table = mem_new(struct tcp_table);

    table->name = mem_text(name);
    table->request = BUF(BUF_UNLIMITED);
    table->server = (struct kept_peer){.endpoint = table->name, .timeout_ms = TIMEOUT_MS};
    return table;
}

static void close_table(void *opened)
{
    struct tcp_table *table = opened;

    kept_peer_close(&table->server);
    buf_release(&table->request);
    mem_free(table->name);
    mem_free(table);
}

static enum map_result answer(const struct tcp_reply *reply, struct buf *value_r, struct error *err)
{
    switch (reply->status / 100) { /* as Postfix: the first digit says it */
    case 2:
        if (tcp_text_decode(reply->text, value_r))
            return MAP_FOUND;
        error_set(err, ERROR_TEMPORARY, "a reply with bad encoding: %.*s",
                  SPAN_PRINTF(reply->text));
        break;
    case 5:
        return MAP_ABSENT;
    default:
        error_set(err, ERROR_TEMPORARY, "the server says: %u %.*s", reply->status,
                  SPAN_PRINTF(reply->text));
        break;
    }
    return MAP_UNAVAILABLE;
}

static enum map_result lookup(void *opened, struct span key, int flags UNUSED, struct buf *value_r,
                              struct error *err)
{
    struct tcp_table *table = opened;
    struct tcp_reply reply = {0};

    buf_clear(&table->request);
    buf_put_text(&table->request, "get ");
    tcp_text_encode(key, &table->request);
    buf_put_char(&table->request, '\n');
    if (!kept_peer_ask(&table->server, buf_span(&table->request), REPLY_MAX, tcp_reply_parse,
                       &reply, err))
        return MAP_UNAVAILABLE;
    return answer(&reply, value_r, err);
}

const struct map_type map_type_tcp = {
    .name = "tcp",
    .traits = MAP_PATTERN | MAP_SERVER | MAP_WAITS | MAP_UNAUTHENTICATED,
    .open = open_table,
    .lookup = lookup,
    .close = close_table,
};
