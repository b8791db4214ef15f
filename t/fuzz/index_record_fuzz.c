/*
 * Records of the index that are octets to LMDB: metadata of a message, keys of many messages. A user can write his
 * own index. What is taken for sound is written the same again.
 */
#include "lib/message/envelope.h"
#include "lib/message/mime.h"
#include "lib/store/keys.h"
#include "lib/store/metadata_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What SEARCH, SORT and THREAD take from it. */
static void read_texts(struct arena *arena, const struct message_metadata *metadata)
{
    struct envelope envelope = {0};
    struct envelope_address address;

    (void)!envelope_read(arena, metadata->envelope, ENVELOPE_MESSAGE_ID, &envelope);
    for (size_t field = 0; field < ARRAY_LENGTH(envelope.fields); field++) {
        struct cursor at = cursor_of(envelope.fields[field]);
        while (envelope_next_address(arena, &at, &address))
            ASSERT(address.mailbox.len <= metadata->envelope.len);
    }
    ASSERT(mime_find_field(metadata->headers, "References").len <= metadata->headers.len);
}

static void read_metadata(struct span octets)
{
    struct arena *arena = arena_create();
    struct message_metadata metadata = {0}, without_parts = {0};
    struct metadata_record record, again;
    struct buf written = BUF(BUF_UNLIMITED);

    if (metadata_decode(octets, arena, &record, &metadata)) {
        ASSERT(metadata_decode(octets, NULL, &again, &without_parts));
        ASSERT(span_equal(metadata.envelope, without_parts.envelope) &&
               span_equal(metadata.preview, without_parts.preview));
        read_texts(arena, &metadata);
        metadata_encode(&written, &metadata, record.has, record.names);
        ASSERT(metadata_decode(buf_span(&written), arena, &again, &without_parts));
        ASSERT(span_equal(octets, buf_span(&written)));
    }
    buf_release(&written);
    arena_free(&arena);
}

/* The first four octets are the UIDVALIDITY that is asked for. */
static void read_keys(struct span octets)
{
    struct keys_block block, again;
    struct buf written = BUF(BUF_UNLIMITED);
    uint32_t uidvalidity = 0;

    memcpy(&uidvalidity, octets.data,
           octets.len < sizeof(uidvalidity) ? octets.len : sizeof(uidvalidity));
    octets = span_skip(octets, sizeof(uidvalidity));
    if (keys_decode(octets, uidvalidity, &block)) {
        keys_encode(&written, uidvalidity, &block);
        ASSERT(keys_decode(buf_span(&written), uidvalidity, &again));
        for (size_t i = 0; i < INDEX_KEYS_BLOCK; i++)
            ASSERT((block.keys[i].data == NULL) == (again.keys[i].data == NULL) &&
                   span_equal(block.keys[i], again.keys[i]));
    }
    buf_release(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_metadata(span_of(data, size));
    read_keys(span_of(data, size));
    return 0;
}
