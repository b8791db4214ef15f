/* What servers of tables reply; the first octet chooses the protocol. */
#include "lib/map/replies.h"

static void touch(struct span octets)
{
    volatile unsigned sum = 0;

    for (size_t i = 0; i < octets.len; i++)
        sum += (unsigned char)octets.data[i];
}

static void take_value(void *context UNUSED, size_t index, struct span value)
{
    ASSERT(index < REDIS_VALUES_MAX);
    touch(value);
}

static void read_memcache(struct span octets, size_t *used_r)
{
    struct memcache_reply reply = {.limit = 1000};

    if (memcache_get_parse(&reply, octets, used_r) == PARSE_DONE)
        touch(reply.found ? reply.value : reply.line);
}

static void read_tcp(struct span octets, size_t *used_r)
{
    struct tcp_reply reply;
    struct buf text = BUF(1000);

    if (tcp_reply_parse(&reply, octets, used_r) == PARSE_DONE)
        (void)!tcp_text_decode(reply.text, &text);
    buf_release(&text);
}

static void read_socketmap(struct span octets, size_t *used_r)
{
    struct socketmap_reply reply = {.limit = 1000};

    if (socketmap_reply_parse(&reply, octets, used_r) == PARSE_DONE) {
        touch(reply.status);
        touch(reply.text);
    }
}

static void read_redis(struct span octets, size_t *used_r)
{
    struct redis_reply reply = {.value = take_value};

    if (redis_reply_parse(&reply, octets, used_r) == PARSE_DONE)
        touch(reply.failure);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(struct span, size_t *) = {read_tcp, read_socketmap,
                                                             read_memcache, read_redis};
    size_t used = 0;

    if (size == 0)
        return 0;
    readers[data[0] % ARRAY_LENGTH(readers)](span_of(data + 1, size - 1), &used);
    ASSERT(used < size);
    return 0;
}
