/* Compressed streams, by zlib. */
#include "lib/base/base.h"

#include "lib/io/deflate.h"

#include "lib/base/log.h"

#include <zlib.h>

#define BLOCK_SIZE   16384
#define RAW          (-15) /* deflate without header; the window that peers may use */
#define MEMORY_LEVEL 6     /* 192 KiB instead of 256: there may be many sessions */
#define WINDOW_SIZE  32768 /* octets that a peer may refer back to */
#define BLOCK_ENDED  128   /* inflate's data_type when a block ended with the last octet */

struct deflate {
    z_stream in, out;
    char received[BLOCK_SIZE];
    char sent[BLOCK_SIZE];
    unsigned char *first; /* what came before compression began; owned */
    bool may_have_more;   /* the last reading filled all the room that it had */
    bool flush, flushing; /* wanted; there may be more of it to come out */
    bool has_unflushed;   /* octets went in since the last flush */
};

struct deflate *deflate_create(void)
{
    struct deflate *layer = mem_new(struct deflate);

    if (inflateInit2(&layer->in, RAW) != Z_OK ||
        deflateInit2(&layer->out, Z_DEFAULT_COMPRESSION, Z_DEFLATED, RAW, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        log_fatal("no memory for compression");
    return layer;
}

void deflate_free(struct deflate **layer)
{
    if (*layer == NULL)
        return;
    (void)inflateEnd(&(*layer)->in);
    (void)deflateEnd(&(*layer)->out);
    mem_free((*layer)->first);
    mem_free(*layer);
    *layer = NULL;
}

/* --- going on elsewhere -------------------------------------------------------------------------- */

static bool is_at_rest(const struct deflate *layer)
{
    return layer->in.avail_in == 0 && !layer->may_have_more &&
           (layer->in.total_in == 0 || layer->in.data_type == BLOCK_ENDED) &&
           layer->out.avail_in == 0 && !layer->has_unflushed;
}

bool deflate_save(struct deflate *layer, struct buf *out)
{
    unsigned char window[WINDOW_SIZE];
    unsigned len = sizeof(window);
    uLongf size = compressBound(sizeof(window));
    char *room;

    if (!is_at_rest(layer) || inflateGetDictionary(&layer->in, window, &len) != Z_OK)
        return false;
    room = buf_reserve(out, size);
    if (room == NULL ||
        compress2((unsigned char *)room, &size, window, len, Z_DEFAULT_COMPRESSION) != Z_OK)
        return false;
    buf_commit(out, size);
    return true;
}

struct deflate *deflate_restore(struct span saved)
{
    unsigned char window[WINDOW_SIZE];
    uLongf len = sizeof(window);
    struct deflate *layer;

    if (uncompress(window, &len, (const unsigned char *)saved.data, saved.len) != Z_OK)
        return NULL;
    layer = deflate_create();
    if (inflateSetDictionary(&layer->in, window, (unsigned)len) != Z_OK)
        deflate_free(&layer);
    return layer;
}

/* --- what comes in ------------------------------------------------------------------------------- */

char *deflate_room(struct deflate *layer, size_t *size_r)
{
    ASSERT(layer->in.avail_in == 0);
    *size_r = sizeof(layer->received);
    return layer->received;
}

void deflate_received(struct deflate *layer, size_t len)
{
    layer->in.next_in = (unsigned char *)layer->received;
    layer->in.avail_in = (unsigned)len;
}

void deflate_start_with(struct deflate *layer, struct span octets)
{
    if (octets.len == 0)
        return;
    layer->first = mem_alloc(octets.len);
    memcpy(layer->first, octets.data, octets.len);
    layer->in.next_in = layer->first;
    layer->in.avail_in = (unsigned)octets.len; /* of a stream's buffer: far from UINT_MAX */
}

bool deflate_has_input(const struct deflate *layer)
{
    return layer->in.avail_in > 0 || layer->may_have_more;
}

enum deflate_result deflate_read(struct deflate *layer, void *data, size_t size, size_t *got_r)
{
    unsigned room = size < BLOCK_SIZE * 4 ? (unsigned)size : BLOCK_SIZE * 4;
    int result;

    *got_r = 0;
    if (!deflate_has_input(layer))
        return DEFLATE_EMPTY;
    layer->in.next_out = data;
    layer->in.avail_out = room;
    result = inflate(&layer->in, Z_SYNC_FLUSH);
    *got_r = room - layer->in.avail_out;
    layer->may_have_more = layer->in.avail_out == 0;
    if (*got_r > 0)
        return DEFLATE_DONE;
    if (result == Z_STREAM_END)
        return DEFLATE_ENDED;
    if (result != Z_OK && result != Z_BUF_ERROR)
        return DEFLATE_BROKEN;
    return layer->in.avail_in == 0 ? DEFLATE_EMPTY : DEFLATE_BROKEN;
}

/* --- what goes out ------------------------------------------------------------------------------- */

void deflate_write(struct deflate *layer, struct span octets, bool flush)
{
    ASSERT(octets.len <= UINT_MAX);
    layer->out.next_in = (unsigned char *)(uintptr_t)octets.data;
    layer->out.avail_in = (unsigned)octets.len;
    layer->has_unflushed |= octets.len > 0;
    layer->flush = flush && layer->has_unflushed;
    layer->flushing = layer->flush;
}

struct span deflate_next(struct deflate *layer)
{
    z_stream *out = &layer->out;
    size_t len;

    if (out->avail_in == 0 && !layer->flushing)
        return SPAN_EMPTY;
    out->next_out = (unsigned char *)layer->sent;
    out->avail_out = sizeof(layer->sent);
    (void)deflate(out, layer->flush ? Z_SYNC_FLUSH : Z_NO_FLUSH);
    len = sizeof(layer->sent) - out->avail_out;
    if (layer->flush && out->avail_out > 0) { /* else there is more of it */
        layer->flushing = false;
        layer->has_unflushed = false;
    }
    return span_of(layer->sent, len);
}
